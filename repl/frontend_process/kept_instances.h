// Instances of the standard library's templates, kept from one program for the next.
//
// A program that is edited and run again is compiled again, and most of that time goes into
// the same std::regex as before. So the instances that are the same in every program (see
// standard_library.h) are compiled to an object of their own, once, behind the user's back;
// the next program is linked with it, and Clang neither instantiates nor emits them.
#pragma once

#include "internal_linkage.h"
#include "standard_library.h"

#include "clang/CodeGen/CodeGenAction.h"
#include "clang/Sema/SemaConsumer.h"
#include "llvm/ADT/StringSet.h"

#include <memory>
#include <vector>

namespace forkrepl {

// Which there are: symbols in the lines of a text. A line that begins with '-' is a symbol
// that would be worth keeping, but cannot be.
class KnownInstances {
public:
  explicit KnownInstances(llvm::StringRef Text);

  // Descriptor: of a file, -1 for none.
  static KnownInstances readFrom(int Descriptor);

  const llvm::json::Array &kept() const { return Kept; }
  bool isHopeless(llvm::StringRef Symbol) const { return Hopeless.contains(Symbol); }

private:
  llvm::json::Array Kept;
  llvm::StringSet<> Hopeless;
};

using InstantiatedFunctions = std::vector<const clang::FunctionDecl *>;

// Keeps Clang from compiling what is known, and notes what is not.
class InstanceWatcher : public clang::SemaConsumer {
public:
  InstanceWatcher(clang::CompilerInstance &Compiler, const KnownInstances &Known,
                  InstantiatedFunctions &Missing)
      : Compiler(Compiler), Known(Known), Missing(Missing) {}

  void InitializeSema(clang::Sema &S) override;
  void HandleCXXImplicitFunctionInstantiation(clang::FunctionDecl *Function) override;

private:
  clang::CompilerInstance &Compiler;
  const KnownInstances &Known;
  InstantiatedFunctions &Missing;
  clang::Sema *Semantics = nullptr;
  InternalDefinitions *Definitions = nullptr;
  std::unique_ptr<StandardLibrary> Library;
  std::unique_ptr<clang::ASTNameGenerator> Names;
};

// Compiles a program to the object of the instances that are not known yet. Arguments: see
// ProgramInput. What it tells: their symbols, as KnownInstances reads them.
int compileInstances(llvm::ArrayRef<const char *> Arguments);

} // namespace forkrepl
