// The table of the driver's options: which there are, and what follows each of them.
#pragma once

#include "llvm/Support/raw_ostream.h"

namespace forkrepl {

// Writes it as JSON: see repl/clang/options/table.py, which reads it.
void writeOptionTable(llvm::raw_ostream &Output);

} // namespace forkrepl
