// Where the values of structured bindings are.
#pragma once

#include "clang/AST/DeclCXX.h"
#include "llvm/Support/JSON.h"

namespace forkrepl {

// "symbol" of the variable that holds a binding's object or refers to it, "is_reference" for the
// latter, and "offset", in bytes. Nothing for what has no address: bit-fields, parts of complex
// numbers.
void describeBinding(const clang::BindingDecl &Binding, llvm::json::Object &Into);

} // namespace forkrepl
