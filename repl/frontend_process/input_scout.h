// Ends of inputs, by the parser.
#pragma once

#include "input_tokens.h"

#include "clang/Interpreter/Interpreter.h"

namespace forkrepl {

enum class InputRest : int { Nothing, Unknown, Incomplete, Open, Value, Wrong };

struct ScoutReport {
  size_t End = 0; // of the first input; 0: only what follows is known
  InputRest Rest = InputRest::Wrong;
};

// Lets a copy of this process parse the text from its token First on, up to the end of the
// first input (Whole: of the last one), for so long (ms). What it cannot tell, because Clang
// takes too long or dies, is judged by the brackets.
ScoutReport scout(const InputTokens &Text, size_t First, bool Whole, int Limit,
                  clang::Interpreter &Interpreter);

} // namespace forkrepl
