#include "joining.h"

#include "llvm/IR/Constants.h"

using namespace llvm;

static constexpr unsigned UsualPriority = 65535;
static constexpr unsigned FirstPriority = 101; // those below are the implementation's

static bool registers(StringRef Function) {
  return StringSwitch<bool>(Function)
      .Cases({"atexit", "__cxa_atexit", "on_exit", "at_quick_exit"}, true)
      .Cases({"__cxa_at_quick_exit", "__cxa_thread_atexit", "__cxa_thread_atexit_impl"},
             true)
      .Cases({"pthread_atfork", "__register_atfork"}, true)
      .Cases({"pthread_key_create", "__pthread_key_create", "tss_create"}, true)
      .Cases({"signal", "sigaction", "bsd_signal", "sysv_signal", "sigset"}, true)
      .Default(false);
}

// Libraries come to call it, or the user is told that they do not, when it is loaded.
static bool replacesAllocator(StringRef Function) {
  return StringSwitch<bool>(Function)
      .Cases({"malloc", "free", "calloc", "realloc"}, true)
      .StartsWith("_Znw", true)
      .StartsWith("_Zna", true)
      .StartsWith("_Zdl", true)
      .StartsWith("_Zda", true)
      .Default(false);
}

// Of the functions that initialize a module.
static SmallVector<ConstantInt *> priorities(const Module &Module) {
  SmallVector<ConstantInt *> Found;
  const GlobalVariable *Functions = Module.getGlobalVariable("llvm.global_ctors");
  if (Functions && Functions->hasInitializer())
    for (const Use &Each : Functions->getInitializer()->operands())
      Found.push_back(cast<ConstantInt>(cast<ConstantStruct>(Each)->getOperand(0)));
  return Found;
}

static bool isUsual(const ConstantInt *Priority) {
  return Priority->getZExtValue() == UsualPriority;
}

static void setPriority(Module &Module, unsigned Priority) {
  GlobalVariable *Functions = Module.getGlobalVariable("llvm.global_ctors");
  if (!Functions || !Functions->hasInitializer())
    return;
  auto *All = cast<ConstantArray>(Functions->getInitializer());
  SmallVector<Constant *> Changed;
  for (const Use &Each : All->operands()) {
    auto *Entry = cast<ConstantStruct>(Each);
    Constant *Number = ConstantInt::get(Entry->getOperand(0)->getType(), Priority);
    Changed.push_back(ConstantStruct::get(Entry->getType(), Number,
                                          Entry->getOperand(1), Entry->getOperand(2)));
  }
  Functions->setInitializer(ConstantArray::get(All->getType(), Changed));
}

bool forkrepl::Joining::noteUse(const GlobalValue &Value) {
  if (Value.isDeclarationForLinker()) {
    if (!Value.getName().starts_with("llvm."))
      Wanted.insert(Value.getName());
    return !registers(Value.getName());
  }
  return Value.hasLocalLinkage() || Value.hasLinkOnceLinkage() ||
         !(Wanted.contains(Value.getName()) || replacesAllocator(Value.getName()));
}

unsigned forkrepl::Joining::note(Module &Module) {
  bool Joins = Module.getModuleInlineAsm().empty() && Module.ifunc_empty() &&
               Module.alias_empty() && !Module.getGlobalVariable("llvm.global_dtors") &&
               all_of(priorities(Module), isUsual);
  for (const GlobalValue &Each : Module.global_values())
    Joins &= noteUse(Each);
  unsigned Number = Modules++ % (UsualPriority - FirstPriority);
  if (!Joins || Number == 0) // or the one before it would come later
    return 0;
  setPriority(Module, FirstPriority + Number);
  return FirstPriority + Number;
}
