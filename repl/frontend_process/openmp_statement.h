// OpenMP's directives for a statement, outside of functions. Clang's parser takes these
// (`#pragma omp parallel for` and a loop) only within a statement: at top level all but
// declarative ones are errors. `if (1)` before one makes a statement of it.
#pragma once

#include "input_tokens.h"

namespace forkrepl {

// Whether a token is such a directive, at top level: the statement after it belongs to it.
bool isOpenMPStatement(const InputTokens &Text, size_t Index,
                       const clang::Preprocessor &PP);

// The text of an input, with `if (1)` and the directives as operators, which may be in the
// midst of a line. Lines stay as they are.
std::string withOpenMPStatements(llvm::StringRef Text, clang::Preprocessor &PP);

} // namespace forkrepl
