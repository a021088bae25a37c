// Which classes a type has to do with.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "llvm/ADT/SetVector.h"

#include <string>

namespace forkrepl {

using Records = llvm::SetVector<const clang::RecordDecl *>;

// The classes that objects of a type hold, point to, or are made of.
void reach(clang::QualType Type, Records &Found);

// Without what an edit elsewhere changes: the lines of what has no name.
clang::PrintingPolicy policyFor(clang::ASTContext &Context);
std::string typeName(clang::ASTContext &Context, clang::QualType Type);

// Calls it for what the last inputs declare, apart from what system headers do.
void traverseInputs(clang::ASTContext &Context, size_t Inputs,
                    llvm::function_ref<void(clang::Decl *)> Traverse);

} // namespace forkrepl
