// What a note tells of its error: of which kind there may be too many to be shown.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace forkrepl {

// "candidate": a function or a template that was considered; "step": of how Clang came to
// the place, such as an instantiation; "reason": why a constraint or a candidate does not fit
// (it belongs to the note before it). Empty for all else, which is about the error itself.
llvm::StringRef roleOf(unsigned ID);

} // namespace forkrepl
