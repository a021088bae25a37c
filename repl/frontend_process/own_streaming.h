// Classes of libraries that are printed by an operator<< of their own.
#pragma once

#include "clang/AST/DeclCXX.h"

namespace forkrepl {

// Whether there is an operator<< for a std::ostream and this class, or a base class of it, where
// C++ looks for such: in its namespaces, and among its friends. One that takes just
// anything does not count, nor what could be converted.
bool hasOwnStreaming(const clang::CXXRecordDecl &Class);

// Whether a class has data that others may use, in a base class too.
bool hasPublicData(const clang::CXXRecordDecl &Class);

} // namespace forkrepl
