#include "printers.h"

#include "embedded_texts.h"
#include "own_streaming.h"
#include "type_table.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/IdentifierResolver.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Scope.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

// Whether a class template of the C++ library is defined, and not just declared.
static bool isDefined(Sema &S, llvm::StringRef Name) {
  NamespaceDecl *Std = S.getStdNamespace();
  if (!Std)
    return false;
  ASTContext &Context = S.getASTContext();
  return llvm::any_of(
      Std->lookup(&Context.Idents.get(Name)), [](const NamedDecl *Found) {
        const auto *Template = dyn_cast<ClassTemplateDecl>(Found);
        return Template && Template->getTemplatedDecl()->hasDefinition();
      });
}

static bool isSeen(ASTContext &Context, llvm::StringRef Name) {
  return Context.Idents.find(Name) != Context.Idents.end();
}

bool forkrepl::declaresStreaming(const Decl *D) {
  const SourceManager &Sources = D->getASTContext().getSourceManager();
  if (Sources.isInSystemHeader(D->getLocation()))
    return false;
  if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D))
    return llvm::any_of(cast<DeclContext>(D)->decls(), declaresStreaming);
  if (const auto *Template = dyn_cast<TemplateDecl>(D))
    D = Template->getTemplatedDecl();
  if (const auto *Function = dyn_cast_or_null<FunctionDecl>(D))
    return Function->getOverloadedOperator() == OO_LessLess;
  const auto *Record = dyn_cast_or_null<CXXRecordDecl>(D);
  return Record && Record->hasDefinition() &&
         llvm::any_of(Record->friends(), [](const FriendDecl *Friend) {
           const Decl *Function = Friend->getFriendDecl();
           return Function && declaresStreaming(Function);
         });
}

// A class of a library shows its fields, if they are for everybody.
static bool isPrintedByItself(const CXXRecordDecl &Class) {
  return !hasPublicData(Class) && hasOwnStreaming(Class);
}

Object forkrepl::printerHints(ASTContext &Context, llvm::ArrayRef<QualType> Types,
                              bool HasStreaming) {
  Array Streams, Iterates;
  if (!Context.getLangOpts().CPlusPlus11)
    Types = {};
  DeclarationName Begin(&Context.Idents.get("begin"));
  for (size_t Index = 0; Index < Types.size(); ++Index) {
    const CXXRecordDecl *Record = Types[Index]->getAsCXXRecordDecl();
    if (!Record || !Record->hasDefinition())
      continue;
    if (Context.getSourceManager().isInSystemHeader(Record->getLocation())
            ? isPrintedByItself(*Record)
            : HasStreaming)
      Streams.push_back(static_cast<int64_t>(Index));
    if (Record->hasMemberName(Begin))
      Iterates.push_back(static_cast<int64_t>(Index));
  }
  return Object{{"overloads", !Types.empty() && isSeen(Context, "forkrepl_print")},
                {"streams", std::move(Streams)},
                {"iterates", std::move(Iterates)}};
}

static std::string named(llvm::StringRef What, int64_t Index) {
  return ("__forkrepl_" + What + "_" + llvm::Twine(Index)).str();
}

// As if the user had written a typedef; which is not possible for all types.
static void declareName(Sema &S, const std::string &Name, QualType Type) {
  ASTContext &Context = S.getASTContext();
  DeclContext *Input = Context.getTranslationUnitDecl();
  auto *Typedef = TypedefDecl::Create(
      Context, Input, SourceLocation(), SourceLocation(), &Context.Idents.get(Name),
      Context.getTrivialTypeSourceInfo(Type.getUnqualifiedType()));
  Input->addDecl(Typedef);
  S.TUScope->AddDecl(Typedef);
  S.IdResolver.AddDecl(Typedef);
}

std::string forkrepl::printersText(Sema &S, llvm::ArrayRef<QualType> Types,
                                   const Array &Indices) {
  // Only if their headers have been included: that takes a tenth of a second.
  std::string Text = "#pragma clang diagnostic push\n"
                     "#pragma clang diagnostic ignored \"-Weverything\"\n";
  if (isDefined(S, "basic_ostream") && isDefined(S, "basic_streambuf"))
    Text += "#define FORKREPL_STREAMS\n";
  if (isDefined(S, "basic_string_view"))
    Text += "#define FORKREPL_STRING_VIEWS\n";
  Text += PrintersText;
  std::string Functions;
  for (const llvm::json::Value &Each : Indices) {
    int64_t Index = Each.getAsInteger().value_or(-1);
    if (Index < 0 || static_cast<size_t>(Index) >= Types.size())
      continue;
    std::string Type = named("printed", Index), Chosen = named("chosen", Index);
    declareName(S, Type, Types[Index]);
    const CXXRecordDecl *Record = Types[Index]->getAsCXXRecordDecl();
    if (Record && hasOwnStreaming(*Record))
      Text += "template <> struct __forkrepl_printing::__own<" + Type +
              "> {\n"
              "  static constexpr bool __is_true = true;\n};\n";
    Functions +=
        "typedef decltype(__forkrepl_printing::__show(0, __forkrepl_printing::__an<" +
        Type + ">(), __forkrepl_printing::__rank<3>())) " + Chosen + ";\n" +
        "extern \"C\" void " + named("print", Index) +
        "(void *__object, const __forkrepl_printing::__calls *__c) {\n"
        "  __forkrepl_printing::__show(__c, *static_cast<" +
        Type + " *>(__object), __forkrepl_printing::__rank<3>());\n}\n";
  }
  return Text + Functions + "#pragma clang diagnostic pop\n";
}

// The arguments of the `kind` that has been chosen for a type.
static const TemplateArgumentList *chosen(Sema &S, int64_t Index) {
  IdentifierInfo *Name = &S.getASTContext().Idents.get(named("chosen", Index));
  auto *Typedef = dyn_cast_or_null<TypedefNameDecl>(
      S.LookupSingleName(S.TUScope, Name, SourceLocation(), Sema::LookupOrdinaryName));
  const CXXRecordDecl *Record =
      Typedef ? Typedef->getUnderlyingType()->getAsCXXRecordDecl() : nullptr;
  const auto *Kind = dyn_cast_or_null<ClassTemplateSpecializationDecl>(Record);
  return Kind ? &Kind->getTemplateArgs() : nullptr;
}

Object forkrepl::describePrinters(Sema &S, const Array &Indices) {
  static const char *const Kinds[] = {nullptr, "overload", "stream", "range"};
  Object Printers;
  for (const llvm::json::Value &Each : Indices) {
    int64_t Index = Each.getAsInteger().value_or(-1);
    const TemplateArgumentList *Arguments = chosen(S, Index);
    int64_t Kind = Arguments ? Arguments->get(0).getAsIntegral().getExtValue() : 0;
    if (!Kind)
      continue;
    Object Printer{{"kind", Kinds[Kind]}};
    QualType Element = Arguments->get(1).getAsType();
    if (!Element->isVoidType())
      Printer["element"] = TypeTable(S.getASTContext()).describe(Element);
    Printers[std::to_string(Index)] = std::move(Printer);
  }
  return Printers;
}
