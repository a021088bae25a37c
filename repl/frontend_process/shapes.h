// What has to stay the same for objects to be used on by code that is compiled anew:
// their types with the layouts of all classes that can be reached through them, and what
// they were initialized with.
#pragma once

#include "clang/AST/ASTContext.h"
#include "llvm/Support/JSON.h"

namespace forkrepl {

// {"ok", "variables": [{"symbol", "name", "type", "initializer", "shape", "reaches"}...],
// "classes": [{"name", "layout", "bases"}...]}: of the last `Inputs` inputs, not of system
// headers. "shape" stands for the layouts of all that the type reaches; "reaches" and
// "bases" are indices of classes.
llvm::json::Object describeShapes(clang::ASTContext &Context, size_t Inputs);

} // namespace forkrepl
