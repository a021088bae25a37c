// What Clang knows of a declaration, for people to read.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/JSON.h"

#include <vector>

namespace forkrepl {

// "kind", "name", "file" and "line"; where they make sense "type", "size",
// "value_type" (see type_table.h), "is_reference", "offset", "symbol", "constant".
llvm::json::Object describeDeclaration(clang::Sema &S, const clang::NamedDecl *D);

// The above and "declaration", "comment", "members", "bases".
llvm::json::Object describeFully(clang::Sema &S, clang::NamedDecl *D);

// The linker's name of a function or a variable; empty if it is a template.
std::string symbolOf(const clang::NamedDecl *D);

// What a name means here; `a::b` is looked for in `a`.
std::vector<clang::NamedDecl *> lookUp(clang::Sema &S, llvm::StringRef Name);

// Whether its name still finds it: another input may have redefined it.
bool isInForce(clang::Sema &S, const clang::NamedDecl *D);

} // namespace forkrepl
