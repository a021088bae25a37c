// A `return` outside of all functions ends its input.
//
// Sema drops a return statement without a word if it is in no function. So each
// statement gets a function to belong to (Home), of a dependent return type: then Sema
// takes any value, and none. (What the statement declares, lambdas and static
// variables, also belongs to this function: Clang takes the statement for one when it
// makes up their names, and crashes, or not, as the memory happens to be.)
//
//     return E;     becomes     return capture(E), __forkrepl_end_input(0);
//
// and in a script, which it ends, with the exit status E if that is an integer,
//
//                   return __forkrepl_end_input(E);
//
// Clang makes a function of the statements between two variables with initializers.
// The input ends when one of them has returned like this: see finishModule().
#pragma once

#include "clang/AST/Expr.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/IR/Module.h"

namespace forkrepl {

class ValueCapture;

// How the functions are called that statements become: Clang's name.
inline constexpr llvm::StringLiteral StatementFunctions = "__stmts__";

class TopLevelReturn : public clang::SemaConsumer {
public:
  // EndsScript: it ends the program, too, as `exit` does.
  TopLevelReturn(ValueCapture &Capture, bool EndsScript)
      : Capture(Capture), EndsScript(EndsScript) {}

  void InitializeSema(clang::Sema &S) override { this->S = &S; }
  void ForgetSema() override { S = nullptr; }
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

  // The parser is about to get a token.
  void see();

  // Defines the function that ends an input, and has it end this one.
  void finishModule(llvm::Module &Module) const;

private:
  void replaceReturns(clang::Stmt *Statement);
  clang::Expr *endInput(clang::Expr *Value, clang::SourceLocation Location);
  clang::Expr *endScript(clang::Expr *Value, clang::SourceLocation Location);

  ValueCapture &Capture;
  bool EndsScript;
  clang::Sema *S = nullptr;
  clang::FunctionDecl *Home = nullptr; // of the statement that is being parsed
  unsigned Statements = 0;             // for unique names
};

} // namespace forkrepl
