// Finds the standard header that somebody has forgotten to include, or says what `Out` is.
#pragma once

#include "clang/Basic/Diagnostic.h"

#include <string>

namespace clang {
class Preprocessor;
}

namespace forkrepl {

// For an error that a name is not known, or is of an incomplete type: where the standard
// library declares it, as the text of a note. Empty if it does not, if the header has been
// included, or if there is no such file. For `_3` and `Out`: why they are nothing.
std::string missingInclude(const clang::Diagnostic &Error,
                           const clang::Preprocessor &PP);

} // namespace forkrepl
