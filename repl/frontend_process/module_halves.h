// A module as two, of which two processes make the machine code.
//
// No symbol is renamed, and none that is local becomes global: what names it stays with it.
// So two objects that are linked as one unit do what one would have done.
#pragma once

#include "module_clusters.h"

#include "llvm/IR/Module.h"

#include <optional>
#include <vector>

namespace forkrepl {

// First: that with the variables.
enum class Half { First, Second };

class ModuleHalves {
public:
  // Of a module that is optimised already. None if it has less than so many instructions, or
  // cannot be divided so that two processes are of use. (For tests: with 0 they need not be.)
  static std::optional<ModuleHalves> of(const llvm::Module &Module,
                                        uint64_t LeastInstructions);

  // Leaves of the module what is in this half; of the rest what has a name in both objects is
  // declared. Returns false if something is still needed that is gone: then the module is of
  // no use any more.
  bool keep(llvm::Module &Module, Half Which) const;

private:
  ModuleHalves(ModuleClusters Clusters, std::vector<Half> Places)
      : Clusters(std::move(Clusters)), Places(std::move(Places)) {}

  ModuleClusters Clusters;
  std::vector<Half> Places; // of each cluster
};

} // namespace forkrepl
