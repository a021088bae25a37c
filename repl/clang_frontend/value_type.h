// Describes the type of an expression's value as JSON, so that the controller
// can format bytes from another process without knowing Clang.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "llvm/Support/JSON.h"

#include <optional>

namespace forkrepl {

// {"kind": ..., "name": ..., "size": ..., and what the kind needs}; see
// repl/values.py, which documents and checks the shape.
llvm::json::Object describeType(clang::ASTContext &Context,
                                clang::QualType Type);

// If the last statement of this unit is an expression without `;`, Clang has
// wrapped it in a call of __clang_Interpreter_SetValue...: returns
// {"call": the runtime function, "type": describeType(...)}.
std::optional<llvm::json::Object>
describeValue(clang::ASTContext &Context, clang::TranslationUnitDecl *Unit);

} // namespace forkrepl
