// `auto f = [&](int x) { return x + n; };` where n is global.
//
// C++ allows [&] and [=] only where there is something to capture: in a function. To
// those who type, the session is one. Clang rejects them where there is no `this`
// either, so while it looks there is one. What is global needs no capture, so nothing
// is captured.
#pragma once

#include "clang/Sema/Sema.h"

namespace forkrepl {

class CaptureDefault {
public:
  // The parser is about to get a token.
  void see(const clang::Token &T, clang::Sema &S);

private:
  // Clang looks when it has come to the body's brace.
  enum class Phase { Outside, Bracket, Default, Captures, Declarator, Body };

  Phase Now = Phase::Outside;
  unsigned Depth = 0; // of parentheses in the declarator
};

} // namespace forkrepl
