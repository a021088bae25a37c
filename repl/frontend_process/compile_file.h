// A whole file to an object, as `clang -c` does it.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <memory>

namespace clang {
class CompilerInvocation;
}

namespace forkrepl {

// What Clang's driver makes of its options and one file: an object is to be made. Null
// after an error, which has been told on standard error.
std::shared_ptr<clang::CompilerInvocation>
invocationFor(llvm::ArrayRef<const char *> Arguments);

// Arguments: Clang's options and one file. The object goes to standard output,
// diagnostics to standard error. Returns the exit status: 0, or 1 after an error.
int compileFile(llvm::ArrayRef<const char *> Arguments);

} // namespace forkrepl
