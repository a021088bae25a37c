// In C, names of inner scopes end with their scope, as in a compiler.
//
// When a scope ends, Sema takes its names out of the table in which C looks names up,
// but not while the preprocessor is in incremental mode: the names of the scope that
// encloses an input must stay for the next one. It does not ask which scope it is, so
// parameters, labels, local types and variables would stay, too, and hide what is
// global. So this mode is off within an input. It is on again when its end has been
// read, because without it the preprocessor would forget its files there, until the
// second token of the next input: when the first has been read, the outermost scope
// ends. The names of those inner scopes that are open at the end of the text are taken
// out when all has been parsed.
#pragma once

#include "clang/Sema/Sema.h"

#include <vector>

namespace forkrepl {

class CScopes {
public:
  // For a session in C++ this does nothing.
  void begin(clang::Sema &S);

  // The parser is about to get a token.
  void see(const clang::Token &T);

  // All has been parsed: all scopes of the input have ended but the outermost.
  void endInput();

private:
  enum class Phase { BetweenInputs, AtFirstToken, WithinInput, AtEnd };

  void noteOpenScopes();
  void remove(clang::NamedDecl *D);

  clang::Sema *S = nullptr;
  Phase Now = Phase::BetweenInputs;
  std::vector<clang::NamedDecl *> AtEnd; // what is declared in the scopes that are open
};

} // namespace forkrepl
