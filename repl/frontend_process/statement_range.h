// Mends a crash of Clang 22: any use of a deprecated function in a statement.
//
// A statement gets its TopLevelStmtDecl before it has been parsed. Before Clang warns
// that a function is deprecated, it asks where the declaration begins in which it is
// used, and TopLevelStmtDecl::getSourceRange() then asks the statement, which is null
// (clang-repl crashes, too). Nothing that a consumer can observe happens in between, and
// the library binds its calls to itself: so the function is exchanged where all call it,
// in the virtual table of its class (Itanium C++ ABI, 2.5).
#pragma once

#include "clang/AST/ASTContext.h"

namespace forkrepl {

// Once, before anything is parsed.
llvm::Error mendStatementRange(clang::ASTContext &Context);

} // namespace forkrepl
