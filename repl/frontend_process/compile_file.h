// A whole file to bitcode, as `clang -c -emit-llvm` does it.
#pragma once

#include "llvm/ADT/ArrayRef.h"

namespace forkrepl {

// Arguments: Clang's options and one file. Bitcode goes to standard output,
// diagnostics to standard error. Returns the exit status: 0, or 1 after an error.
int compileFile(llvm::ArrayRef<const char *> Arguments);

} // namespace forkrepl
