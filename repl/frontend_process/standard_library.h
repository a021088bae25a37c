// What belongs to the standard library, whatever a program says.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "llvm/ADT/DenseMap.h"

namespace forkrepl {

// A program may not add to namespace std, nor specialize what is there for types that are
// not its own ([namespace.std]). So an instance of a template of the library's, whose
// arguments are of the library's or of the language's types, is the same in every program
// that has included the same headers.
class StandardLibrary {
public:
  explicit StandardLibrary(const clang::ASTContext &Context) : Context(Context) {}

  bool has(const clang::NamedDecl &D);

private:
  bool isItsOwn(const clang::NamedDecl &D);
  bool hasContextOf(const clang::Decl &D);
  bool hasType(clang::QualType Type);
  bool hasArgument(const clang::TemplateArgument &Argument);
  bool hasArguments(llvm::ArrayRef<clang::TemplateArgument> Arguments);

  const clang::ASTContext &Context;
  llvm::DenseMap<const clang::Decl *, bool> Answers; // types lead to the same classes
};

} // namespace forkrepl
