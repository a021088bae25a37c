#include "printers.h"

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

// Names are reserved ones, because the user's macros are in force. The best `__show`
// that is possible for a type prints it. Only its declaration is looked at for that, so
// what is chosen may still fail to compile: then there are no printers for this value.
static constexpr llvm::StringLiteral Templates = R"(
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#ifdef FORKREPL_STREAMS
#include <ostream>
#include <streambuf>
#endif
#ifdef FORKREPL_STRING_VIEWS
#include <string_view>
#endif
namespace __forkrepl_printing {

struct __calls {
  void (*__write)(const char *, unsigned long);
  int (*__element)(const void *, int);
};

template <int __N> struct __rank : __rank<__N - 1> {};
template <> struct __rank<0> {};
template <int __Number, class __T> struct __kind {
  static constexpr int __number = __Number;
  typedef __T __element;
};
template <class __T> struct __unreferenced { typedef __T __type; };
template <class __T> struct __unreferenced<__T &> { typedef __T __type; };
template <class __T> struct __unreferenced<__T &&> { typedef __T __type; };
template <bool> struct __enable {};
template <> struct __enable<true> { typedef int __type; };
template <class __T> __T &__an();

template <class __S>
auto __text(const __calls *__c, const __S &__s, __rank<2>)
    -> decltype((void)static_cast<const char *>(__s.data()), (void)static_cast<unsigned long>(__s.size())) {
  __c->__write(__s.data(), __s.size());
}
template <class __S>
auto __text(const __calls *__c, const __S &__s, __rank<1>) -> decltype((void)static_cast<const char *>(__s)) {
  const char *__t = static_cast<const char *>(__s);
  __c->__write(__t ? __t : "nullptr", __t ? __builtin_strlen(__t) : 7);
}
#ifdef FORKREPL_STRING_VIEWS
template <class __S>
auto __text(const __calls *__c, const __S &__s, __rank<0>) -> decltype((void)std::string_view(__s)) {
  std::string_view __t(__s);
  __c->__write(__t.data(), __t.size());
}
#endif

template <class __T>
auto __show(const __calls *__c, __T &__object, __rank<3>)
    -> decltype(__text(__c, forkrepl_print(__an<const __T>()), __rank<2>()), __kind<1, void>()) {
  __text(__c, forkrepl_print(static_cast<const __T &>(__object)), __rank<2>());
  return {};
}

#ifdef FORKREPL_STREAMS
struct __buffer : std::streambuf {
  const __calls *__c;
  explicit __buffer(const __calls *__c) : __c(__c) {}
  std::streamsize xsputn(const char *__string, std::streamsize __count) override {
    __c->__write(__string, __count);
    return __count;
  }
  int_type overflow(int_type __character) override {
    char __one = traits_type::to_char_type(__character);
    __c->__write(&__one, 1);
    return traits_type::not_eof(__character);
  }
};
// What becomes a number or a pointer by itself could be streamed as that.
template <class __T, typename __enable<(__is_class(__T) || __is_union(__T)) &&
                                   !__is_convertible(const __T, long double) &&
                                   !__is_convertible(const __T, const void *)>::__type = 0>
auto __show(const __calls *__c, __T &__object, __rank<2>)
    -> decltype((void)(__an<std::ostream>() << __an<const __T>()), __kind<2, void>()) {
  __buffer __to(__c);
  std::ostream __stream(&__to);
  __stream << static_cast<const __T &>(__object);
  return {};
}
#endif

template <class __E>
typename __enable<(decltype(__show(__an<const __calls *const>(), __an<__E>(), __rank<3>()))::__number == 1 ||
                   decltype(__show(__an<const __calls *const>(), __an<__E>(), __rank<3>()))::__number == 2)>::__type
__write_element(const __calls *__c, __E &__element, __rank<1>) {
  __show(__c, __element, __rank<3>());
  return 1;
}
template <class __E> int __write_element(const __calls *, __E &, __rank<0>) { return 0; }

template <class __T>
auto __show(const __calls *__c, __T &__object, __rank<1>)
    -> decltype((void)(__object.begin() != __object.end()), (void)++__an<decltype(__object.begin())>(),
                __kind<3, typename __unreferenced<decltype(*__object.begin())>::__type>()) {
  auto __last = __object.end();
  for (auto __at = __object.begin(); __at != __last; ++__at) {
    auto &&__element = *__at;
    int __has_text = __write_element(__c, __element, __rank<1>());
    if (!__c->__element(__builtin_addressof(__element), __has_text))
      break;
  }
  return {};
}

template <class __T> __kind<0, void> __show(const __calls *, __T &, __rank<0>) { return {}; }

} // namespace __forkrepl_printing
)";

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
    if (HasStreaming &&
        !Context.getSourceManager().isInSystemHeader(Record->getLocation()))
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
  std::string Text;
  if (isDefined(S, "basic_ostream") && isDefined(S, "basic_streambuf"))
    Text += "#define FORKREPL_STREAMS\n";
  if (isDefined(S, "basic_string_view"))
    Text += "#define FORKREPL_STRING_VIEWS\n";
  Text += Templates;
  for (const llvm::json::Value &Each : Indices) {
    int64_t Index = Each.getAsInteger().value_or(-1);
    if (Index < 0 || static_cast<size_t>(Index) >= Types.size())
      continue;
    std::string Type = named("printed", Index), Chosen = named("chosen", Index);
    declareName(S, Type, Types[Index]);
    Text += "typedef decltype(__forkrepl_printing::__show(0, __forkrepl_printing::__an<" + Type +
            ">(), __forkrepl_printing::__rank<3>())) " + Chosen + ";\n" +
            "extern \"C\" void " + named("print", Index) +
            "(void *__object, const __forkrepl_printing::__calls *__c) {\n"
            "  __forkrepl_printing::__show(__c, *static_cast<" + Type +
            " *>(__object), __forkrepl_printing::__rank<3>());\n}\n";
  }
  return Text + "#pragma clang diagnostic pop\n";
}

// The arguments of the `kind` that has been chosen for a type.
static const TemplateArgumentList *chosen(Sema &S, int64_t Index) {
  IdentifierInfo *Name = &S.getASTContext().Idents.get(named("chosen", Index));
  auto *Typedef = dyn_cast_or_null<TypedefNameDecl>(S.LookupSingleName(
      S.TUScope, Name, SourceLocation(), Sema::LookupOrdinaryName));
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
