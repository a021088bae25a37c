// One entity for each `static` and unnamed-namespace variable.
//
// A session is one translation unit, but every input becomes a module of its
// own, and Clang puts a fresh copy of an internal-linkage variable, with its
// initializer, into each module that mentions it: `static int n = 1;`, `++n;`,
// `n` would print 1. Two things mend it:
//  - shareInternalVariables() gives such variables a linkage that the linker
//    can see, "first definition wins";
//  - InternalDefinitions tells Clang that a variable emitted earlier is defined
//    elsewhere, so that its dynamic initializer does not run again. (It is the
//    hook that C++20 modules use for the same purpose.)
#pragma once

#include "clang/AST/ExternalASTSource.h"
#include "clang/AST/Mangle.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace forkrepl {

class InternalDefinitions : public clang::ExternalASTSource {
public:
  explicit InternalDefinitions(clang::ASTContext &Context)
      : NameGenerator(Context) {}

  ExtKind hasExternalDefinitions(const clang::Decl *D) override;

  // Makes the internal variables of a freshly generated module visible to the
  // linker and remembers them as defined.
  void shareInternalVariables(llvm::Module &Module);

private:
  clang::ASTNameGenerator NameGenerator;
  llvm::StringSet<> Defined;
};

} // namespace forkrepl
