// Brackets that are open where an input ends.
//
// Clang's parser takes the end of an input for a token like others and waits for the
// closing bracket for ever. The end of a file it knows: it says what is missing, and
// where the opening one is.
#pragma once

#include "clang/Lex/Token.h"

namespace forkrepl {

class OpenBrackets {
public:
  // The parser is about to get a token, which may become the end of a file.
  void see(const clang::Token &T);

private:
  unsigned Depth = 0;
};

} // namespace forkrepl
