#include "internal_linkage.h"

#include "initializer_names.h"

#include "clang/AST/Decl.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Sema/MultiplexExternalSemaSource.h"
#include "clang/Sema/Sema.h"
#include "clang/Serialization/ASTReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace clang;
using namespace forkrepl;

namespace {

// The multiplexer takes EK_Always for no answer: its value is 0.
class SourceBesideReader : public MultiplexExternalSemaSource {
public:
  SourceBesideReader(llvm::IntrusiveRefCntPtr<InternalDefinitions> First,
                     llvm::IntrusiveRefCntPtr<ASTReader> Reader)
      : MultiplexExternalSemaSource(First, std::move(Reader)), First(First.get()) {}

  ExtKind hasExternalDefinitions(const Decl *D) override {
    ExtKind Kind = First->hasExternalDefinitions(D);
    return Kind == EK_ReplyHazy ? MultiplexExternalSemaSource::hasExternalDefinitions(D)
                                : Kind;
  }

private:
  InternalDefinitions *First; // the base class owns it
};

} // namespace

InternalDefinitions *InternalDefinitions::install(CompilerInstance &Compiler) {
  ASTContext &Context = Compiler.getASTContext();
  auto Source = llvm::makeIntrusiveRefCnt<InternalDefinitions>(Context);
  InternalDefinitions *Installed = Source.get();
  if (llvm::IntrusiveRefCntPtr<ASTReader> Reader = Compiler.getASTReader())
    Context.setExternalSource(llvm::makeIntrusiveRefCnt<SourceBesideReader>(
        std::move(Source), std::move(Reader)));
  else
    Context.setExternalSource(std::move(Source));
  return Installed;
}

// Names say little of what is in a class without a name: `$_0` depends on who counts.
static bool isInUnnamedClass(const Decl *D) {
  for (const DeclContext *In = D->getDeclContext(); In; In = In->getParent())
    if (const auto *Class = dyn_cast<CXXRecordDecl>(In);
        Class && !Class->getDeclName() && !Class->getTypedefNameForAnonDecl() &&
        !Class->isLambda()) // has a name, see lambda_names.h
      return true;
  return false;
}

ExternalASTSource::ExtKind InternalDefinitions::hasExternalDefinitions(const Decl *D) {
  if (const auto *Function = dyn_cast<FunctionDecl>(D))
    return Emitted.contains(*Function) ? EK_Always : EK_ReplyHazy;
  const auto *Variable = dyn_cast<VarDecl>(D);
  if (!Variable || !Variable->hasGlobalStorage() || Variable->isExternallyVisible())
    return EK_ReplyHazy;
  if (Variable->isStaticLocal() && isInUnnamedClass(Variable)) {
    // Code generation asks about it when it comes to the definition.
    if (DefinedUnnamed.contains(Variable))
      return EK_Always;
    BeingDefined.push_back(Variable);
    return EK_ReplyHazy;
  }
  return !Defined.empty() && Defined.contains(NameGenerator.getName(Variable))
             ? EK_Always
             : EK_ReplyHazy;
}

// Names that Clang makes up for one module mean something else in the next:
// `__tls_guard`, `__const.f.x`.
static bool isNamedInSource(llvm::StringRef Name) {
  return !Name.empty() && !Name.starts_with("__") && !Name.starts_with(".") &&
         !Name.starts_with("llvm.") && !Name.starts_with("switch.table");
}

// Clang emits them again in every module that uses a class whose key function
// has been defined.
static bool isClassData(llvm::StringRef Name) {
  return Name.starts_with("_ZTV") || Name.starts_with("_ZTI") ||
         Name.starts_with("_ZTS") || Name.starts_with("_ZTT") ||
         Name.starts_with("_ZTC");
}

// So that it has one address. (In C the name may also be a library's.)
static void shareFunction(llvm::Function &Function) {
  if (Function.getName().contains('.')) // made up
    return;
  Function.setLinkage(llvm::GlobalValue::LinkOnceODRLinkage);
  Function.setComdat(Function.getParent()->getOrInsertComdat(Function.getName()));
  Function.setDSOLocal(false);
}

// The name of the function that initialises a thread-local variable and returns its
// address (Itanium C++ ABI, 5.1.4).
static std::string wrapperOf(const llvm::GlobalVariable &Variable) {
  return ("_ZTW" + Variable.getName().drop_front(2)).str();
}

// Clang makes one only where the variable is used.
static bool needsWrapper(const llvm::GlobalVariable &Variable) {
  const llvm::Module &Module = *Variable.getParent();
  return Variable.isThreadLocal() && Variable.hasInternalLinkage() &&
         Variable.getName().starts_with("_Z") &&
         !Variable.getName().starts_with("_ZZ") && // in a function, which sees to it
         Module.getFunction("__tls_init") && !Module.getFunction(wrapperOf(Variable));
}

static void makeWrapper(llvm::GlobalVariable &Variable) {
  llvm::Module &Module = *Variable.getParent();
  auto *Wrapper = llvm::Function::Create(
      llvm::FunctionType::get(Variable.getType(), false),
      llvm::GlobalValue::InternalLinkage, wrapperOf(Variable), Module);
  llvm::IRBuilder<> Builder(llvm::BasicBlock::Create(Module.getContext(), "", Wrapper));
  Builder.CreateCall(Module.getFunction("__tls_init"));
  Builder.CreateRet(Builder.CreateThreadLocalAddress(&Variable));
}

