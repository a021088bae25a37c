// The tokens of a text before preprocessing, by Clang's own lexer, with what tells where
// lines end: the splices, comments and raw strings that go on over several of them.
#pragma once

#include "clang/Basic/TokenKinds.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace clang {
class IdentifierInfo;
class Preprocessor;
} // namespace clang

namespace forkrepl {

// A token; of a directive, its `#` stands for all of it.
struct InputToken {
  size_t Begin, End;          // offsets in the text
  clang::tok::TokenKind Kind; // keywords are told from identifiers; hash: a directive
  const clang::IdentifierInfo
      *Name; // of an identifier, a keyword or a directive, or null
  bool AtLineStart;
  // After this token:
  int Brackets = 0;     // how many are open
  int Conditionals = 0; // how many #if are
};

class InputTokens {
public:
  InputTokens(std::string Text, clang::Preprocessor &PP);

  const std::string Text;
  std::vector<InputToken> Tokens;

  // Whether the text ends in a comment or raw string that goes on, or a spliced line.
  bool EndsWithin = false;

  // Whether a token ends its line. Index: of a token.
  bool endsLine(size_t Index) const {
    return Index + 1 == Tokens.size() || Tokens[Index + 1].AtLineStart;
  }
  bool isDirective(size_t Index) const {
    return Tokens[Index].Kind == clang::tok::hash && Tokens[Index].AtLineStart;
  }

  // Whether a bracket that is open cannot be closed any more as it is meant.
  bool isBeyondRepair() const { return Mismatched < Tokens.size() || HasUnknown; }

  // Where the line ends that a token is the last of: after its newline, and after the
  // comments that begin in it.
  size_t endOfLine(size_t Index) const;
  // Where the line begins that a token is the first of, or a comment before it.
  size_t beginOfLine(size_t Index) const;
  // How far a token is from the beginning of its line.
  size_t column(size_t Index) const;
  // The first token that ends behind Offset, or Tokens.size().
  size_t tokenAt(size_t Offset) const;

  // The first closing bracket that closes nothing or too much; the end of the first branch
  // of an #if that closes less or more than it opens. Tokens.size() if there is none.
  size_t Mismatched, UnevenBranch;
  std::string Missing; // the closing brackets that the end of the text waits for

private:
  // Counts what is open. The branches of an #if are alternatives: each begins with what
  // was open before the first.
  void countOpen();
  bool close(char Bracket);

  bool HasUnknown = false; // as a literal without an end

  struct Range {
    size_t Begin, End;
  };
  std::vector<Range> Comments;
};

} // namespace forkrepl
