// What a diagnostic is about: the names and scopes among its arguments.
#pragma once

#include "clang/AST/DeclBase.h"
#include "clang/Basic/Diagnostic.h"

#include <string>

namespace forkrepl {

bool isArgument(const clang::Diagnostic &Error, unsigned Index,
                clang::DiagnosticsEngine::ArgumentKind Kind);

// Empty if that argument is no name.
std::string nameAt(const clang::Diagnostic &Error, unsigned Index);

// A namespace, a class or an enumeration; null if it is none.
const clang::DeclContext *contextAt(const clang::Diagnostic &Error, unsigned Index);

} // namespace forkrepl
