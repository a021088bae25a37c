#pragma once

#include "llvm/IR/Module.h"

#include <string>

namespace forkrepl {

// Empty if the module has nothing to compile: an include, a type, a template.
std::string writeBitcode(const llvm::Module &Module);

} // namespace forkrepl
