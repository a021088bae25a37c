// A file that may be a program: compiled as one translation unit, as `clang -c` does it,
// or left to be run input by input.
#pragma once

#include "llvm/ADT/ArrayRef.h"

namespace forkrepl {

// What `compileProgram` ends the process with.
enum ProgramStatus {
  IsProgram = 0,      // its object is on standard output
  IsWrongProgram = 1, // it defines main, and has errors
  IsNotProgram = 3,   // not a translation unit: a list of inputs
  MustBeWhole = 4,    // to be compiled again, by one process
};

// Arguments: a descriptor to which to write one of these, as a byte, when all is done but
// the end of the process; those of SecondEmitter; and see ProgramInput. What it tells: what
// the program depends on, see dependencies.h, and how many instances it has that could be
// kept. Diagnostics go to standard error.
[[noreturn]] void compileProgram(llvm::ArrayRef<const char *> Arguments);

} // namespace forkrepl
