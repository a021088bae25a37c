#include "lambda_names.h"

#include "clang/AST/DeclCXX.h"

using namespace clang;
using namespace forkrepl;

void LambdaNames::CompletedTagDefinition(const TagDecl *D) {
  const auto *Record = dyn_cast<CXXRecordDecl>(D);
  if (!Record || !Record->isLambda() || Record->isDependentContext() ||
      Record->getLambdaManglingNumber() > 0)
    return;
  CXXRecordDecl::LambdaNumbering Numbering = Record->getLambdaNumbering();
  Numbering.ManglingNumber = ++Count;
  Numbering.HasKnownInternalLinkage = true; // as before: a number is no linkage
  const_cast<CXXRecordDecl *>(Record)->setLambdaNumbering(Numbering);
}
