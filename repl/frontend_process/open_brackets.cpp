#include "open_brackets.h"

using namespace clang;
using namespace forkrepl;

void OpenBrackets::see(const Token &T) {
  if (T.isOneOf(tok::l_paren, tok::l_square, tok::l_brace)) {
    ++Depth;
  } else if (T.isOneOf(tok::r_paren, tok::r_square, tok::r_brace)) {
    Depth -= Depth > 0;
  } else if (T.is(tok::annot_repl_input_end) && Depth) {
    // It is the preprocessor's own variable that it shows us.
    Token &End = const_cast<Token &>(T);
    End.setKind(tok::eof);
    End.setLength(0);
    End.setIdentifierInfo(nullptr);
  }
}
