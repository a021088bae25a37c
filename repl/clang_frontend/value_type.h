// Describes the type of an expression's value as JSON, so that the controller
// can format bytes from another process without knowing Clang.
#pragma once

#include "clang/AST/ASTContext.h"
#include "llvm/Support/JSON.h"

namespace forkrepl {

// {"kind": ..., "name": ..., "size": ..., and what the kind needs}; see
// repl/values.py, which documents and checks the shape.
llvm::json::Object describeType(clang::ASTContext &Context,
                                clang::QualType Type);

} // namespace forkrepl
