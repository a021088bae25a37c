#include "queries.h"

#include "call_graph.h"
#include "declarations.h"
#include "doc_comments.h"
#include "inputs_of.h"
#include "shapes.h"
#include "type_table.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/Expr.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Interpreter/PartialTranslationUnit.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

static const char *categoryOf(ASTContext &Context, const Expr *Expression) {
  if (Expression->refersToBitField())
    return "bit-field";
  switch (Expression->Classify(Context).getKind()) {
  case Expr::Classification::CL_XValue:
    return "xvalue";
  case Expr::Classification::CL_LValue:
  case Expr::Classification::CL_Function:
    return "lvalue";
  default:
    return "prvalue";
  }
}

static const Expr *expressionOf(QualType Type) {
  if (const auto *Decltype = Type->getAs<DecltypeType>())
    return Decltype->getUnderlyingExpr()->IgnoreParens();
  if (const auto *TypeOf = Type->getAs<TypeOfExprType>())
    return TypeOf->getUnderlyingExpr()->IgnoreParens();
  return nullptr;
}

static Object describeQuery(Sema &S, QualType Type) {
  ASTContext &Context = S.getASTContext();
  Object Result{{"ok", true}};
  if (const Expr *Expression = expressionOf(Type)) {
    Result["category"] = categoryOf(Context, Expression);
    Type = Expression->getType();
  } else if (const auto *Named = dyn_cast<TypeOfType>(Type)) {
    Type = Named->getUnmodifiedType();
  }
  Result["name"] = printName(Context, Type);
  // decltype of a call does not instantiate the class, but who asks wants its size.
  (void)S.isCompleteType(SourceLocation(), Type.getNonReferenceType());
  Result["size"] = sizeOf(Context, Type.getNonReferenceType());
  Result["canonical"] = llvm::json::fixUTF8(
      Type.getCanonicalType().getAsString(Context.getPrintingPolicy()));
  return Result;
}

// What a text declares as __forkrepl_query; null if it is wrong.
static TypedefNameDecl *parseQuery(llvm::StringRef Text,
                                   clang::Interpreter &Interpreter) {
  auto Unit = Interpreter.Parse(Text);
  if (!Unit) {
    llvm::consumeError(Unit.takeError());
    return nullptr;
  }
  for (Decl *Each : Unit->TUPart->noload_decls())
    if (auto *Named = dyn_cast<TypedefNameDecl>(Each))
      if (Named->getName() == "__forkrepl_query" &&
          !Named->getUnderlyingType()->isDependentType())
        return Named;
  return nullptr;
}

static Object reject(DiagnosticCollector &Diagnostics) {
  Object Rejection{{"ok", false}};
  Diagnostics.tell(Diagnostics.take(), Rejection);
  return Rejection;
}

static Object answerType(llvm::StringRef Text, clang::Interpreter &Interpreter,
                         DiagnosticCollector &Diagnostics) {
  if (const TypedefNameDecl *Named = parseQuery(Text, Interpreter))
    return describeQuery(Interpreter.getCompilerInstance()->getSema(),
                         Named->getUnderlyingType());
  return reject(Diagnostics);
}

// As whoever stands outside of the class names them.
static Array nameBases(ASTContext &Context, const CXXRecordDecl *Record) {
  Array Names;
  for (const CXXBaseSpecifier &Base : Record->bases())
    if (Base.getAccessSpecifier() == AS_public)
      Names.push_back(llvm::json::fixUTF8(
          Base.getType().getCanonicalType().getAsString(Context.getPrintingPolicy())));
  return Names;
}

static Object answerClass(llvm::StringRef Text, bool WithValues,
                          clang::Interpreter &Interpreter,
                          DiagnosticCollector &Diagnostics) {
  TypedefNameDecl *Named = parseQuery(Text, Interpreter);
  if (!Named)
    return reject(Diagnostics);
  Sema &S = Interpreter.getCompilerInstance()->getSema();
  (void)S.isCompleteType(SourceLocation(), Named->getUnderlyingType());
  Object Described = describeFully(S, Named);
  if (const TagDecl *Tag = Named->getUnderlyingType()->getAsTagDecl()) {
    PresumedLoc Place = S.getSourceManager().getPresumedLoc(Tag->getLocation());
    Described["file"] = llvm::json::fixUTF8(Place.isValid() ? Place.getFilename() : "");
    Described["line"] = int64_t(Place.isValid() ? Place.getLine() : 0);
    Described["declaration"] = Tag->isEnum() ? "enum" : "class";
    Described["comment"] = docComment(Tag);
  }
  if (const auto *Record = Named->getUnderlyingType()->getAsCXXRecordDecl();
      Record && Record->hasDefinition())
    Described["bases"] = nameBases(S.getASTContext(), Record);
  if (WithValues)
    Described["value_type"] =
        TypeTable(S.getASTContext())
            .describe(Named->getUnderlyingType().getNonReferenceType());
  return Object{{"ok", true}, {"found", Array{std::move(Described)}}};
}

