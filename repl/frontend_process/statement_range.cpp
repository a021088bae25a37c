#include "statement_range.h"

#include "virtual_table.h"

#include "clang/AST/Decl.h"
#include "clang/AST/Stmt.h"

using namespace clang;
using namespace forkrepl;

// What the original does, but for a statement that is still being parsed.
static SourceRange getRange(const TopLevelStmtDecl *D) {
  const Stmt *Statement = D->getStmt();
  return {D->getLocation(), Statement ? Statement->getEndLoc() : D->getLocation()};
}

llvm::Error forkrepl::mendStatementRange(ASTContext &Context) {
  SourceRange (Decl::*Virtual)() const = &Decl::getSourceRange;
  return exchangeVirtual(
      static_cast<Decl *>(TopLevelStmtDecl::Create(Context, nullptr)), Virtual,
      getRange);
}
