// C at file scope: `int b = a + 1;`, `char *p = malloc(9);` run, as in C++.
//
// A compiler needs constants there, because nothing runs before main. In a session
// everything runs: such a variable is defined without its initializer, and a statement
// then assigns it. What does not become a statement is an error as before: static
// variables in functions, thread-local ones, `&(int){a}`, flexible array members, and
// `static const` (the code generator takes the value for known in later inputs).
#pragma once

#include "clang/AST/Mangle.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/IR/Module.h"

#include <vector>

namespace forkrepl {

class ValueCapture;

class CInitializers : public clang::SemaConsumer {
public:
  explicit CInitializers(ValueCapture &Capture) : Capture(Capture) {}

  void InitializeSema(clang::Sema &S) override;
  void ForgetSema() override { S = nullptr; }
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

  // Clang has found an initializer that is not constant.
  void noteNotConstant(clang::SourceLocation Place);

  // The input has been compiled: its variables get their initializers back, and are
  // no constants to LLVM.
  void finishInput(llvm::Module *Module);

private:
  bool isToRun(const clang::VarDecl *Variable) const;
  void reject(clang::SourceLocation Place);
  void runInitializer(clang::VarDecl *Variable);
  clang::Expr *assign(clang::VarDecl *Variable, clang::Expr *Value);
  clang::Expr *copyArray(clang::Expr *To, clang::Expr *From);

  ValueCapture &Capture;
  clang::Sema *S = nullptr;
  // Where, in the declaration that is being parsed, an initializer is not constant.
  std::vector<clang::SourceLocation> InFunctions, AtFileScope;
  std::vector<std::pair<clang::VarDecl *, clang::Expr *>> Variables; // of this input
};

} // namespace forkrepl
