#include "module_clusters.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;
using namespace forkrepl;

// Calls Visit with each definition that names a constant: functions, and what has an
// initializer.
template <typename Visitor>
static void visitUsers(const Constant &Named, Visitor Visit) {
  SmallVector<const Constant *> Rest = {&Named};
  SmallPtrSet<const Constant *, 16> Seen;
  while (!Rest.empty())
    for (const User *By : Rest.pop_back_val()->users()) {
      if (const auto *Instruction = dyn_cast<llvm::Instruction>(By))
        Visit(*Instruction->getFunction());
      else if (const auto *Value = dyn_cast<GlobalValue>(By))
        Visit(*Value);
      else if (const auto *Expression = dyn_cast<Constant>(By);
               Expression && Seen.insert(Expression).second)
        Rest.push_back(Expression);
    }
}

static SmallVector<GlobalValue *> namedByUsed(const Module &Module) {
  SmallVector<GlobalValue *> Used;
  collectUsedGlobalVariables(Module, Used, /*CompilerUsed=*/false);
  collectUsedGlobalVariables(Module, Used, /*CompilerUsed=*/true);
  return Used;
}

// Assembly may name any symbol in its text.
static bool hasAssembly(const Function &Function) {
  return any_of(instructions(Function), [](const Instruction &Each) {
    const auto *Call = dyn_cast<CallBase>(&Each);
    const auto *Assembly =
        Call ? dyn_cast<InlineAsm>(Call->getCalledOperand()) : nullptr;
    return Assembly && !Assembly->getAsmString().empty();
  });
}

ModuleClusters::ModuleClusters(const Module &Module) {
  for (const GlobalValue &Value : Module.global_values())
    if (!Value.isDeclaration())
      Numbers.try_emplace(&Value, Numbers.size() + 1);
  Clusters.grow(Numbers.size() + 1);
  joinWithFirst(Module);
  joinLocals(Module);
  joinLabels(Module);
  joinAliases(Module);
  joinGroups(Module);
  Clusters.compress();
}

void ModuleClusters::join(const GlobalValue *One, const GlobalValue *Other) {
  Clusters.join(Numbers.lookup(One), Numbers.lookup(Other));
}

void ModuleClusters::joinWithFirst(const Module &Module) {
  auto JoinWithFirst = [this](const GlobalValue *Value) {
    Clusters.join(0, Numbers.lookup(Value));
  };
  for (const GlobalVariable &Variable : Module.globals())
    if (!Variable.isDeclaration() && !Variable.hasLocalLinkage())
      JoinWithFirst(&Variable);
  for (const GlobalValue *Used : namedByUsed(Module))
    if (!Used->isDeclaration())
      JoinWithFirst(Used);
  for (const Function &Function : Module)
    if (hasAssembly(Function))
      JoinWithFirst(&Function);
}

void ModuleClusters::joinLocals(const Module &Module) {
  for (const GlobalValue &Value : Module.global_values())
    if (Value.hasLocalLinkage())
      visitUsers(Value, [&](const GlobalValue &User) { join(&Value, &User); });
}

// Their addresses (`&&label` in C) may be in tables.
void ModuleClusters::joinLabels(const Module &Module) {
  for (const Function &Function : Module)
    for (const BasicBlock &Block : Function)
      if (const BlockAddress *Address =
              Block.hasAddressTaken() ? BlockAddress::lookup(&Block) : nullptr)
        visitUsers(*Address, [&](const GlobalValue &User) { join(&Function, &User); });
}

void ModuleClusters::joinAliases(const Module &Module) {
  auto Join = [this](const GlobalValue &Alias, const GlobalObject *Aliased) {
    AreKnown &= Aliased && !Aliased->isDeclaration();
    if (AreKnown)
      join(&Alias, Aliased);
  };
  for (const GlobalAlias &Alias : Module.aliases())
    Join(Alias, Alias.getAliaseeObject());
  for (const GlobalIFunc &IFunc : Module.ifuncs())
    Join(IFunc, IFunc.getResolverFunction());
}

void ModuleClusters::joinGroups(const Module &Module) {
  DenseMap<const Comdat *, const GlobalObject *> Members;
  for (const GlobalObject &Object : Module.global_objects()) {
    // A section that is linked to that of another symbol, as instrumentation makes them.
    AreKnown &= !Object.hasMetadata(LLVMContext::MD_associated);
    if (const Comdat *Group = Object.getComdat())
      join(Members.try_emplace(Group, &Object).first->second, &Object);
  }
}
