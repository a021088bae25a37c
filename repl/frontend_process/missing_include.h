// What is known of a name that Clang does not know: the standard header that somebody has
// forgotten to include, the standard that has it, or what `Out` is.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "llvm/Support/JSON.h"

#include <string>

namespace clang {
class Preprocessor;
}

namespace forkrepl {

struct Hint {
  std::string Note;             // empty: there is nothing to say
  llvm::json::Array Fixes = {}; // see fix_its.h
};

// For an error that a name is not known, or is of an incomplete type: where the standard
// library declares it, unless that header has been included, or since which standard. For `_3`
// and `Out`: why they are nothing.
Hint hintFor(const clang::Diagnostic &Error, const clang::Preprocessor &PP);

} // namespace forkrepl
