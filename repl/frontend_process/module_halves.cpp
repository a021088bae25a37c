#include "module_halves.h"

#include "llvm/IR/DebugInfoMetadata.h"

using namespace llvm;
using namespace forkrepl;

// One process has to do this much of the work at most, or two are of little use.
static constexpr double LargestShare = 0.8;

// Not getInstructionCount(), which asks of each whether it is for debuggers.
static uint64_t instructionsIn(const Function &Function) {
  uint64_t Number = 0;
  for (const BasicBlock &Block : Function)
    Number += Block.size();
  return Number;
}

static uint64_t instructionsIn(const Module &Module) {
  uint64_t Number = 0;
  for (const Function &Function : Module)
    Number += instructionsIn(Function);
  return Number;
}

// What a debugger is told of variables and types names symbols without using them.
static bool describesVariables(const Module &Module) {
  return any_of(Module.debug_compile_units(), [](const DICompileUnit *Unit) {
    return Unit->getEmissionKind() == DICompileUnit::FullDebug;
  });
}

// The largest first, each to the half that has less so far: which is First (0) or Second (1).
static std::vector<Half> distribute(const std::vector<uint64_t> &Weights,
                                    std::array<uint64_t, 2> &Loads) {
  std::vector<unsigned> Order(Weights.size() - 1);
  std::iota(Order.begin(), Order.end(), 1);
  stable_sort(Order, [&](unsigned A, unsigned B) { return Weights[A] > Weights[B]; });
  std::vector<Half> Places(Weights.size(), Half::First);
  Loads = {Weights[0], 0};
  for (unsigned Cluster : Order) {
    bool IsSecond = Loads[1] < Loads[0];
    Places[Cluster] = IsSecond ? Half::Second : Half::First;
    Loads[IsSecond] += Weights[Cluster];
  }
  return Places;
}

std::optional<ModuleHalves> ModuleHalves::of(const Module &Module,
                                             uint64_t LeastInstructions) {
  uint64_t Instructions = instructionsIn(Module);
  if (Instructions < LeastInstructions || !Module.getModuleInlineAsm().empty() ||
      describesVariables(Module))
    return std::nullopt;
  ModuleClusters Clusters(Module);
  if (!Clusters.areKnown())
    return std::nullopt;
  std::vector<uint64_t> Weights(Clusters.count());
  for (const Function &Function : Module)
    if (!Function.isDeclarationForLinker())
      Weights[Clusters.of(Function)] += instructionsIn(Function);
  std::array<uint64_t, 2> Loads;
  std::vector<Half> Places = distribute(Weights, Loads);
  double MostInOne = LeastInstructions ? LargestShare * Instructions : Instructions - 1;
  if (std::max(Loads[0], Loads[1]) > MostInOne)
    return std::nullopt;
  return ModuleHalves(std::move(Clusters), std::move(Places));
}

// An alias or an ifunc of the other half.
static void declareInstead(GlobalValue &Alias) {
  Module &Module = *Alias.getParent();
  GlobalValue *Declared;
  if (auto *Type = dyn_cast<FunctionType>(Alias.getValueType()))
    Declared = Function::Create(Type, GlobalValue::ExternalLinkage,
                                Alias.getAddressSpace(), "", &Module);
  else
    Declared = new GlobalVariable(Module, Alias.getValueType(), /*isConstant=*/false,
                                  GlobalValue::ExternalLinkage, nullptr, "", nullptr,
                                  Alias.getThreadLocalMode(), Alias.getAddressSpace());
  Declared->takeName(&Alias);
  Declared->setVisibility(Alias.getVisibility());
  Declared->setDSOLocal(Alias.isDSOLocal());
  Alias.replaceAllUsesWith(Declared);
}

// Takes away what it consists of. A symbol that other objects can name is declared instead;
// Gone: what is left of the others.
static void empty(GlobalValue &Value, SmallVectorImpl<GlobalValue *> &Gone) {
  bool IsDeclared = !Value.hasLocalLinkage() && !Value.hasAppendingLinkage();
  if (isa<GlobalAlias, GlobalIFunc>(Value)) {
    if (std::exchange(IsDeclared, false))
      declareInstead(Value);
    Value.dropAllReferences();
  } else if (auto *Function = dyn_cast<llvm::Function>(&Value)) {
    Function->deleteBody();
    Function->setComdat(nullptr);
  } else {
    auto &Variable = cast<GlobalVariable>(Value);
    Variable.setInitializer(nullptr);
    Variable.setLinkage(GlobalValue::ExternalLinkage);
    Variable.setComdat(nullptr);
  }
  if (!IsDeclared)
    Gone.push_back(&Value);
}

static bool eraseIfUnused(GlobalValue *Value) {
  Value->removeDeadConstantUsers();
  if (!Value->use_empty())
    return false;
  Value->eraseFromParent();
  return true;
}

bool ModuleHalves::keep(Module &Module, Half Which) const {
  SmallVector<GlobalValue *> Others, Gone;
  for (GlobalValue &Value : Module.global_values())
    if (!Value.isDeclaration() && Places[Clusters.of(Value)] != Which)
      Others.push_back(&Value);
  for (GlobalValue *Value : Others)
    empty(*Value, Gone);
  return all_of(Gone, eraseIfUnused);
}
