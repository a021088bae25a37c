// What Clang's driver has to say against options: clang::Interpreter does not tell.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace forkrepl {

// Fails with the driver's first error, as that an option is not for this machine.
llvm::Error checkByDriver(llvm::ArrayRef<const char *> Flags);

} // namespace forkrepl
