// Calls of consteval functions in statements at top level.
//
// Clang evaluates them at the end of the function that they are in. A statement at top
// level is in none: the call would be compiled, and there is no code to be called.
#pragma once

namespace clang {
class Sema;
}

namespace forkrepl {

// After such a statement: evaluates the calls that have come up at top level since, and
// reports those that are not constant.
void evaluateImmediateCalls(clang::Sema &S);

} // namespace forkrepl
