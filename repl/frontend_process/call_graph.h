// Which functions have to do with a class, also by way of what they call.
#pragma once

#include "clang/AST/ASTContext.h"
#include "llvm/Support/JSON.h"

namespace forkrepl {

// {"ok", "symbols"}: of functions that are defined and cannot come to look at an object of
// one of these classes, neither themselves nor in functions that they call.
llvm::json::Object findIndependent(clang::ASTContext &Context, size_t Inputs,
                                   const llvm::json::Array &Classes);

} // namespace forkrepl
