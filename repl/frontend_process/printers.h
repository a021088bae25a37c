// Printers that users have written for their types: code that calls them.
//
// It is made in a copy of the frontend that is thrown away, as one more input, and runs
// in a process that is thrown away, while the program waits with its value.
#pragma once

#include "clang/AST/ASTContext.h"
#include "llvm/Support/JSON.h"

#include <string>

namespace clang {
class Sema;
}

namespace forkrepl {

// Whether the user (no system header) declares an operator<< in there.
bool declaresStreaming(const clang::Decl *D);

// What makes it worth while to ask for printers: "overloads": the name forkrepl_print has
// been seen; "streams": indices of the classes for which there may be an operator<<,
// if there is one at all; "iterates": of those that have a member `begin`.
llvm::json::Object printerHints(clang::ASTContext &Context,
                                llvm::ArrayRef<clang::QualType> Types,
                                bool HasStreaming);

// C++ text that defines for each of these types
//     extern "C" void __forkrepl_print_INDEX(const void *object, const calls *);
// `calls` is struct printer_calls of the executor; embedded/printers.h chooses the printer. Declares names for the types, which
// may have none, so it must be parsed next.
std::string printersText(clang::Sema &S, llvm::ArrayRef<clang::QualType> Types,
                         const llvm::json::Array &Indices);

// After it has been parsed: for those types that have a printer, by index, {"kind": ...}
// and for a range "element", a type as of type_table.h. Kinds: overload, stream, range.
llvm::json::Object describePrinters(clang::Sema &S, const llvm::json::Array &Indices);

} // namespace forkrepl
