// Which inputs of a script may be compiled and linked as one.
#pragma once

#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace forkrepl {

// Sees the modules of all inputs, in order.
class Joining {
public:
  // The priority that the module's initializers have got, which is its own, if nobody could
  // tell whether it were linked with those before and after it: it registers nothing that
  // goes when its input fails, runs at the time that any initializer does, and defines
  // nothing that an earlier one has looked for, or libraries call. 0 if somebody could.
  unsigned note(llvm::Module &Module);

private:
  bool noteUse(const llvm::GlobalValue &Value);

  unsigned Modules = 0;
  llvm::StringSet<> Wanted; // what the modules have used and not defined
};

} // namespace forkrepl
