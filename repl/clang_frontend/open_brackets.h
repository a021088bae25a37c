// An input that ends inside of brackets. Clang's incremental parser waits there for ever for
// the closing one: it does not take the end of an input for the end of anything. So inside
// of brackets it is given the end of a file, at which the parser says what is missing, and
// where what it should close was opened.
#pragma once

#include "clang/Lex/Token.h"

namespace forkrepl {

class OpenBrackets {
public:
  // Each token, as the preprocessor makes it.
  void pass(const clang::Token &T) {
    if (T.isOneOf(clang::tok::l_paren, clang::tok::l_square, clang::tok::l_brace)) {
      ++Open;
    } else if (T.isOneOf(clang::tok::r_paren, clang::tok::r_square, clang::tok::r_brace)) {
      Open -= Open > 0;
    } else if (T.is(clang::tok::annot_repl_input_end)) {
      // Clang's watchers get constant tokens, but look at the one that it uses.
      if (Open > 0)
        const_cast<clang::Token &>(T).setKind(clang::tok::eof);
      else
        Open = 0;
    }
  }

private:
  int Open = 0;
};

} // namespace forkrepl
