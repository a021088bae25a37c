// Functions of C89 that leave out `int`: `main() { ... }`, `half(n) int n; { ... }`. In a
// file Clang takes them for declarations, at top level of an input for calls.
#pragma once

#include "input_tokens.h"

namespace forkrepl {

// Stands before such a function it says no more than that this is a declaration, so Clang
// finds the missing type itself, and says what the language says of that.
inline constexpr llvm::StringLiteral ImplicitIntPrefix = "extern\n";

// Whether, in a language that allows it, a function without a type begins with this token.
bool beginsWithoutType(const InputTokens &Text, size_t First,
                       const clang::Preprocessor &PP);

// The text of an input in which Clang takes such functions for declarations. (At its
// beginning, where most are, this comes before its #line, so that columns stay as they
// are.)
std::string withImplicitInt(llvm::StringRef Text, clang::Preprocessor &PP);

} // namespace forkrepl
