#include "internal_linkage.h"

#include "clang/AST/Decl.h"

using namespace clang;
using namespace forkrepl;

ExternalASTSource::ExtKind
InternalDefinitions::hasExternalDefinitions(const Decl *D) {
  const auto *Variable = dyn_cast<VarDecl>(D);
  if (Defined.empty() || !Variable || !Variable->hasGlobalStorage() ||
      Variable->isExternallyVisible())
    return EK_ReplyHazy;
  return Defined.contains(NameGenerator.getName(Variable)) ? EK_Always
                                                           : EK_ReplyHazy;
}

// Names that Clang makes up for one module mean something else in the next:
// `__tls_guard`, `__const.f.x`, and whatever belongs to a lambda (`$_0`: the
// count starts again in every module).
static bool isNamedInSource(llvm::StringRef Name) {
  return !Name.empty() && !Name.starts_with("__") && !Name.starts_with(".") &&
         !Name.starts_with("llvm.") && !Name.starts_with("switch.table") &&
         !Name.contains("$_");
}

void InternalDefinitions::shareInternalVariables(llvm::Module &Module) {
  for (llvm::GlobalVariable &Variable : Module.globals()) {
    if (Variable.isDeclaration() || !Variable.hasInternalLinkage() ||
        !isNamedInSource(Variable.getName()))
      continue;
    Variable.setLinkage(llvm::GlobalValue::WeakODRLinkage);
    Variable.setDSOLocal(false);
    Defined.insert(Variable.getName());
  }
}
