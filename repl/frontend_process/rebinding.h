// Code that is compiled anew, for a program that has the old one and its objects.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/JSON.h"

namespace forkrepl {

// Bitcode with the same functions. Statements do not run; what is in Kept, by symbol, is
// another module's, and is not initialized; all that is inline comes along, used or not.
// Empty if there is nothing left to compile.
llvm::Expected<std::string> rebind(llvm::StringRef Bitcode,
                                   const llvm::json::Array &Kept);

} // namespace forkrepl
