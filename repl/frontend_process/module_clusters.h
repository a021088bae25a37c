// What of a module must be in one object: all that names one local symbol, and the like.
// Such as a string: a program may compare addresses that it has of it in two functions.
#pragma once

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/IntEqClasses.h"
#include "llvm/IR/Module.h"

namespace forkrepl {

class ModuleClusters {
public:
  explicit ModuleClusters(const llvm::Module &Module);

  // False if there is something of which it is not known where it must be.
  bool areKnown() const { return AreKnown; }

  // Of a definition: a number below count(). Cluster 0 has the variables that are not local.
  unsigned of(const llvm::GlobalValue &Value) const {
    return Clusters[Numbers.lookup(&Value)];
  }
  unsigned count() const { return Clusters.getNumClasses(); }

private:
  void joinWithFirst(const llvm::Module &Module);
  void joinLocals(const llvm::Module &Module);
  void joinLabels(const llvm::Module &Module);
  void joinAliases(const llvm::Module &Module);
  void joinGroups(const llvm::Module &Module);
  void join(const llvm::GlobalValue *One, const llvm::GlobalValue *Other);

  llvm::DenseMap<const llvm::GlobalValue *, unsigned> Numbers; // the first has 1
  llvm::IntEqClasses Clusters;
  bool AreKnown = true;
};

} // namespace forkrepl
