// "did you mean": the name that is meant by one with a typing error, where Clang has none.
//
// Clang takes only what is nearest by single letters, and nothing if there are two such
// (`std::srot` is as near to `sqrt` as to `sort`); two letters that have changed places are
// one slip of the fingers.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/Basic/Diagnostic.h"

#include <string>

namespace forkrepl {

// For an error that a name is not known: one that is known there and looks like it, or
// nothing.
std::string similarName(const clang::Diagnostic &Error,
                        const clang::ASTContext &Context);

} // namespace forkrepl
