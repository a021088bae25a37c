// Functions and variables that an earlier input has used, and this one defines.
#pragma once

#include "clang/Sema/SemaConsumer.h"

namespace forkrepl {

// Clang leaves out what is inline, or an instance of a template, until it is used: here it has
// been, by code that waits for it.
class LateDefinitions : public clang::SemaConsumer {
public:
  void InitializeSema(clang::Sema &S) override { this->S = &S; }
  void ForgetSema() override { S = nullptr; }
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

private:
  void visit(clang::Decl *D);
  void emitLate(clang::FunctionDecl &Function);
  void instantiateLate(clang::FunctionDecl &Specialization);
  void instantiateMembers(const clang::Decl &Pattern);

  clang::Sema *S = nullptr;
};

} // namespace forkrepl
