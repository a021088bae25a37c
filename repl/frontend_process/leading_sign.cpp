#include "leading_sign.h"

#include "clang/Lex/Lexer.h"

using namespace clang;

static bool isSign(const Token &T) { return T.isOneOf(tok::minus, tok::plus); }

static int nesting(const Token &T) {
  if (T.isOneOf(tok::l_paren, tok::l_square, tok::l_brace))
    return 1;
  return T.isOneOf(tok::r_paren, tok::r_square, tok::r_brace) ? -1 : 0;
}

forkrepl::ProtectedText forkrepl::protectLeadingSign(llvm::StringRef Text,
                                                     const LangOptions &Options) {
  std::string Original = Text.str(); // a Lexer needs the zero at its end
  const char *Begin = Original.c_str();
  Lexer Tokens(SourceLocation(), Options, Begin, Begin, Begin + Text.size());
  std::string Result;
  size_t Copied = 0;
  auto Insert = [&](size_t Where, llvm::StringRef What) {
    Result += Text.substr(Copied, Where - Copied);
    Result += What;
    Copied = Where;
  };
  Token T;
  int Depth = 0;
  bool InDirective = false, IsFirst = true, AtStart = true, Inserted = false;
  do {
    Tokens.LexFromRawLexer(T);
    size_t End = Tokens.getBufferLocation() - Begin;
    if (T.isAtStartOfLine())
      InDirective = T.is(tok::hash);
    if (InDirective && T.isNot(tok::eof))
      continue;
    if (AtStart && isSign(T)) {
      // Before the #line, so that columns stay as they are.
      if (IsFirst)
        Insert(0, "(\n");
      else
        Insert(End - T.getLength(), "(");
      Inserted = true;
    } else if (Inserted && Depth == 0 && T.is(tok::semi)) {
      Insert(End - 1, ")");
      Inserted = false;
    }
    IsFirst = false;
    Depth += nesting(T);
    AtStart = Depth == 0 && T.is(tok::semi);
  } while (T.isNot(tok::eof));
  Insert(Text.size(), "");
  size_t Size = Result.size();
  if (Inserted)
    Result += "\n)"; // a comment may be open in its last line
  return {std::move(Result), Size};
}