static void describeMacro(Preprocessor &PP, llvm::StringRef Name, Array &Found) {
  const MacroInfo *Macro = PP.getMacroInfo(PP.getIdentifierInfo(Name));
  if (!Macro)
    return;
  SourceManager &Sources = PP.getSourceManager();
  PresumedLoc Place = Sources.getPresumedLoc(Macro->getDefinitionLoc());
  llvm::StringRef Text =
      Lexer::getSourceText(CharSourceRange::getTokenRange(Macro->getDefinitionLoc(),
                                                          Macro->getDefinitionEndLoc()),
                           Sources, PP.getLangOpts());
  Found.push_back(
      Object{{"kind", "macro"},
             {"name", Name},
             {"declaration", llvm::json::fixUTF8(("#define " + Text).str())},
             {"file", llvm::json::fixUTF8(Place.isValid() ? Place.getFilename() : "")},
             {"line", int64_t(Place.isValid() ? Place.getLine() : 0)}});
}

static Object answerDescribe(llvm::StringRef Name, CompilerInstance &CI) {
  Array Found;
  describeMacro(CI.getPreprocessor(), Name, Found);
  for (NamedDecl *Each : lookUp(CI.getSema(), Name))
    Found.push_back(describeFully(CI.getSema(), Each));
  return Object{{"ok", true}, {"found", std::move(Found)}};
}

static void visitNames(const DeclContext *Context,
                       llvm::function_ref<void(const NamedDecl *)> Visit) {
  for (const Decl *Each : Context->noload_decls())
    if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(Each))
      visitNames(cast<DeclContext>(Each), Visit);
    else if (const auto *Named = dyn_cast<NamedDecl>(Each);
             Named && Named->getDeclName() && !Named->isImplicit())
      Visit(Named);
}

static Object answerDeclarations(CompilerInstance &CI, size_t Count) {
  Sema &S = CI.getSema();
  Array Found;
  std::vector<TranslationUnitDecl *> Inputs = inputsOf(CI.getASTContext(), Count);
  for (size_t Index = 0; Index < Inputs.size(); ++Index)
    visitNames(Inputs[Index], [&](const NamedDecl *D) {
      if (CI.getSourceManager().isInSystemHeader(D->getLocation()) || !isInForce(S, D))
        return;
      Object Described = describeDeclaration(S, D);
      Described["input"] = int64_t(Index);
      Found.push_back(std::move(Described));
    });
  return Object{{"ok", true}, {"found", std::move(Found)}};
}

// Where in the text of its input something is; nothing for what a header has.
static std::optional<Object> locate(const Decl *D, const SourceManager &Sources,
                                    const LangOptions &Options) {
  CharSourceRange Range = Sources.getExpansionRange(D->getSourceRange());
  FileID File = Sources.getFileID(Range.getBegin());
  // Clang's interpreter takes inputs to be included by its empty main file.
  SourceLocation Includer = Sources.getIncludeLoc(File);
  if (Range.isInvalid() || Includer.isInvalid() ||
      Sources.getFileID(Includer) != Sources.getMainFileID())
    return std::nullopt;
  unsigned Begin = Sources.getFileOffset(Range.getBegin());
  SourceLocation Last = Range.getEnd();
  SourceLocation End = Range.isTokenRange()
                           ? Lexer::getLocForEndOfToken(Last, 0, Sources, Options)
                           : Last;
  const auto *Statement = dyn_cast<TopLevelStmtDecl>(D);
  return Object{{"begin", int64_t(Begin)},
                {"end", int64_t(Sources.getFileOffset(End))},
                {"statement", Statement != nullptr},
                {"bare", Statement && Statement->isSemiMissing()}};
}

static Object answerPieces(CompilerInstance &CI, size_t Count) {
  Array Inputs;
  for (const TranslationUnitDecl *Input : inputsOf(CI.getASTContext(), Count)) {
    Array Pieces;
    for (const Decl *Each : Input->noload_decls())
      if (!Each->isImplicit())
        if (auto Piece = locate(Each, CI.getSourceManager(), CI.getLangOpts()))
          Pieces.push_back(std::move(*Piece));
    Inputs.push_back(std::move(Pieces));
  }
  return Object{{"ok", true}, {"inputs", std::move(Inputs)}};
}

std::optional<Object> forkrepl::answerQuery(llvm::StringRef Operation,
                                            const Message &Request,
                                            clang::Interpreter &Interpreter,
                                            DiagnosticCollector &Diagnostics) {
  CompilerInstance &CI = *Interpreter.getCompilerInstance();
  size_t Count = Request.Header.getInteger("inputs").value_or(0);
  if (Operation == "type")
    return answerType(Request.Blob, Interpreter, Diagnostics);
  if (Operation == "describe" && llvm::StringRef(Request.Blob).ends_with(";"))
    return answerClass(Request.Blob,
                       Request.Header.getBoolean("values").value_or(false), Interpreter,
                       Diagnostics);
  if (Operation == "describe")
    return answerDescribe(Request.Blob, CI);
  if (Operation == "declarations")
    return answerDeclarations(CI, Count);
  if (Operation == "pieces")
    return answerPieces(CI, Count);
  if (Operation == "shapes")
    return describeShapes(CI.getASTContext(), Count);
  const Array None, *Classes = Request.Header.getArray("classes");
  if (Operation == "independent")
    return findIndependent(CI.getASTContext(), Count, Classes ? *Classes : None);
  return std::nullopt;
}
