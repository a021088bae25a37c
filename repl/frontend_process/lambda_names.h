// One name for each lambda, in all inputs.
//
// Clang numbers only those lambdas that other translation units may meet too (in inline
// functions, in templates). The others get a number when code is generated for them,
// which is not the same for everybody who asks: so the names of what they contain, such
// as static variables, would not tell whether it has been defined by an earlier input.
// Here each gets its number, unique in the session, when it has been parsed.
#pragma once

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTMutationListener.h"

namespace forkrepl {

class LambdaNames : public clang::ASTConsumer, clang::ASTMutationListener {
public:
  clang::ASTMutationListener *GetASTMutationListener() override { return this; }

private:
  void CompletedTagDefinition(const clang::TagDecl *D) override;

  unsigned Count = 0;
};

} // namespace forkrepl
