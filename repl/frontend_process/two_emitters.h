// The machine code of a large program is made by two processes, when Clang and the optimiser
// are done with it: see module_halves.h.
#pragma once

#include "llvm/IR/Module.h"
#include "llvm/Target/RegisterTargetPassConfigCallback.h"

#include <functional>
#include <optional>
#include <sys/types.h>

namespace clang {
class CompilerInstance;
}

namespace forkrepl {

// Of a program: when it is worth a second process, and where that writes its object.
struct SecondEmitter {
  int WriteTo = -1; // a file descriptor; -1: one process is to make it all
  uint64_t LeastInstructions = 0;
};

class TwoEmitters {
public:
  // Module: that of which code is about to be made. Told: how many diagnostics there have been.
  TwoEmitters(const clang::CompilerInstance &Compiler, SecondEmitter Wanted,
              std::function<llvm::Module *()> Module, std::function<unsigned()> Told);

  // When the machine code is made. In the second process this is the end. In the first: how
  // many warnings the second has told of. None if the program must be compiled again by one
  // process: if the second has failed, or what both have told of is in no order.
  std::optional<unsigned> finish();

private:
  void begin();
  [[noreturn]] void endSecond() const;

  const clang::CompilerInstance &Compiler;
  SecondEmitter Wanted;
  std::function<llvm::Module *()> Module;
  std::function<unsigned()> Told;
  pid_t Second = -1;  // the other process; 0: it is this one
  int SaysAtEnd = -1; // a pipe from it
  unsigned ToldBefore = 0, WarningsBefore = 0;
  // LLVM calls it when it begins to make machine code.
  llvm::RegisterTargetPassConfigCallback AtBegin;
};

} // namespace forkrepl
