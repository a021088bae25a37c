#include "statement_range.h"

#include "clang/AST/Decl.h"
#include "clang/AST/Stmt.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using namespace clang;
using namespace forkrepl;

// What the original does, but for a statement that is still being parsed.
static SourceRange getRange(const TopLevelStmtDecl *D) {
  const Stmt *Statement = D->getStmt();
  return {D->getLocation(), Statement ? Statement->getEndLoc() : D->getLocation()};
}

llvm::Error forkrepl::mendStatementRange(ASTContext &Context) {
  // A pointer to a virtual function is 1 + its offset in the table (2.3).
  SourceRange (Decl::*Virtual)() const = &Decl::getSourceRange;
  uintptr_t Offset;
  memcpy(&Offset, &Virtual, sizeof Offset);
  uintptr_t Table;
  memcpy(&Table, static_cast<Decl *>(TopLevelStmtDecl::Create(Context, nullptr)),
         sizeof Table);

  uintptr_t Slot = Table + Offset - 1;
  uintptr_t Page = Slot & -sysconf(_SC_PAGESIZE);
  auto *Start = reinterpret_cast<void *>(Page);
  size_t Size = Slot + sizeof(void *) - Page;
  if (mprotect(Start, Size, PROT_READ | PROT_WRITE) < 0)
    return llvm::createStringError("mprotect: %s", strerror(errno));
  *reinterpret_cast<decltype(&getRange) *>(Slot) = getRange;
  mprotect(Start, Size, PROT_READ);
  return llvm::Error::success();
}
