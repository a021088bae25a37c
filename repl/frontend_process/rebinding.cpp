#include "rebinding.h"

#include "bitcode.h"
#include "initializer_names.h"
#include "top_level_return.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace forkrepl;
using namespace llvm;

static bool isToRun(const Function &Each, const StringSet<> &Kept) {
  if (Each.getName().starts_with(StatementFunctions))
    return false;
  return !Kept.contains(initializedBy(Each.getName()));
}

static void removeCalls(Function &Called) {
  for (User *Each : make_early_inc_range(Called.users()))
    if (auto *Call = dyn_cast<CallInst>(Each);
        Call && Call->getCalledFunction() == &Called && Call->use_empty())
      Call->eraseFromParent();
}

// What runs when it is loaded, of instances of templates and by priority.
static void removeFromList(Module &All, const StringSet<> &Kept) {
  GlobalVariable *List = All.getGlobalVariable("llvm.global_ctors");
  auto *Elements = List ? dyn_cast<ConstantArray>(List->getInitializer()) : nullptr;
  if (!Elements)
    return;
  std::vector<Constant *> Left;
  for (const Use &Each : Elements->operands()) {
    auto *Initializer = dyn_cast<Function>(
        cast<ConstantStruct>(Each.get())->getOperand(1)->stripPointerCasts());
    if (!Initializer || isToRun(*Initializer, Kept))
      Left.push_back(cast<Constant>(Each.get()));
  }
  auto *Type = ArrayType::get(Elements->getType()->getElementType(), Left.size());
  auto *Shorter = new GlobalVariable(All, Type, false, GlobalValue::AppendingLinkage,
                                     ConstantArray::get(Type, Left));
  Shorter->takeName(List);
  List->eraseFromParent();
}

static void declareOnly(Module &All, const StringSet<> &Kept) {
  for (GlobalVariable &Variable : All.globals())
    if (!Variable.isDeclaration() && Kept.contains(Variable.getName())) {
      Variable.setInitializer(nullptr);
      Variable.setLinkage(GlobalValue::ExternalLinkage);
      Variable.setComdat(nullptr);
      Variable.setDSOLocal(false);
    }
  for (Function &Each : All)
    if (!Each.isDeclaration() && Kept.contains(Each.getName())) {
      Each.deleteBody();
      Each.setLinkage(GlobalValue::ExternalLinkage);
      Each.setComdat(nullptr);
      Each.setDSOLocal(false);
    }
}

Expected<std::string> forkrepl::rebind(StringRef Bitcode, const json::Array &Names) {
  StringSet<> Kept;
  for (const json::Value &Each : Names)
    Kept.insert(Each.getAsString().value_or(""));
  LLVMContext Context;
  auto Read = parseBitcodeFile(MemoryBufferRef(Bitcode, "rebound"), Context);
  if (!Read)
    return Read.takeError();
  Module &All = **Read;
  removeFromList(All, Kept);
  for (Function &Each : make_early_inc_range(All))
    if (!Each.isDeclaration() && !isToRun(Each, Kept)) {
      removeCalls(Each);
      if (Each.use_empty()) // what it refers to may be gone
        Each.eraseFromParent();
    }
  declareOnly(All, Kept);
  for (Function &Each : All)
    if (Each.hasLinkOnceODRLinkage())
      Each.setLinkage(GlobalValue::WeakODRLinkage);
    else if (Each.hasLinkOnceAnyLinkage())
      Each.setLinkage(GlobalValue::WeakAnyLinkage);
  return writeBitcode(All);
}
