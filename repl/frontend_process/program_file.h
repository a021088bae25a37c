// A file that may be a program: compiled as one translation unit, as `clang -c` does it,
// or left to be run input by input.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace clang {
class CompilerInvocation;
} // namespace clang

namespace forkrepl {

// What `compileProgram` returns.
enum ProgramStatus {
  IsProgram = 0,      // its object is on standard output
  IsWrongProgram = 1, // it defines main, and has errors
  IsNotProgram = 3,   // not a translation unit: a list of inputs
};

// Arguments: a file descriptor to which to write what a program depends on, see
// dependencies.h, and how many instances it has that could be kept, see kept_instances.h; one
// from which to read those that are known (-1: none); Clang's options; and the name of a file whose text is standard input.
// Diagnostics go to standard error.
int compileProgram(llvm::ArrayRef<const char *> Arguments);

// The file is what was read of it once: it may be a pipe, or be changed meanwhile.
void setContents(clang::CompilerInvocation &Invocation, llvm::StringRef Text);

} // namespace forkrepl
