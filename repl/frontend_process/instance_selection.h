// Which definitions of a program's module can be kept for other programs.
#pragma once

#include "standard_library.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Mangle.h"
#include "clang/CodeGen/ModuleBuilder.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

namespace forkrepl {

// Inline functions of the standard library, and what they need: each other, their own static
// variables, constants, and what a library defines. Not what needs a variable that is
// initialized when the program begins, nor what leads to something of the program's own.
class InstanceSelection {
public:
  InstanceSelection(clang::CodeGenerator &Generator, clang::ASTContext &Context);

  // Makes declarations of all other definitions. The symbols of functions that stay are
  // written to the stream, a line each, and after a '-' those of the library's functions, and
  // of the Wanted, that are not there, or not in all variants.
  void apply(llvm::Module &Module, llvm::ArrayRef<const clang::FunctionDecl *> Wanted,
             llvm::raw_ostream &Symbols);

private:
  void choose(llvm::Module &Module);
  void addCompleteVariants(llvm::Module &Module);
  void tell(llvm::Module &Module, llvm::raw_ostream &Symbols) const;
  void noteClasses(llvm::Module &Module);
  void noteClass(const clang::CXXRecordDecl &Class);
  bool isCandidate(const llvm::GlobalValue &Value);
  bool isFunctionOfLibrary(const llvm::Function &Function);
  bool isVariableOfLibrary(const llvm::GlobalVariable &Variable);
  const clang::NamedDecl *declarationOf(const llvm::GlobalValue &Value);
  bool needsOnlyChosen(const llvm::GlobalValue &Value) const;

  clang::CodeGenerator &Generator;
  clang::ASTContext &Context;
  StandardLibrary Library;
  std::unique_ptr<clang::ItaniumMangleContext> Names;
  llvm::DenseSet<const clang::CXXRecordDecl *> Classes;
  llvm::StringSet<> ClassData; // virtual tables and type information of the library's
  llvm::DenseSet<const llvm::GlobalValue *> Chosen;
  llvm::SetVector<const clang::FunctionDecl *> Functions; // of the library's
};

} // namespace forkrepl
