// What has to be known or done while Clang parses an input: at each token, and at the
// end.
//
// Clang has one place for somebody who watches the tokens, so all who do are here.
#pragma once

#include "c_scopes.h"
#include "capture_default.h"
#include "open_brackets.h"

#include "clang/Sema/SemaConsumer.h"

#include <functional>

namespace forkrepl {

class TopLevelReturn;

class InputWatcher : public clang::SemaConsumer {
public:
  explicit InputWatcher(TopLevelReturn &Returns) : Returns(Returns) {}

  void InitializeSema(clang::Sema &S) override;
  void ForgetSema() override { S = nullptr; }

  // Rejects statements in namespaces, which nothing would run.
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

  // Called at the end of an input that has errors. Clang's interpreter would go on with
  // removing what the input has declared, and crash if that is a using-directive (which
  // each unnamed namespace has, too), or if there is no module because of the error.
  std::function<void()> OnErrors;

private:
  class EndOfInput;

  void see(const clang::Token &T);
  void endInput();
  void tellErrors();

  clang::Sema *S = nullptr;
  TopLevelReturn &Returns;
  CScopes Scopes;
  CaptureDefault Captures;
  OpenBrackets Brackets;
  bool HasEnded = false; // all of the input has been parsed
};

} // namespace forkrepl
