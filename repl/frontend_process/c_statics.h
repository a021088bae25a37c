// Static functions of C: one function, whichever input uses it.
#pragma once

#include "clang/AST/ASTConsumer.h"

#include "llvm/ADT/StringMap.h"

namespace forkrepl {

// Gives them the names that they would have in C++ (Itanium C++ ABI, 5.1.2). A plain name
// could be a library's, as soon as another input can refer to it.
class CStatics : public clang::ASTConsumer {
public:
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

private:
  void name(clang::FunctionDecl &Function);
  void redirectAlias(clang::Decl &D) const;

  llvm::StringMap<std::string> Labels; // by name
};

} // namespace forkrepl
