// `#pragma cling load("x.so")`, `add_include_path("d")` and `add_library_path("d")`, which
// files written for cling and ROOT have.
//
// A folder for headers is added to Clang's search path at once, so that what follows in the
// same file finds them. The others are for the controller, which is told of them:
//   {"kind": "load" or "add_library_path", "argument": "..."}
#pragma once

#include "llvm/Support/JSON.h"

#include <memory>

namespace clang {
class Preprocessor;
}

namespace forkrepl {

class ClingPragmas {
public:
  ClingPragmas() : Asked(std::make_shared<llvm::json::Array>()) {}

  void attachToPreprocessor(clang::Preprocessor &PP);

  // What has been asked for since this was last called.
  llvm::json::Array take();

private:
  std::shared_ptr<llvm::json::Array> Asked;
};

} // namespace forkrepl
