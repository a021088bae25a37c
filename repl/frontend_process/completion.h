// Code completion and signature help: what could stand at a place in an input that is
// still being typed.
//
//   complete  {"op": "complete", "line": L, "column": C}, blob: text
//             -> {"ok": true, "items": [...], "more": B}: what may stand there
//   signature the same -> {"ok": true, "signatures": [...]}: what is being called
//
// Lines and columns (bytes) count from 1. With "hide" and "redefines" as in a request to
// parse; what is asked about may be a new version of a class.
#pragma once

#include "diagnostics.h"
#include "protocol.h"
#include "shadowing.h"
#include "value_capture.h"

#include "clang/Interpreter/Interpreter.h"

namespace forkrepl {

// Answers one such request. It ends this process, because Clang stops in the middle of
// the text: only a copy may be asked.
[[noreturn]] void complete(clang::Interpreter &Interpreter, Shadowing &Shadow,
                           ValueCapture &Capture, DiagnosticCollector &Diagnostics,
                           Connection &Controller, const Message &Request);

} // namespace forkrepl
