// Which classes an object may really be of that is known by a base class of its.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <vector>

namespace forkrepl {

// The polymorphic classes that are defined outside of system headers, local ones and instances of
// templates too. Looked for once.
class PolymorphicClasses {
public:
  explicit PolymorphicClasses(clang::ASTContext &Context) : Context(Context) {}

  // Those derived from a class, directly or not.
  std::vector<const clang::CXXRecordDecl *>
  derivedFrom(const clang::CXXRecordDecl &Base);

private:
  void find(const clang::DeclContext &Inside);
  void look(const clang::Decl *Each);
  void note(const clang::CXXRecordDecl &Class);

  clang::ASTContext &Context;
  std::optional<std::vector<const clang::CXXRecordDecl *>> All;
};

// By what an object of a polymorphic class is known: "vtable", the linker's name of its virtual
// table, and "point": how many bytes after its beginning such an object's pointer to it leads.
void describeVTable(clang::ASTContext &Context, const clang::CXXRecordDecl &Class,
                    llvm::json::Object &Into);

} // namespace forkrepl
