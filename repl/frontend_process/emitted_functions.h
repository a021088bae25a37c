// Inline functions and instances of templates that the program has already.
#pragma once

#include "clang/AST/Mangle.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

namespace forkrepl {

// Their symbols are weak, and every module that uses one would bring it again: the second
// std::regex of a session would take as long as the first. The controller says which symbols
// the objects of the inputs in force really define.
class EmittedFunctions {
public:
  explicit EmittedFunctions(clang::ASTContext &Context) : NameGenerator(Context) {}

  void add(const llvm::json::Array &Symbols);

  // Whether all symbols of a function are there, of a constructor that of each variant.
  bool contains(const clang::FunctionDecl &Function);

private:
  bool areDefined(const clang::FunctionDecl &Function);

  clang::ASTNameGenerator NameGenerator;
  llvm::StringSet<> Symbols;
  llvm::DenseMap<const clang::Decl *, bool> Answers; // mangling takes time
};

} // namespace forkrepl
