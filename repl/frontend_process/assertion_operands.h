// What an assertion of libstdc++'s has compared, for the report: its own words say
// `__n < this->size()`, and not how much that was.
#pragma once

namespace llvm {
class Module;
}

namespace forkrepl {

// Before each call of the function that says that an assertion has failed, the numbers
// are noted that were compared (platform_support/native/assertions.c).
void noteAssertionOperands(llvm::Module &Module);

} // namespace forkrepl
