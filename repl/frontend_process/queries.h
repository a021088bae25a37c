// Questions about what is in force: types, names, declarations. They are asked of
// copies of this process that are thrown away, so an answer may cost Clang's state.
#pragma once

#include "diagnostics.h"
#include "protocol.h"

#include "clang/Interpreter/Interpreter.h"

#include <optional>

namespace forkrepl {

// The answer to one of these requests, or nothing if it is none of them. "inputs": how
// many inputs are in force.
//
//   type          blob: `using __forkrepl_query = decltype((E));` or the like ->
//                 {"ok", "name", "size", "category", ...} of E, or of the type;
//                 with "ok" false the diagnostics as for parse
//   describe      blob: a name, perhaps qualified -> {"ok", "found": [...]}
//   declarations  -> {"ok", "found": [...]}: of the inputs, not of system headers
//   pieces        -> {"ok", "inputs": [[{"begin", "end", "statement", "bare"}...]...]}:
//                 where in each input's text its statements and declarations are;
//                 "bare": an expression without `;`
//   shapes, independent   see shapes.h and call_graph.h; "classes": the names of some
std::optional<llvm::json::Object> answerQuery(llvm::StringRef Operation,
                                              const Message &Request,
                                              clang::Interpreter &Interpreter,
                                              DiagnosticCollector &Diagnostics);

} // namespace forkrepl
