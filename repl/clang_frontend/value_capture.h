// Values of expressions without `;`, handed over as they are in memory.
//
// Clang's own interpreter copies such a value through variadic calls and
// placement new, which loses some types (complex, __int128), copies what may not
// be copied, and destroys temporaries too late for Clang to emit their
// destructors. This consumer stands before code generation instead and turns
//
//     E       into       __forkrepl_capture_value(&E, sizeof E)
//
// with a temporary for E where it has no address, destroyed where the language
// says. The function (in the platform library) takes a copy of the bytes.
#pragma once

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTContext.h"
#include "llvm/Support/JSON.h"

#include <optional>

namespace forkrepl {

class ValueCapture : public clang::ASTConsumer {
public:
  // Declares the function; to be parsed before anything of the user's.
  static constexpr llvm::StringLiteral Prelude = R"(
#ifdef __cplusplus
extern "C"
#endif
void __forkrepl_capture_value(const void *, unsigned long);
)";

  void Initialize(clang::ASTContext &Context) override { this->Context = &Context; }
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

  // The type of the value that the last input hands over, described as in
  // type_table.h, with "lvalue": whether it is an object that outlives the
  // input. Nothing if it hands none over. Forgets it.
  std::optional<llvm::json::Object> takeValue();

  // Where the expression of that value begins.
  clang::SourceLocation begin() const { return Begin; }

private:
  // Gives what a statement declares for itself (lambdas, local classes, static
  // variables) a function to belong to. Clang takes the statement for one when
  // it makes up their names, and crashes, or not, as the memory happens to be.
  void moveLocals(clang::TopLevelStmtDecl &Statement);

  clang::Stmt *capture(clang::Expr *Expression);
  clang::Expr *addressOf(clang::Expr *Expression);
  clang::Expr *callCapture(clang::Expr *Address, uint64_t Size);

  clang::ASTContext *Context = nullptr;
  clang::FunctionDecl *Function = nullptr;
  clang::QualType Type; // null: no value
  clang::SourceLocation Begin;
  bool IsLValue = false;
  unsigned Statements = 0; // that had locals, for unique names
};

} // namespace forkrepl
