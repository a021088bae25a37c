#include "declarations.h"

#include "bindings.h"
#include "doc_comments.h"
#include "type_table.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/Mangle.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/IdentifierResolver.h"
#include "clang/Sema/Lookup.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

static const char *kindOf(const NamedDecl *D) {
  if (const auto *Template = dyn_cast<TemplateDecl>(D))
    return isa<FunctionTemplateDecl>(Template) ? "function" : "type";
  if (isa<VarDecl, BindingDecl, TemplateParamObjectDecl>(D))
    return "variable";
  if (isa<FieldDecl, IndirectFieldDecl>(D))
    return "member";
  if (isa<EnumConstantDecl>(D))
    return "enumerator";
  if (isa<FunctionDecl>(D))
    return "function";
  if (isa<TypeDecl>(D))
    return "type";
  if (isa<NamespaceDecl, NamespaceAliasDecl>(D))
    return "namespace";
  return "other";
}

static std::string print(const Decl *D, bool Terse) {
  PrintingPolicy Policy = D->getASTContext().getPrintingPolicy();
  Policy.TerseOutput = Terse;
  Policy.PolishForDeclaration = true;
  Policy.SuppressInitializers = true;
  Policy.SuppressTemplateArgsInCXXConstructors = true;
  std::string Text;
  llvm::raw_string_ostream Stream(Text);
  D->print(Stream, Policy);
  return llvm::json::fixUTF8(Text);
}

std::string forkrepl::symbolOf(const NamedDecl *D) {
  if (D->isTemplated())
    return "";
  std::string Name = ASTNameGenerator(D->getASTContext()).getName(D);
  // \1: LLVM is to take the name as it is.
  return llvm::json::fixUTF8(llvm::StringRef(Name).ltrim('\1'));
}

static void describeVariable(ASTContext &Context, const VarDecl *Variable,
                             Object &Into) {
  Into["symbol"] = symbolOf(Variable);
  if (Variable->getType()->isDependentType())
    return;
  Into["value_type"] =
      TypeTable(Context).describe(Variable->getType().getNonReferenceType());
  Into["is_reference"] = Variable->getType()->isReferenceType();
  if (!Variable->getType()->isReferenceType() && Variable->hasInit() &&
      Variable->isUsableInConstantExpressions(Context))
    if (const APValue *Value = Variable->evaluateValue())
      Into["constant"] =
          llvm::json::fixUTF8(Value->getAsString(Context, Variable->getType()));
}

Object forkrepl::describeDeclaration(Sema &S, const NamedDecl *D) {
  ASTContext &Context = S.getASTContext();
  PresumedLoc Place = Context.getSourceManager().getPresumedLoc(D->getLocation());
  Object Result{
      {"kind", kindOf(D)},
      {"name", llvm::json::fixUTF8(D->getQualifiedNameAsString())},
      {"file", llvm::json::fixUTF8(Place.isValid() ? Place.getFilename() : "")},
      {"line", int64_t(Place.isValid() ? Place.getLine() : 0)}};
  QualType Type;
  if (const auto *Value = dyn_cast<ValueDecl>(D))
    Type = Value->getType();
  else if (const auto *Named = dyn_cast<TypeDecl>(D))
    Type = Context.getTypeDeclType(Named);
  if (!Type.isNull() && !Type->isDependentType()) {
    Result["type"] = printName(Context, Type);
    Result["size"] = sizeOf(Context, Type.getNonReferenceType());
  }
  if (const auto *Variable = dyn_cast<VarDecl>(D))
    describeVariable(Context, Variable, Result);
  if (const auto *Binding = dyn_cast<BindingDecl>(D))
    describeBinding(*Binding, Result);
  return Result;
}

static const char *kindOfMember(const NamedDecl *D) {
  if (const auto *Template = dyn_cast<TemplateDecl>(D))
    D = Template->getTemplatedDecl() ? Template->getTemplatedDecl() : D;
  switch (D->getDeclName().getNameKind()) {
  case DeclarationName::CXXConstructorName:
  case DeclarationName::CXXDeductionGuideName:
    return "constructor";
  case DeclarationName::CXXDestructorName:
    return "destructor";
  case DeclarationName::CXXOperatorName:
  case DeclarationName::CXXConversionFunctionName:
    return "operator";
  default:
    if (isa<IndirectFieldDecl>(D)) // of an anonymous union or struct
      return "member";
    if (const auto *Using = dyn_cast<UsingDecl>(D)) {
      const UsingShadowDecl *First =
          Using->shadow_size() ? *Using->shadow_begin() : nullptr;
      return First ? kindOfMember(First->getTargetDecl()) : "function";
    }
    return kindOf(D);
  }
}

