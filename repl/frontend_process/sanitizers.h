// Clang's sanitizers: which runtime they need, and the passes that Clang's own pipeline
// would run.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/raw_ostream.h"

namespace clang {
class CodeGenOptions;
class LangOptions;
} // namespace clang

namespace llvm {
class Module;
}

namespace forkrepl {

// Writes what the driver makes of a command line's -fsanitize=..., as JSON: see
// repl/clang/sanitizers.py. Returns an exit status: 1 for what the driver refuses.
int describeSanitizers(llvm::ArrayRef<const char *> Flags, llvm::raw_ostream &Output);

// Puts checks into a module where Clang's own passes are switched off, because LLVM's run
// later; where they are not, that has been done.
void instrument(llvm::Module &Module, const clang::CodeGenOptions &CodeGen,
                const clang::LangOptions &Language);

} // namespace forkrepl
