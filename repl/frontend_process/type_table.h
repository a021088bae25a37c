// Describes the type of an expression's value as JSON, so that the controller
// can show the object from its bytes, without knowing Clang.
#pragma once

#include "derived_classes.h"

#include "clang/AST/ASTContext.h"
#include "llvm/Support/JSON.h"

#include <vector>

namespace forkrepl {

// A type and all those that are needed to show its values, each once. They refer
// to one another by their index. repl/display/types.py documents the shape.
class TypeTable {
public:
  explicit TypeTable(clang::ASTContext &Context) : Context(Context), Classes(Context) {}

  // {"root": ..., "types": [...]}
  llvm::json::Object describe(clang::QualType Root);

  // The index of a type, which will be described.
  int64_t add(clang::QualType Type);

  clang::ASTContext &context() const { return Context; }

  PolymorphicClasses &classes() { return Classes; }

  // By index; canonical and unqualified.
  const std::vector<clang::QualType> &types() const { return Types; }

private:
  clang::ASTContext &Context;
  PolymorphicClasses Classes;
  std::vector<clang::QualType> Types;
  std::vector<std::string> Names;
  llvm::DenseMap<clang::QualType, int64_t> Indices;
};

// As it is shown to users.
std::string printName(clang::ASTContext &Context, clang::QualType Type);

// Bytes; 0 for what has no size.
int64_t sizeOf(clang::ASTContext &Context, clang::QualType Type);

// The name of a class or enumeration without template arguments and inline
// namespaces; empty if it has none that is visible everywhere.
std::string qualifiedName(const clang::TagDecl &Tag);

} // namespace forkrepl
