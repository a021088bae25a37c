// Where the first input of a text ends, by Clang's parser, which is of no more use then.
#pragma once

#include "input_scout.h"

namespace clang {
class CompilerInstance;
}

namespace forkrepl {

// Writes a ScoutReport to the descriptor Answer, and ends the process.
[[noreturn]] void parseAsScout(const InputTokens &Text, size_t First, bool Whole,
                               clang::CompilerInstance &CI, int Answer);

} // namespace forkrepl
