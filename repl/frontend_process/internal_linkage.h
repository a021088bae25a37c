// One entity for each variable, although every input becomes a module of its own.
//
// A session is one translation unit, but every input becomes a module of its
// own, and Clang puts a fresh copy of an internal-linkage variable, with its
// initializer, into each module that mentions it: `static int n = 1;`, `++n;`,
// `n` would print 1. Two things mend it:
//  - shareVariables() gives such variables a linkage that the linker can see,
//    "first definition wins" (and virtual tables, which come again too);
//  - InternalDefinitions tells Clang that a variable emitted earlier is defined
//    elsewhere, so that its dynamic initializer does not run again. (It is the
//    hook that C++20 modules use for the same purpose.)
//
// And in C, `int n;` may be followed by `int n = 42;` in a later input: the second
// module then sets the variable that is there instead of defining another.
#pragma once

#include "clang/AST/Mangle.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace clang {
class CompilerInstance;
}

namespace forkrepl {

class InternalDefinitions : public clang::ExternalSemaSource {
public:
  // Makes Clang ask one, beside the reader of a precompiled header if there is one.
  // The ASTContext owns it.
  static InternalDefinitions *install(clang::CompilerInstance &Compiler);

  explicit InternalDefinitions(clang::ASTContext &Context) : NameGenerator(Context) {}

  ExtKind hasExternalDefinitions(const clang::Decl *D) override;

  // Prepares a freshly generated module for being one of many.
  void shareVariables(llvm::Module &Module);

private:
  void initializeLater(llvm::GlobalVariable &Variable);

  clang::ASTNameGenerator NameGenerator;
  llvm::StringSet<> Defined;   // internal variables
  llvm::StringSet<> Tentative; // C: defined without an initializer so far
};

} // namespace forkrepl
