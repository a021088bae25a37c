// Variables are initialised by the input that declares them.
//
// What no other translation unit can need (variables with internal linkage, inline
// ones, instances of templates) Clang leaves out until something uses it. That may be
// a later input, and until then other values may have changed: after `int k = 1;`,
// `const int was = k;`, `k = 9;`, `was` would be 9. So what is initialised by code is
// marked as used before code generation sees it. What has a constant for its value may
// come late, because nobody can tell.
#pragma once

#include "clang/AST/ASTConsumer.h"

namespace forkrepl {

class EarlyInitialization : public clang::ASTConsumer {
public:
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;
  void HandleCXXStaticMemberVarInstantiation(clang::VarDecl *Variable) override;
};

} // namespace forkrepl
