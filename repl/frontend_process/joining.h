// Which inputs of a script may be compiled and linked as one.
#pragma once

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace forkrepl {

// Sees the modules of all inputs, in order.
class Joining {
public:
  // Whether nobody could tell if the module were linked with those before and after it, and
  // run in order: it registers nothing that goes when its input fails, runs at the time
  // that any initializer does, and defines nothing that an earlier one has looked for.
  //
  // Optimised: then LLVM goes by the priorities of initializers alone, and may run those
  // with the same in any order, also before the program starts. So each module gets one of
  // its own.
  bool note(llvm::Module &Module, bool Optimised);

private:
  bool noteUse(const llvm::GlobalValue &Value);

  unsigned Modules = 0;
  llvm::StringSet<> Wanted; // what the modules have used and not defined
};

} // namespace forkrepl
