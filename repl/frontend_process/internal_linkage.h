// One entity for each variable, although every input becomes a module of its own.
//
// A session is one translation unit, but every input becomes a module of its
// own, and Clang puts a fresh copy of an internal-linkage variable, with its
// initializer, into each module that mentions it: `static int n = 1;`, `++n;`,
// `n` would print 1. Two things mend it:
//  - share() gives such variables a linkage that the linker can see, "first
//    definition wins" (and virtual tables, which come again too, and functions, so
//    that they have one address);
//  - InternalDefinitions tells Clang that a variable emitted earlier is defined
//    elsewhere, so that its dynamic initializer does not run again. (It is the
//    hook that C++20 modules use for the same purpose.)
//
// A thread-local variable is read through a function that initialises it first. Only the
// module of its definition has one that does: later modules get to call that.
//
// And in C, `int n;` may be followed by `int n = 42;` in a later input: the second
// module then sets the variable that is there instead of defining another.
#pragma once

#include "emitted_functions.h"

#include "clang/AST/Mangle.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

#include <vector>

namespace clang {
class CompilerInstance;
} // namespace clang

namespace forkrepl {

class InternalDefinitions : public clang::ExternalSemaSource {
public:
  // Makes Clang ask one, beside the reader of a precompiled header if there is one.
  // The ASTContext owns it.
  static InternalDefinitions *install(clang::CompilerInstance &Compiler);

  explicit InternalDefinitions(clang::ASTContext &Context)
      : Emitted(Context), NameGenerator(Context) {}

  ExtKind hasExternalDefinitions(const clang::Decl *D) override;

  EmittedFunctions Emitted;

  // Prepares a freshly generated module for being one of many.
  void share(llvm::Module &Module);

private:
  void shareWrapper(llvm::Function &Wrapper);
  void initializeLater(llvm::GlobalVariable &Variable);

  clang::ASTNameGenerator NameGenerator;
  llvm::StringSet<> Defined;                             // internal variables
  llvm::DenseSet<const clang::VarDecl *> DefinedUnnamed; // in classes without a name
  std::vector<const clang::VarDecl *> BeingDefined;      // of them, in this module
  llvm::StringSet<> Initializing; // wrappers of thread-local variables
  llvm::StringSet<> Tentative;    // C: defined without an initializer so far
};

} // namespace forkrepl
