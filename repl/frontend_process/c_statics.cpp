#include "c_statics.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclGroup.h"

using namespace clang;
using namespace forkrepl;

void CStatics::name(FunctionDecl &Function) {
  if (Function.getCanonicalDecl()->getStorageClass() != SC_Static ||
      Function.hasAttr<AsmLabelAttr>())
    return;
  llvm::StringRef Name = Function.getName();
  std::string Label = ("_ZL" + llvm::Twine(Name.size()) + Name).str();
  Function.addAttr(AsmLabelAttr::CreateImplicit(Function.getASTContext(), Label));
  Labels[Name] = Label;
}

// An alias is of what has this name for the linker.
void CStatics::redirectAlias(Decl &D) const {
  const auto *Alias = D.getAttr<AliasAttr>();
  auto Found = Alias ? Labels.find(Alias->getAliasee()) : Labels.end();
  if (Found == Labels.end())
    return;
  auto *Redirected =
      AliasAttr::Create(D.getASTContext(), Found->second, Alias->getRange());
  D.dropAttr<AliasAttr>();
  D.addAttr(Redirected);
}

bool CStatics::HandleTopLevelDecl(DeclGroupRef Group) {
  for (Decl *Each : Group) {
    if (Each->getASTContext().getLangOpts().CPlusPlus)
      return true;
    if (auto *Function = dyn_cast<FunctionDecl>(Each))
      name(*Function);
    redirectAlias(*Each);
  }
  return true;
}
