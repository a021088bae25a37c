// Where an input ends, in a text that holds several: the question of scripts, pipes and the
// Enter key.
//
//   ends        {"op": "ends", "whole": bool, "limit": ms}, blob: text
//               -> {"ok": true, "ends": [[begin, end], ...], "rest": ...,
//                   "missing": ")", "file": ..., "line": N}
//
// An input is one declaration or statement, or what of them begins on one line, or a
// directive, or an #if with its #endif, with the pragmas before it. "ends" are inputs at the
// beginning of the text, as offsets of whole lines. What then comes is
//
//   nothing     but white space and comments
//   unknown     depends on what the inputs before it mean: ask again after them
//   incomplete  not complete
//   open        complete, but the next line may go on with it
//   value       an expression without `;`, which the next line may go on with
//   wrong       not complete, but no more text can make it right
//
// "whole": the text is one input; "ends" then has nothing or all of it. "missing": the closing
// bracket that the end of the text waits for. "file" and "line": where the last input that was
// parsed has ended, by its #line directives.
//
// Most ends are plain from the tokens and the table of macros (InputScanner). For all others
// a copy of this process parses on (InputScout), and ends when it has seen the end.
#pragma once

#include "protocol.h"

#include "clang/Interpreter/Interpreter.h"

namespace forkrepl {

llvm::json::Object answerEnds(const Message &Request, clang::Interpreter &Interpreter);

} // namespace forkrepl
