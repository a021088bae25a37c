#include "internal_linkage.h"

#include "clang/AST/Decl.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Sema/MultiplexExternalSemaSource.h"
#include "clang/Sema/Sema.h"
#include "clang/Serialization/ASTReader.h"
#include "llvm/IR/IRBuilder.h"
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

ExternalASTSource::ExtKind InternalDefinitions::hasExternalDefinitions(const Decl *D) {
  const auto *Variable = dyn_cast<VarDecl>(D);
  if (Defined.empty() || !Variable || !Variable->hasGlobalStorage() ||
      Variable->isExternallyVisible())
    return EK_ReplyHazy;
  return Defined.contains(NameGenerator.getName(Variable)) ? EK_Always : EK_ReplyHazy;
}

// Names that Clang makes up for one module mean something else in the next:
// `__tls_guard`, `__const.f.x`, and whatever belongs to a lambda (`$_0`: the
// count starts again in every module).
static bool isNamedInSource(llvm::StringRef Name) {
  return !Name.empty() && !Name.starts_with("__") && !Name.starts_with(".") &&
         !Name.starts_with("llvm.") && !Name.starts_with("switch.table") &&
         !Name.contains("$_");
}

// Clang emits them again in every module that uses a class whose key function
// has been defined.
static bool isClassData(llvm::StringRef Name) {
  return Name.starts_with("_ZTV") || Name.starts_with("_ZTI") ||
         Name.starts_with("_ZTS") || Name.starts_with("_ZTT");
}

void InternalDefinitions::shareVariables(llvm::Module &Module) {
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
      llvm::GlobalValue::InternalLinkage, "__forkrepl_set", Module);
  llvm::IRBuilder<> Builder(llvm::BasicBlock::Create(Context, "", Setter));
  Builder.CreateMemCpy(
      &Variable, Variable.getAlign(), Contents, Contents->getAlign(),
      Module.getDataLayout().getTypeAllocSize(Variable.getValueType()));
  Builder.CreateRetVoid();
  // Before the statements of the input, which have the lowest priority.
  llvm::appendToGlobalCtors(Module, Setter, /*Priority=*/0);
}
