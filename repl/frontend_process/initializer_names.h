// The functions that initialize variables are called after them.
//
// To Clang all of them are `__cxx_global_var_init`. When an input is compiled anew for a
// program that has its variables (rebinding.h), those of variables that stay must not
// run, so it must be known which they are.
#pragma once

#include "clang/AST/ASTContext.h"
#include "llvm/Support/Error.h"

#include <string>

namespace forkrepl {

// From now on, in all of this process.
llvm::Error nameInitializers(clang::ASTContext &Context);

// The name of the function for a variable, by its symbol.
std::string initializerName(llvm::StringRef Variable);

// The symbol of the variable that a function of this name initializes, or nothing.
llvm::StringRef initializedBy(llvm::StringRef Function);

} // namespace forkrepl
