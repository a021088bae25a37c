// Clang's fix-its, for who has the text of the input: what to write in the place of what.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "llvm/Support/JSON.h"

#include <optional>

namespace clang {
class LangOptions;
class SourceManager;
} // namespace clang

namespace forkrepl {

// Of one diagnostic: {"file", "line", "column", "removed", "text"} each. Columns count bytes,
// from 1; what is removed is in one line. None if one of them is within a macro, or longer:
// a part of them would mend nothing.
llvm::json::Array fixesOf(const clang::Diagnostic &Info,
                          const clang::LangOptions &Options);

// One that inserts a text; none within a macro.
std::optional<llvm::json::Object> fixAt(clang::SourceLocation Place,
                                        const clang::SourceManager &Sources,
                                        const clang::LangOptions &Options,
                                        llvm::StringRef Text);

// One that puts a text before the whole input.
llvm::json::Object fixAtBegin(llvm::StringRef Text);

} // namespace forkrepl
