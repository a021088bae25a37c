#include "implicit_int.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Lex/Preprocessor.h"

using namespace clang;
using namespace forkrepl;

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

std::string forkrepl::withImplicitInt(llvm::StringRef Text, Preprocessor &PP) {
  if (!mayLeaveOutInt(PP))
    return Text.str();
  InputTokens Tokens(Text.str(), PP);
  size_t First = 0;
  while (First < Tokens.Tokens.size() && Tokens.isDirective(First))
    ++First;
  if (!beginsWithoutType(Tokens, First, PP))
    return Text.str();
  return ImplicitIntPrefix.str() + Text.str();
}
