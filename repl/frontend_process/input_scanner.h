// Ends of inputs that are plain from their tokens and the table of macros.
#pragma once

#include "input_tokens.h"

namespace clang {
class Sema;
}

namespace forkrepl {

// Whether a name stands for a variable, a function or an enumerator.
bool namesValue(const clang::IdentifierInfo *Name, clang::Sema &S);

enum class InputEnd {
  Here,   // the input ends with this line
  Value,  // an expression without `;` ends with this line, the last one of the text
  GoesOn, // it goes on
  Ask,    // the parser must tell
};

// Whether the token can only be the last of an operand.
bool endsOperand(const InputTokens &Text, size_t Index);

// Whether a token may be a binary operator or the beginning of something new.
bool isBinaryOrPrefix(clang::tok::TokenKind Kind);

// Follows one input, from its first token.
class InputScanner {
public:
  // Names: null if some of the text before is not known to Clang yet.
  InputScanner(const InputTokens &Text, clang::Preprocessor &PP, clang::Sema *Names,
               size_t First)
      : Text(Text), PP(PP), Names(Names), First(First) {}

  // Goes to the first line end outside of all brackets and #if groups, from `index()` on, or
  // to the end of the text. False if that has been reached within something that is open.
  bool nextLineEnd();

  size_t index() const { return Index; } // the last token of that line
  InputEnd judge();                      // what that line end is
  // Whether what `judge` has taken for an input is an expression without `;`.
  bool isExpression() const { return IsExpression; }
  // Whether macros or branches of an #if may open brackets or close them.
  bool isUneven() const { return IsUneven || Text.UnevenBranch <= Index; }

private:
  void add(size_t At);
  void addOutermost(size_t At);
  InputEnd judgeExpression(const InputToken *Next);
  bool isAnew(const InputToken &Next) const;
  bool isBody() const;
  bool isShapeless(const clang::IdentifierInfo *Macro, int Depth) const;

  void beginStatement(size_t At);

  const InputTokens &Text;
  clang::Preprocessor &PP;
  clang::Sema *Names;
  size_t First, Index = 0;
  bool HasStarted = false;

  // Of the tokens of one statement or declaration that are outside of brackets:
  struct Statement {
    size_t First;
    bool HasKeyword = false, HasMacro = false, HasNeighbours = false,
         HasAssignment = false, HasClass = false, HasSquare = false,
         HasOldParameters = false, HasTypeOperator = false, HasEvidence = false,
         HasColons = false;
    size_t BeforeGroup = 0; // the token before the last opening bracket
  };
  bool mayBeOldFunction() const;
  Statement Last{First}; // as far as it has been read
  // Of all of the input:
  bool HasIf = false, HasDo = false, HasTry = false;
  bool HasOddWord = false;     // one that may be anything
  bool HasOldFunction = false; // perhaps: `half(n) int n;`, before its body
  bool IsExpression = false;
  bool IsUneven = false; // a macro may open or close a bracket
};

} // namespace forkrepl
