#include "input_tokens.h"

#include "clang/Basic/IdentifierTable.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using namespace clang;
using namespace forkrepl;

static bool isSpliced(llvm::StringRef Line) {
  return Line.rtrim(" \t\r\f\v").ends_with("\\");
}

InputTokens::InputTokens(std::string Owned, Preprocessor &PP) : Text(std::move(Owned)) {
  // A lexer passes over a byte order mark where its buffer begins. Here that is a place
  // in the midst of a text, where Clang rejects one.
  std::string Padded = "\n" + Text;
  const char *Begin = Padded.c_str() + 1;
  Lexer Raw(SourceLocation(), PP.getLangOpts(), Padded.c_str(), Begin,
            Begin + Text.size());
  Raw.SetCommentRetentionState(true);
  bool InDirective = false, StartsLine = false;
  size_t Covered = 0;
  Token T;
  for (Raw.LexFromRawLexer(T); T.isNot(tok::eof); Raw.LexFromRawLexer(T)) {
    size_t End = Raw.getBufferLocation() - Begin;
    Covered = End;
    StartsLine |= T.isAtStartOfLine();
    if (T.is(tok::comment)) {
      Comments.push_back({End - T.getLength(), End});
      continue;
    }
    InputToken Found{End - T.getLength(), End, T.getKind(), nullptr, StartsLine};
    StartsLine = false;
    if (T.is(tok::raw_identifier) && !T.needsCleaning() && !T.hasUCN()) {
      IdentifierInfo *Name = PP.getIdentifierInfo(T.getRawIdentifier());
      Found.Name = Name;
      Found.Kind = Name->getTokenID();
    }
    if (InDirective && !Found.AtLineStart) {
      if (!Tokens.back().Name)
        Tokens.back().Name = Found.Name;
      Tokens.back().End = End;
      continue;
    }
    InDirective = Found.AtLineStart && T.is(tok::hash);
    HasUnknown |= T.is(tok::unknown);
    Tokens.push_back(Found);
  }
  llvm::StringRef Rest = llvm::StringRef(Text).drop_front(Covered);
  bool OpenRawString =
      !Tokens.empty() && Tokens.back().Kind == tok::unknown &&
      Tokens.back().End == Text.size() &&
      llvm::StringRef(Text).slice(Tokens.back().Begin, Text.size()).contains("R\"");
  EndsWithin = Rest.contains("/*") || OpenRawString ||
               isSpliced(llvm::StringRef(Text).rtrim('\n'));
  countOpen();
}

size_t InputTokens::endOfLine(size_t Index) const {
  size_t At = Tokens[Index].End;
  auto Next = llvm::lower_bound(
      Comments, At, [](const Range &Each, size_t Place) { return Each.Begin < Place; });
  while (true) {
    size_t Newline = Text.find('\n', At);
    if (Newline == std::string::npos)
      return Text.size();
    if (Next != Comments.end() && Next->Begin < Newline)
      At = Next++->End;
    else if (isSpliced(llvm::StringRef(Text).slice(At, Newline)))
      At = Newline + 1;
    else
      return Newline + 1;
  }
}

size_t InputTokens::beginOfLine(size_t Index) const {
  auto LineOf = [&](size_t At) {
    return At == 0 ? 0 : Text.rfind('\n', At - 1) + 1; // npos + 1 is 0
  };
  size_t Begin = LineOf(Tokens[Index].Begin);
  for (auto Each = Comments.rbegin(); Each != Comments.rend(); ++Each)
    if (Each->Begin < Begin && Begin < Each->End)
      Begin = LineOf(Each->Begin);
  return Begin;
}

size_t InputTokens::column(size_t Index) const {
  size_t At = Tokens[Index].Begin;
  return At == 0 ? 0 : At - (Text.rfind('\n', At - 1) + 1);
}

size_t InputTokens::tokenAt(size_t Offset) const {
  return llvm::partition_point(
             Tokens, [&](const InputToken &Each) { return Each.End <= Offset; }) -
         Tokens.begin();
}

// A brace ends what is open inside it: so a function with a mistake has an end. Returns
// whether the bracket closes what was opened last.
bool InputTokens::close(char Bracket) {
  size_t Until = Missing.rfind(Bracket);
  bool IsOutside = Bracket != '}' && Until != std::string::npos &&
                   Missing.find('}', Until) != std::string::npos;
  if (Until == std::string::npos || IsOutside)
    return false;
  bool Fits = Until + 1 == Missing.size();
  Missing.resize(Until);
  return Fits;
}

static char closerOf(tok::TokenKind Opener) {
  return Opener == tok::l_paren ? ')' : Opener == tok::l_square ? ']' : '}';
}

static char textOf(tok::TokenKind Closer) {
  return Closer == tok::r_paren ? ')' : Closer == tok::r_square ? ']' : '}';
}

// 1 for `#pragma clang attribute push`, which is an error without its `pop`, -1 for that.
static int attributeRegion(llvm::StringRef Directive) {
  llvm::SmallVector<llvm::StringRef, 8> Words;
  llvm::SplitString(Directive, Words, " \t#()");
  if (Words.size() < 4 || Words[1] != "clang" || Words[2] != "attribute")
    return 0;
  return Words[3].ends_with("push") ? 1 : Words[3].ends_with("pop") ? -1 : 0;
}

void InputTokens::countOpen() {
  struct Conditional {
    std::string Before, Chosen; // Chosen: what the first branch leaves open
    bool HasChosen = false;
  };
  std::vector<Conditional> Open;
  int Regions = 0;
  Mismatched = UnevenBranch = Tokens.size();
  for (size_t Index = 0; Index < Tokens.size(); ++Index) {
    InputToken &Each = Tokens[Index];
    llvm::StringRef Name = isDirective(Index) && Each.Name ? Each.Name->getName() : "";
    if (Each.Kind == tok::l_paren || Each.Kind == tok::l_square ||
        Each.Kind == tok::l_brace) {
      Missing += closerOf(Each.Kind);
    } else if (Each.Kind == tok::r_paren || Each.Kind == tok::r_square ||
               Each.Kind == tok::r_brace) {
      if (!close(textOf(Each.Kind)))
        Mismatched = std::min(Mismatched, Index);
    } else if (Name == "if" || Name == "ifdef" || Name == "ifndef") {
      Open.push_back({Missing, ""});
    } else if (!Open.empty() && (Name.starts_with("el") || Name == "endif")) {
      Conditional &Innermost = Open.back();
      if (Missing != Innermost.Before)
        UnevenBranch = std::min(UnevenBranch, Index);
      if (!Innermost.HasChosen)
        Innermost.Chosen = Missing;
      Innermost.HasChosen = true;
      Missing = Name == "endif" ? Innermost.Chosen : Innermost.Before;
      if (Name == "endif")
        Open.pop_back();
    } else if (Name == "pragma") {
      llvm::StringRef Directive = llvm::StringRef(Text).slice(Each.Begin, Each.End);
      Regions = std::max(Regions + attributeRegion(Directive), 0);
    }
    Each.Brackets = Missing.size();
    Each.Conditionals = Open.size() + Regions;
  }
}
