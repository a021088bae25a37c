#include "missing_include.h"

#include "diagnostic_arguments.h"
#include "fix_its.h"
#include "newer_names.h"

#include "clang/AST/Decl.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/Type.h"
#include "clang/Basic/DiagnosticLex.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Inclusions/StandardLibrary.h"

#include "llvm/ADT/StringSwitch.h"

#include <optional>

using namespace clang;
using namespace forkrepl;
using tooling::stdlib::Lang;
using tooling::stdlib::Symbol;

namespace {

struct WantedName {
  std::string Scope; // "std::chrono::"
  std::string Name;
  bool MayBeOfStd = false; // somebody who leaves out std:: may mean it
};

using Wanted = std::optional<WantedName>;

// "std::chrono::" of the namespace; "std::basic_string::" of a class of the library's; none
// for one of the user's.
std::optional<std::string> scopeOf(const DeclContext *Context) {
  std::string Scope;
  for (; !Context->isTranslationUnit(); Context = Context->getParent()) {
    if (Context->isTransparentContext()) // extern "C++" { ... }
      continue;
    const auto *Class = dyn_cast<CXXRecordDecl>(Context);
    if (Class && Class->isInStdNamespace() && Class->getIdentifier()) {
      Scope = Class->getName().str() + "::" + Scope;
      continue;
    }
    const auto *Namespace = dyn_cast<NamespaceDecl>(Context);
    if (!Namespace)
      return std::nullopt;
    if (!Namespace->isInline())
      Scope = Namespace->getName().str() + "::" + Scope;
  }
  return Scope;
}

Wanted memberAt(const Diagnostic &Error) {
  if (!contextAt(Error, 1))
    return std::nullopt;
  auto Scope = scopeOf(contextAt(Error, 1));
  if (!Scope)
    return std::nullopt;
  return WantedName{*Scope, nameAt(Error, 0)};
}

Wanted declaredAs(const NamedDecl *Decl) {
  if (!Decl || !Decl->getIdentifier())
    return std::nullopt;
  auto Scope = scopeOf(Decl->getDeclContext());
  if (!Scope)
    return std::nullopt;
  return WantedName{*Scope, Decl->getName().str()};
}

Wanted typeAt(const Diagnostic &Error, unsigned Index) {
  if (isArgument(Error, Index, DiagnosticsEngine::ak_nameddecl))
    return declaredAs(reinterpret_cast<const NamedDecl *>(Error.getRawArg(Index)));
  if (!isArgument(Error, Index, DiagnosticsEngine::ak_qualtype))
    return std::nullopt;
  void *Opaque = reinterpret_cast<void *>(Error.getRawArg(Index));
  return declaredAs(QualType::getFromOpaquePtr(Opaque)->getAsTagDecl());
}

// Before anything has been included there is no namespace std: what follows in the text?
Wanted afterStd(const Diagnostic &Error, const Preprocessor &PP) {
  WantedName Result;
  SourceLocation Location = Error.getLocation();
  std::string Last = "std";
  while (true) {
    auto Colons =
        Lexer::findNextToken(Location, PP.getSourceManager(), PP.getLangOpts());
    if (!Colons || Colons->isNot(tok::coloncolon))
      break;
    auto Name = Lexer::findNextToken(Colons->getLocation(), PP.getSourceManager(),
                                     PP.getLangOpts());
    if (!Name || Name->isNot(tok::raw_identifier))
      break;
    Result.Scope += Last + "::";
    Last = Name->getRawIdentifier().str();
    Location = Name->getLocation();
  }
  if (Result.Scope.empty())
    return std::nullopt;
  Result.Name = Last;
  return Result;
}

// Whether an unknown name stands where one of std would: `vector<int> v`, `sort(...)`,
// `string s`, `cout << 1`. `count` alone is a variable that is missing.
bool isUsedLikeStd(const Diagnostic &Error, const Preprocessor &PP) {
  auto Next = Lexer::findNextToken(Error.getLocation(), PP.getSourceManager(),
                                   PP.getLangOpts());
  if (Next && Next->isOneOf(tok::less, tok::l_paren, tok::raw_identifier))
    return true;
  return llvm::StringSwitch<bool>(nameAt(Error, 0))
      .Cases({"cin", "cout", "cerr", "clog", "wcin", "wcout", "wcerr", "wclog"}, true)
      .Cases({"endl", "flush", "hex", "boolalpha", "nullopt", "ignore"}, true)
      .Default(false);
}

Wanted wantedName(const Diagnostic &Error, const Preprocessor &PP) {
  switch (Error.getID()) {
  case diag::err_no_member:
  case diag::err_no_member_suggest:
  case diag::err_no_member_template:
  case diag::err_no_member_template_suggest:
  case diag::err_typename_nested_not_found:
  case diag::err_unknown_nested_typename_suggest:
    return memberAt(Error);
  case diag::err_undeclared_var_use:
  case diag::err_undeclared_var_use_suggest:
    if (nameAt(Error, 0) == "std")
      return afterStd(Error, PP);
    return WantedName{"", nameAt(Error, 0), isUsedLikeStd(Error, PP)};
  case diag::err_no_template:
  case diag::err_no_template_suggest:
  case diag::err_unknown_typename:
  case diag::err_unknown_typename_suggest:
    return WantedName{"", nameAt(Error, 0), /*MayBeOfStd=*/true};
  case diag::err_template_instantiate_undefined:
    return typeAt(Error, 1);
  case diag::err_typecheck_decl_incomplete_type:
    return typeAt(Error, 0);
  default:
    return std::nullopt;
  }
}

std::optional<Symbol> findSymbol(const WantedName &Wanted) {
  if (Wanted.Name.empty())
    return std::nullopt;
  // Without a namespace C's headers declare it, in C++ too.
  Lang Language = Wanted.Scope.empty() ? Lang::C : Lang::CXX;
  auto Found = Symbol::named(Wanted.Scope, Wanted.Name, Language);
  if (!Found && Wanted.MayBeOfStd)
    Found = Symbol::named("std::", Wanted.Name, Lang::CXX);
  return Found;
}

// Of `Out[3]` and `_3` at the prompt, which are names of ours (value_capture.h).
std::string missingValue(const Diagnostic &Error, const Preprocessor &PP) {
  PresumedLoc Place = PP.getSourceManager().getPresumedLoc(Error.getLocation());
  if (Error.getID() != diag::err_undeclared_var_use || !Place.isValid() ||
      !StringRef(Place.getFilename()).starts_with("In["))
    return {};
  std::string Name = nameAt(Error, 0);
  StringRef Number = Name;
  if (Number.consume_front("_") && !Number.empty() &&
      llvm::all_of(Number, llvm::isDigit))
    return "In[" + Number.str() + "] has shown no value that '" + Name + "' could be";
  if (Name == "Out")
    return "Out[3], with a number, is what In[3] has shown, if that has a value";
  return {};
}

// Of a standard header, with brackets.
OptionalFileEntryRef fileOf(StringRef Header, const Preprocessor &PP) {
  return PP.getHeaderSearchInfo().LookupFile(
      Header.drop_front().drop_back(), SourceLocation(), /*isAngled=*/true,
      /*FromDir=*/nullptr, /*CurDir=*/nullptr,
      /*Includers=*/{}, /*SearchPath=*/nullptr, /*RelativePath=*/nullptr,
      /*RequestingModule=*/nullptr, /*SuggestedModule=*/nullptr, /*IsMapped=*/nullptr,
      /*IsFrameworkFound=*/nullptr);
}

// Whether it exists, and has not been included.
bool isMissing(StringRef Header, const Preprocessor &PP) {
  OptionalFileEntryRef File = fileOf(Header, PP);
  return File && !PP.alreadyIncluded(*File);
}

// As users write it.
std::string usualScope(StringRef Scope) {
  if (Scope.consume_front("std::ranges::views::"))
    return "std::views::" + Scope.str();
  return Scope.str();
}

// Where it is declared, with brackets; empty if nobody knows. Clang's table has no namespaces.
StringRef headerOf(const std::optional<Symbol> &Found, StringRef Name) {
  StringRef OfNamespace = llvm::StringSwitch<StringRef>(Name)
                              .StartsWith("std::views", "<ranges>")
                              .StartsWith("std::ranges", "<ranges>")
                              .StartsWith("std::numbers", "<numbers>")
                              .StartsWith("std::filesystem", "<filesystem>")
                              .StartsWith("std::pmr", "<memory_resource>")
                              .StartsWith("std::execution", "<execution>")
                              .Default("");
  if (!Found)
    return OfNamespace;
  auto Headers = Found->headers();
  if (auto Preferred = Found->header())
    return Preferred->name();
  return Headers.empty() ? OfNamespace : Headers.front().name();
}

// Of a name that only newer standards have.
Hint newerName(const Standard &Since, const std::string &Name, StringRef Header,
               const Preprocessor &PP) {
  std::string Beginning = "'" + Name + "' is of " + Since.Name.str();
  if (!Header.empty() && !fileOf(Header, PP))
    return {Beginning + ", in " + Header.str() +
            ", which the standard library here does not have"};
  if (!Since.IsNewer && Header.empty())
    return {};
  if (!Since.IsNewer)
    return {Beginning + ", which the standard library here does not have yet"};
  std::string Before = "%std " + Since.Flag.str() + "\n";
  if (!Header.empty() && isMissing(Header, PP))
    Before += "#include " + Header.str() + "\n";
  return {Beginning + ": " + howToHave(Since), llvm::json::Array{fixAtBegin(Before)}};
}

// Of a header that is not found.
Hint newerHeader(const Diagnostic &Error, const Preprocessor &PP) {
  if (!isArgument(Error, 0, DiagnosticsEngine::ak_std_string))
    return {};
  StringRef Name = Error.getArgStdStr(0);
  auto Since = standardOfHeader(Name, PP.getLangOpts());
  if (!Since)
    return {};
  return {"<" + Name.str() + "> is of " + Since->Name.str() +
          ", and the standard library here does not have it"};
}

// Of a name that is not known: which header or standard has it.
Hint hintForName(const Diagnostic &Error, const Preprocessor &PP) {
  const LangOptions &Options = PP.getLangOpts();
  Wanted Wanted = wantedName(Error, PP);
  if (!Wanted)
    return {};
  auto Found = findSymbol(*Wanted);
  if (Found && !Options.CPlusPlus && !Found->scope().empty())
    return {};
  std::string Scope = usualScope(Found ? Found->scope() : StringRef(Wanted->Scope));
  std::string Name = Scope + (Found ? Found->name().str() : Wanted->Name);
  StringRef Header = headerOf(Found, Name);
  auto Since = standardOf(Scope, Wanted->Name, Options);
  bool MayBeMissing = !Header.empty() && isMissing(Header, PP);
  if (Since && (Since->IsNewer || !MayBeMissing))
    return newerName(*Since, Name, Header, PP);
  if (!MayBeMissing)
    return {};
  Hint Missing{"'" + Name + "' is declared in " + Header.str(),
               llvm::json::Array{fixAtBegin(("#include " + Header + "\n").str())}};
  if (Wanted->Scope.empty() && !Scope.empty())
    if (auto Fix = fixAt(Error.getLocation(), PP.getSourceManager(), Options, Scope))
      Missing.Fixes.push_back(std::move(*Fix));
  return Missing;
}

} // namespace

Hint forkrepl::hintFor(const Diagnostic &Error, const Preprocessor &PP) {
  if (Error.getLocation().isInvalid() ||
      PP.getSourceManager().isInSystemHeader(Error.getLocation()))
    return {};
  if (Error.getID() == diag::err_pp_file_not_found)
    return newerHeader(Error, PP);
  if (std::string Note = missingValue(Error, PP); !Note.empty())
    return {Note};
  if (Hint Named = hintForName(Error, PP); !Named.Note.empty())
    return Named;
  return {newerKeyword(Error, PP)};
}
