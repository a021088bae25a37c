// Redefinition: what an input declares anew takes the place of what an earlier one did.
//
// Clang rejects a redefinition, and says in a note where the previous declaration is.
// previous() finds it and describes it. The controller then sends the input to a
// fresh copy of this process, with that description, and there hide() takes the old
// declaration out of the tables that names are looked up in (cling's
// DefinitionShadower is the model). Code that was compiled earlier keeps it.
//
// Two entities now have the same name in the source. So that the linker can tell them
// apart, a new one gets an ABI tag (Itanium C++ ABI, 5.1.6), and with it everything
// whose name contains its name: members, instantiations, thread-local wrappers, guards.
// What is not mangled (C, extern "C") gets an assembler label. Only `main` stays `main`.
#pragma once

#include "clang/AST/DeclarationName.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/JSON.h"

#include <vector>

namespace clang {
class NamedDecl;
class TranslationUnitDecl;
} // namespace clang

namespace forkrepl {

// To be called before the first declaration of an input.
void shareUnnamedNamespace(clang::ASTContext &Context);

class Shadowing : public clang::SemaConsumer {
public:
  void InitializeSema(clang::Sema &S) override { this->S = &S; }
  void ForgetSema() override { S = nullptr; }

  // Before an input is parsed. Hidden: what it redefines, as previous() described it.
  void beginInput(const llvm::json::Array *Hidden);

  // The input has been accepted.
  void acceptInput();

  // Renames what the input declares in the place of something hidden. Comes before
  // the code generator's turn.
  bool HandleTopLevelDecl(clang::DeclGroupRef Group) override;

  // Those declarations of earlier inputs that are at these places and may be hidden:
  // objects with "input" (counted from 0), "name", "file", "line", "column". They
  // mean the same in every copy of this process that has parsed the same inputs.
  llvm::json::Array previous(llvm::ArrayRef<clang::SourceLocation> Places);

private:
  using Key = std::pair<const clang::DeclContext *, clang::DeclarationName>;

  void hide(clang::NamedDecl *D);
  void removeFromLookup(clang::NamedDecl *D);
  void rename(clang::NamedDecl *D);
  bool isOfThisInput(const clang::Decl *D) const;

  clang::Sema *S = nullptr;
  std::vector<clang::TranslationUnitDecl *> Inputs; // the accepted ones
  clang::SourceLocation::UIntTy Begin = 0;          // of the input that is being parsed
  llvm::DenseSet<Key> Redefined; // names that stand for more than one entity
};

} // namespace forkrepl
