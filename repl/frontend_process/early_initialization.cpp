#include "early_initialization.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclGroup.h"
#include "clang/AST/DeclTemplate.h"

using namespace clang;
using namespace forkrepl;

// Whether code sets the variable, as far as is known before code is generated.
static bool isInitializedByCode(const VarDecl &Variable) {
  return Variable.isThisDeclarationADefinition() == VarDecl::Definition &&
         Variable.hasInit() && !Variable.isInvalidDecl() && !Variable.isTemplated() &&
         !Variable.isConstexpr() && !Variable.hasConstantInitialization();
}

static void emitWithThisInput(VarDecl &Variable) {
  if (isInitializedByCode(Variable) && !Variable.hasAttr<UsedAttr>())
    Variable.addAttr(UsedAttr::CreateImplicit(Variable.getASTContext()));
}

// Goes where code generation looks for definitions of variables.
static void visit(Decl *D) {
  if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D) ||
      (isa<CXXRecordDecl>(D) && !cast<CXXRecordDecl>(D)->isDependentContext())) {
    for (Decl *Each : cast<DeclContext>(D)->noload_decls())
      visit(Each);
  } else if (auto *Variable = dyn_cast<VarDecl>(D)) {
    emitWithThisInput(*Variable);
    if (auto *Bindings = dyn_cast<DecompositionDecl>(D))
      for (BindingDecl *Each : Bindings->flat_bindings())
        if (VarDecl *Holding = Each->getHoldingVar())
          emitWithThisInput(*Holding);
  }
}

bool EarlyInitialization::HandleTopLevelDecl(DeclGroupRef Group) {
  for (Decl *Each : Group)
    visit(Each);
  return true;
}

void EarlyInitialization::HandleCXXStaticMemberVarInstantiation(VarDecl *Variable) {
  emitWithThisInput(*Variable);
}