// Whether it does more than to return the address.
static bool initializes(const llvm::Function &Wrapper) {
  return llvm::any_of(llvm::instructions(Wrapper), [](const llvm::Instruction &Each) {
    return llvm::isa<llvm::CallBase>(Each) && !llvm::isa<llvm::IntrinsicInst>(Each);
  });
}

void InternalDefinitions::shareWrapper(llvm::Function &Wrapper) {
  if (initializes(Wrapper)) {
    Initializing.insert(Wrapper.getName());
    if (Wrapper.hasInternalLinkage())
      Wrapper.setLinkage(llvm::GlobalValue::WeakODRLinkage);
  } else if (Initializing.contains(Wrapper.getName())) {
    Wrapper.deleteBody(); // and has external linkage now
    Wrapper.setComdat(nullptr);
  } else {
    return;
  }
  Wrapper.setVisibility(llvm::GlobalValue::DefaultVisibility);
  Wrapper.setDSOLocal(false);
}

// The optimiser works out what a list of initializers of one priority would write, and
// passes over those that it cannot run itself: `int w = vt<int>;` would then have the
// zero that vt<int> has before its own initializer, which is an element of its own in the
// list. So these get an earlier priority.
static void initializeInstancesFirst(llvm::Module &Module) {
  llvm::GlobalVariable *List = Module.getGlobalVariable("llvm.global_ctors");
  auto *Elements =
      List ? llvm::dyn_cast<llvm::ConstantArray>(List->getInitializer()) : nullptr;
  if (!Elements)
    return;
  auto *Default =
      llvm::ConstantInt::get(llvm::Type::getInt32Ty(Module.getContext()), 65535);
  auto *Earlier = llvm::ConstantInt::get(Default->getType(), 65534);
  std::vector<llvm::Constant *> Changed;
  for (const llvm::Use &Each : Elements->operands()) {
    auto *Element = llvm::cast<llvm::ConstantStruct>(Each.get());
    bool IsInstance = !Element->getOperand(2)->isNullValue();
    if (IsInstance && Element->getOperand(0) == Default)
      Element = llvm::cast<llvm::ConstantStruct>(llvm::ConstantStruct::get(
          Element->getType(), Earlier, Element->getOperand(1), Element->getOperand(2)));
    Changed.push_back(Element);
  }
  List->setInitializer(llvm::ConstantArray::get(Elements->getType(), Changed));
}

void InternalDefinitions::share(llvm::Module &Module) {
  DefinedUnnamed.insert_range(std::exchange(BeingDefined, {}));
  for (llvm::GlobalVariable &Variable : Module.globals())
    if (needsWrapper(Variable))
      makeWrapper(Variable);
  for (llvm::Function &Function : Module)
    if (!Function.isDeclaration() && Function.getName().starts_with("_ZTW"))
      shareWrapper(Function);
    else if (Function.hasInternalLinkage() && Function.getName().starts_with("_Z"))
      shareFunction(Function);
  for (llvm::GlobalVariable &Variable : llvm::make_early_inc_range(Module.globals())) {
    llvm::StringRef Name = Variable.getName();
    if (Variable.isDeclaration())
      continue;
    if (Variable.hasInternalLinkage() && isNamedInSource(Name)) {
      Variable.setLinkage(llvm::GlobalValue::WeakODRLinkage);
      Variable.setDSOLocal(false);
      Defined.insert(Name);
    } else if (Variable.hasExternalLinkage() && isClassData(Name)) {
      Variable.setLinkage(llvm::GlobalValue::WeakODRLinkage);
    } else if (Variable.hasCommonLinkage()) {
      Tentative.insert(Name);
    } else if (Tentative.erase(Name)) {
      initializeLater(Variable);
    }
  }
  initializeInstancesFirst(Module);
}

void InternalDefinitions::initializeLater(llvm::GlobalVariable &Variable) {
  llvm::Module &Module = *Variable.getParent();
  llvm::LLVMContext &Context = Module.getContext();
  auto *Contents = new llvm::GlobalVariable(
      Module, Variable.getValueType(), /*isConstant=*/true,
      llvm::GlobalValue::PrivateLinkage, Variable.getInitializer());
  Variable.setInitializer(nullptr);
  Variable.setLinkage(llvm::GlobalValue::ExternalLinkage);

  auto *Setter = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(Context), false),
      llvm::GlobalValue::InternalLinkage, initializerName(Variable.getName()), Module);
  llvm::IRBuilder<> Builder(llvm::BasicBlock::Create(Context, "", Setter));
  Builder.CreateMemCpy(
      &Variable, Variable.getAlign(), Contents, Contents->getAlign(),
      Module.getDataLayout().getTypeAllocSize(Variable.getValueType()));
  Builder.CreateRetVoid();
  // Before the statements of the input, which have the lowest priority.
  llvm::appendToGlobalCtors(Module, Setter, /*Priority=*/0);
}
