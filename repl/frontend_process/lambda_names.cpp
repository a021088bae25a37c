#include "lambda_names.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;
using namespace forkrepl;

// Demanglers know a lambda outside of functions only as part of a variable's initializer,
// because no other has a name that they could meet.
static VarDecl *initializedBy(const CXXRecordDecl &Lambda) {
  ASTContext &Context = Lambda.getASTContext();
  return VarDecl::Create(Context, Context.getTranslationUnitDecl(), SourceLocation(),
                         SourceLocation(), &Context.Idents.get("__lambda"),
                         Context.IntTy, Context.getTrivialTypeSourceInfo(Context.IntTy),
                         SC_None);
}

void LambdaNames::CompletedTagDefinition(const TagDecl *D) {
  const auto *Record = dyn_cast<CXXRecordDecl>(D);
  if (!Record || !Record->isLambda() || Record->isDependentContext() ||
      Record->getLambdaManglingNumber() > 0)
    return;
  CXXRecordDecl::LambdaNumbering Numbering = Record->getLambdaNumbering();
  if (Record->getDeclContext()->getRedeclContext()->isFileContext())
    Numbering.ContextDecl = initializedBy(*Record);
  Numbering.ManglingNumber = ++Count;
  Numbering.HasKnownInternalLinkage = true; // as before: a number is no linkage
  const_cast<CXXRecordDecl *>(Record)->setLambdaNumbering(Numbering);
}
