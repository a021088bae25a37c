// What a header says of a declaration, for people to read.
#pragma once

#include "clang/AST/Decl.h"

#include <string>

namespace forkrepl {

// The comment that documents a declaration; empty if there is none.
std::string docComment(const clang::Decl *D);

} // namespace forkrepl
