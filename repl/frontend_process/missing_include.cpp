#include "missing_include.h"

#include "clang/AST/Decl.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclarationName.h"
#include "clang/AST/Type.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Inclusions/StandardLibrary.h"

#include <optional>

using namespace clang;
using namespace forkrepl;
using tooling::stdlib::Lang;
using tooling::stdlib::Symbol;

namespace {

struct WantedName {
  std::string Scope; // "std::chrono::"
  std::string Name;
  bool MayBeOfStd = false; // somebody who leaves out std:: means a type by it
};

using Wanted = std::optional<WantedName>;

// "std::chrono::" of the namespace; none for a class.
std::optional<std::string> scopeOf(const DeclContext *Context) {
  std::string Scope;
  for (; !Context->isTranslationUnit(); Context = Context->getParent()) {
    if (Context->isTransparentContext()) // extern "C++" { ... }
      continue;
    const auto *Namespace = dyn_cast<NamespaceDecl>(Context);
    if (!Namespace)
      return std::nullopt;
    if (!Namespace->isInline())
      Scope = Namespace->getName().str() + "::" + Scope;
  }
  return Scope;
}

bool isArgument(const Diagnostic &Error, unsigned Index,
                DiagnosticsEngine::ArgumentKind Kind) {
  return Index < Error.getNumArgs() && Error.getArgKind(Index) == Kind;
}

std::string nameAt(const Diagnostic &Error, unsigned Index) {
  if (isArgument(Error, Index, DiagnosticsEngine::ak_identifierinfo))
    return Error.getArgIdentifier(Index)->getName().str();
  if (isArgument(Error, Index, DiagnosticsEngine::ak_declarationname))
    return DeclarationName::getFromOpaqueInteger(Error.getRawArg(Index)).getAsString();
  return {};
}

Wanted memberAt(const Diagnostic &Error) {
  if (!isArgument(Error, 1, DiagnosticsEngine::ak_declcontext))
    return std::nullopt;
  auto Scope = scopeOf(reinterpret_cast<const DeclContext *>(Error.getRawArg(1)));
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
    return WantedName{"", nameAt(Error, 0)};
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

// Whether it exists, and has not been included.
bool isMissing(StringRef Header, const Preprocessor &PP) {
  OptionalFileEntryRef File = PP.getHeaderSearchInfo().LookupFile(
      Header, SourceLocation(), /*isAngled=*/true, /*FromDir=*/nullptr,
      /*CurDir=*/nullptr,
      /*Includers=*/{}, /*SearchPath=*/nullptr, /*RelativePath=*/nullptr,
      /*RequestingModule=*/nullptr, /*SuggestedModule=*/nullptr, /*IsMapped=*/nullptr,
      /*IsFrameworkFound=*/nullptr);
  return File && !PP.alreadyIncluded(*File);
}

} // namespace

std::string forkrepl::missingInclude(const Diagnostic &Error, const Preprocessor &PP) {
  if (Error.getLocation().isInvalid() ||
      PP.getSourceManager().isInSystemHeader(Error.getLocation()))
    return {};
  if (std::string Note = missingValue(Error, PP); !Note.empty())
    return Note;
  Wanted Name = wantedName(Error, PP);
  auto Found = Name ? findSymbol(*Name) : std::nullopt;
  if (!Found || (!PP.getLangOpts().CPlusPlus && !Found->scope().empty()))
    return {};
  auto Headers = Found->headers();
  auto Preferred = Found->header();
  if (!Preferred && Headers.empty())
    return {};
  StringRef Header = (Preferred ? *Preferred : Headers.front()).name(); // <vector>
  if (!isMissing(Header.drop_front().drop_back(), PP))
    return {};
  return "'" + Found->qualifiedName().str() + "' is declared in " + Header.str();
}
