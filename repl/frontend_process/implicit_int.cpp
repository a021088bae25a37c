#include "implicit_int.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;
using namespace forkrepl;

static constexpr llvm::StringLiteral InlinePrefix = "extern ";

static bool isPlainWord(const InputToken &T) {
  return T.Kind == tok::identifier && !T.Name->hasMacroDefinition();
}

// Where it is an error Clang's message is better without us.
static bool mayLeaveOutInt(const Preprocessor &PP) {
  if (PP.getLangOpts().isImplicitIntRequired())
    return true;
  return PP.getLangOpts().isImplicitIntAllowed() &&
         PP.getDiagnostics().getDiagnosticLevel(diag::ext_missing_type_specifier,
                                                SourceLocation()) <
             DiagnosticsEngine::Error;
}

// The token after the bracket that closes what this one opens.
static size_t afterGroup(const InputTokens &Text, size_t Open) {
  int Outside = Text.Tokens[Open].Brackets - 1;
  size_t At = Open;
  while (At < Text.Tokens.size() && Text.Tokens[At].Brackets > Outside)
    ++At;
  return At + 1;
}

bool forkrepl::beginsWithoutType(const InputTokens &Text, size_t First,
                                 const Preprocessor &PP) {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  if (!mayLeaveOutInt(PP) || First + 2 >= Tokens.size() ||
      !isPlainWord(Tokens[First]) || Tokens[First + 1].Kind != tok::l_paren)
    return false;
  size_t At = afterGroup(Text, First + 1);
  if (At < Tokens.size() && Tokens[At].Kind == tok::l_brace)
    return true;
  if (At >= Tokens.size() || !Tokens[At].Name)
    return false;
  // What may declare parameters, up to the body.
  for (; At < Tokens.size(); ++At) {
    const InputToken &Each = Tokens[At];
    if (Each.Kind == tok::l_brace)
      return Tokens[At - 1].Kind == tok::semi;
    bool IsGroup = Each.Kind == tok::l_paren || Each.Kind == tok::l_square;
    if (IsGroup)
      At = afterGroup(Text, At) - 1;
    else if (!Each.Name && Each.Kind != tok::star && Each.Kind != tok::comma &&
             Each.Kind != tok::semi)
      return false;
  }
  return false;
}

// Whether something new may begin with this token, outside of all brackets.
static bool mayBegin(const InputTokens &Text, size_t Index) {
  if (Index == 0 || Text.isDirective(Index - 1))
    return true;
  const InputToken &Last = Text.Tokens[Index - 1];
  return Last.Brackets <= 0 && (Last.Kind == tok::semi || Last.Kind == tok::r_brace);
}

std::string forkrepl::withImplicitInt(llvm::StringRef Text, Preprocessor &PP) {
  if (!mayLeaveOutInt(PP))
    return Text.str();
  InputTokens Found(Text.str(), PP);
  std::string Result;
  size_t Copied = 0;
  bool IsFirst = true; // of what is no directive
  for (size_t Index = 0; Index < Found.Tokens.size(); ++Index) {
    if (Found.isDirective(Index))
      continue;
    if (mayBegin(Found, Index) && beginsWithoutType(Found, Index, PP)) {
      size_t Where = IsFirst ? 0 : Found.Tokens[Index].Begin;
      Result += Text.slice(Copied, Where);
      Result += IsFirst ? ImplicitIntPrefix : InlinePrefix;
      Copied = Where;
    }
    IsFirst = false;
  }
  return Result + Text.substr(Copied).str();
}
