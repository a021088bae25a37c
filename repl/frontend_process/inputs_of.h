#pragma once

#include "clang/AST/ASTContext.h"

#include <vector>

namespace forkrepl {

// The translation units of the last `Count` inputs, oldest first.
inline std::vector<clang::TranslationUnitDecl *> inputsOf(clang::ASTContext &Context,
                                                          size_t Count) {
  std::vector<clang::TranslationUnitDecl *> Inputs;
  for (clang::TranslationUnitDecl *Unit = Context.getTranslationUnitDecl();
       Unit && Inputs.size() < Count; Unit = Unit->getPreviousDecl())
    Inputs.insert(Inputs.begin(), Unit);
  return Inputs;
}

} // namespace forkrepl