// What may be used from outside; of an enumeration, its enumerators.
static Array describeMembers(const TagDecl *Tag) {
  Array Members;
  for (const Decl *Each : Tag->decls()) {
    const auto *Member = dyn_cast<NamedDecl>(Each);
    bool IsNamed = !Each->isImplicit() || isa<IndirectFieldDecl>(Each);
    bool IsHidden = !IsNamed || Each->getAccess() == AS_private ||
                    Each->getAccess() == AS_protected;
    if (Member && Member->getDeclName() && !IsHidden && !isa<UsingShadowDecl>(Each))
      Members.push_back(Object{{"kind", kindOfMember(Member)},
                               {"name", llvm::json::fixUTF8(Member->getNameAsString())},
                               {"declaration", print(Each, /*Terse=*/true)},
                               {"comment", docComment(Each)}});
  }
  return Members;
}

static Array describeBases(const CXXRecordDecl *Record) {
  Array Bases;
  for (const CXXBaseSpecifier &Base : Record->bases())
    Bases.push_back(llvm::json::fixUTF8(
        Base.getType().getAsString(Record->getASTContext().getPrintingPolicy())));
  return Bases;
}

// Where the members of what has been found are.
static DeclContext *insideOf(NamedDecl *D) {
  if (auto *Alias = dyn_cast<NamespaceAliasDecl>(D))
    D = Alias->getNamespace();
  if (auto *Template = dyn_cast<ClassTemplateDecl>(D))
    D = Template->getTemplatedDecl();
  if (auto *Named = dyn_cast<TypedefNameDecl>(D))
    D = Named->getUnderlyingType()->getAsTagDecl();
  if (auto *Tag = dyn_cast_or_null<TagDecl>(D))
    return Tag->getDefinition();
  return dyn_cast_or_null<NamespaceDecl>(D);
}

Object forkrepl::describeFully(Sema &S, NamedDecl *D) {
  Object Result = describeDeclaration(S, D);
  Result["declaration"] = isa<NamespaceDecl>(D)
                              ? "namespace " + D->getQualifiedNameAsString()
                              : print(D, /*Terse=*/true);
  if (isa<FunctionDecl>(D))
    Result["symbol"] = symbolOf(D);
  Result["comment"] = docComment(D);
  const DeclContext *Inside = insideOf(D);
  if (const auto *Tag = dyn_cast_or_null<TagDecl>(Inside))
    Result["members"] = describeMembers(Tag);
  if (const auto *Record = dyn_cast_or_null<CXXRecordDecl>(Inside))
    Result["bases"] = describeBases(Record);
  return Result;
}

static void findOne(Sema &S, llvm::StringRef Name, DeclContext *Inside,
                    std::vector<NamedDecl *> &Found) {
  DeclarationName Wanted = &S.getASTContext().Idents.get(Name);
  for (auto Kind :
       {Sema::LookupOrdinaryName, Sema::LookupTagName, Sema::LookupNamespaceName}) {
    LookupResult Result(S, Wanted, SourceLocation(), Kind);
    Result.suppressDiagnostics();
    if (Inside)
      S.LookupQualifiedName(Result, Inside);
    else
      S.LookupName(Result, S.TUScope);
    for (NamedDecl *Each : Result) {
      NamedDecl *Meant = Each->getUnderlyingDecl();
      if (!llvm::is_contained(Found, Meant))
        Found.push_back(Meant);
    }
  }
}

std::vector<NamedDecl *> forkrepl::lookUp(Sema &S, llvm::StringRef Name) {
  DeclContext *Inside = nullptr;
  if (Name.consume_front("::"))
    Inside = S.getASTContext().getTranslationUnitDecl();
  std::vector<NamedDecl *> Found;
  while (true) {
    auto [First, Rest] = Name.split("::");
    Found.clear();
    findOne(S, First.trim(), Inside, Found);
    if (Rest.empty() || Found.empty())
      return Found;
    Inside = insideOf(Found.front());
    if (!Inside)
      return {};
    Name = Rest;
  }
}

bool forkrepl::isInForce(Sema &S, const NamedDecl *D) {
  auto IsMeant = [D](const NamedDecl *Each) {
    return Each->getCanonicalDecl() == D->getCanonicalDecl();
  };
  const DeclContext *Context = D->getDeclContext()->getRedeclContext();
  if (!Context->isTranslationUnit() || S.getLangOpts().CPlusPlus)
    return llvm::any_of(Context->lookup(D->getDeclName()), IsMeant);
  // In C, names of the translation unit are here only.
  return std::any_of(S.IdResolver.begin(D->getDeclName()), S.IdResolver.end(), IsMeant);
}
