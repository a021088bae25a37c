// Statements that begin with `-` or `+`. Clang's parser takes such a sign at the
// beginning of a top-level declaration for an Objective-C method, and rejects it
// (`-1` is an error in clang-repl). In parentheses it is an expression.
#pragma once

#include "clang/Basic/LangOptions.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace forkrepl {

struct ProtectedText {
  std::string Text;
  size_t End; // of what the user has written in it
};

// The text of an input, with the statements in parentheses that begin so. Lines stay
// as they are, and columns in the first of these.
ProtectedText protectLeadingSign(llvm::StringRef Text,
                                 const clang::LangOptions &Options);

} // namespace forkrepl
