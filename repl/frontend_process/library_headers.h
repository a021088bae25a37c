// Where the headers of the libraries of C and C++ are, as Clang's driver finds them.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

namespace forkrepl {

// Writes as JSON what repl/clang/library_headers.py reads; nonzero if the driver refuses
// the flags.
int describeHeaders(llvm::ArrayRef<const char *> Flags, llvm::raw_ostream &Output);

} // namespace forkrepl
