#include "late_definitions.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;

static void markUsed(Decl &D) {
  if (!D.hasAttr<UsedAttr>())
    D.addAttr(UsedAttr::CreateImplicit(D.getASTContext()));
}

static bool isOfEarlierInput(const Decl &D) {
  const ASTContext &Context = D.getASTContext();
  const DeclContext *File = D.getLexicalDeclContext();
  while (!File->isTranslationUnit())
    File = File->getLexicalParent();
  return File != Context.getTranslationUnitDecl();
}

// Whether code of an earlier input may refer to it.
static bool wasUsed(const Decl &D) {
  return D.isReferenced() && isOfEarlierInput(*D.getCanonicalDecl());
}

void LateDefinitions::emitLate(FunctionDecl &Function) {
  if (Function.doesThisDeclarationHaveABody() && Function.getPreviousDecl() &&
      wasUsed(Function))
    markUsed(Function);
}

// Sema instantiates what is pending at the end of the input.
void LateDefinitions::instantiateLate(FunctionDecl &Specialization) {
  TemplateSpecializationKind Kind = Specialization.getTemplateSpecializationKind();
  if (Kind != TSK_ImplicitInstantiation || !Specialization.isReferenced() ||
      Specialization.isDefined())
    return;
  markUsed(Specialization);
  S->PendingInstantiations.push_back(
      {&Specialization, Specialization.getPointOfInstantiation()});
}

// Of the instances of the class template that has this member.
void LateDefinitions::instantiateMembers(const Decl &Pattern) {
  const auto *Class = dyn_cast<CXXRecordDecl>(Pattern.getDeclContext());
  ClassTemplateDecl *Template = Class ? Class->getDescribedClassTemplate() : nullptr;
  if (!Template)
    return;
  for (ClassTemplateSpecializationDecl *Each : Template->specializations())
    for (Decl *Member : Each->decls()) {
      if (auto *Method = dyn_cast<CXXMethodDecl>(Member)) {
        const FunctionDecl *From = Method->getInstantiatedFromMemberFunction();
        if (From && From->getCanonicalDecl() == Pattern.getCanonicalDecl())
          instantiateLate(*Method);
      } else if (auto *Variable = dyn_cast<VarDecl>(Member)) {
        const VarDecl *From = Variable->getInstantiatedFromStaticDataMember();
        if (!From || From->getCanonicalDecl() != Pattern.getCanonicalDecl() ||
            !Variable->isReferenced() || Variable->getDefinition())
          continue;
        markUsed(*Variable);
        S->PendingInstantiations.push_back(
            {Variable, Variable->getPointOfInstantiation()});
      }
    }
}

void LateDefinitions::visit(Decl *D) {
  if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D)) {
    for (Decl *Each : cast<DeclContext>(D)->noload_decls())
      visit(Each);
  } else if (auto *Template = dyn_cast<FunctionTemplateDecl>(D)) {
    if (Template->isThisDeclarationADefinition() && Template->getPreviousDecl() &&
        isOfEarlierInput(*Template->getCanonicalDecl()))
      for (FunctionDecl *Each : Template->specializations())
        instantiateLate(*Each);
  } else if (D->isTemplated()) {
    if (D->getPreviousDecl() && isOfEarlierInput(*D->getCanonicalDecl()))
      instantiateMembers(*D);
  } else if (auto *Function = dyn_cast<FunctionDecl>(D)) {
    emitLate(*Function);
  }
}

bool LateDefinitions::HandleTopLevelDecl(DeclGroupRef Group) {
  if (S)
    for (Decl *Each : Group)
      visit(Each);
  return true;
}
