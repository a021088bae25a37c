#include "emitted_functions.h"

#include "clang/AST/DeclCXX.h"

using namespace clang;
using namespace forkrepl;

void EmittedFunctions::add(const llvm::json::Array &Names) {
  for (const llvm::json::Value &Name : Names)
    if (auto Symbol = Name.getAsString())
      Symbols.insert(*Symbol);
  if (!Names.empty())
    Answers.clear();
}

bool EmittedFunctions::areDefined(const FunctionDecl &Function) {
  auto IsDefined = [this](llvm::StringRef Name) { return Symbols.contains(Name); };
  if (!isa<CXXConstructorDecl, CXXDestructorDecl>(Function))
    return IsDefined(NameGenerator.getName(&Function));
  std::vector<std::string> Names = NameGenerator.getAllManglings(&Function);
  return !Names.empty() && llvm::all_of(Names, IsDefined);
}

bool EmittedFunctions::contains(const FunctionDecl &Function) {
  if (Symbols.empty() || !Function.isExternallyVisible() ||
      Function.isDependentContext())
    return false;
  auto [Answer, IsNew] = Answers.try_emplace(Function.getCanonicalDecl(), false);
  if (IsNew)
    Answer->second = areDefined(Function);
  return Answer->second;
}
