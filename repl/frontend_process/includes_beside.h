// The input of a file that is loaded (`.L sub/m.C`) finds what that includes beside itself.
//
// Clang looks for quoted includes in the folder of the file that has the line. An input is a
// buffer that is no file, so it is given the one that it is named after.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <memory>
#include <string>

namespace clang {
class Preprocessor;
}

namespace forkrepl {

class IncludesBeside {
public:
  void begin(clang::Preprocessor &PP);

  // Before a text is parsed: whose first line may be `#line 1 "sub/m.C"`.
  void beginInput(llvm::StringRef Text);

private:
  class Watcher;

  std::shared_ptr<std::string> Name = std::make_shared<std::string>(); // "": of no file
};

} // namespace forkrepl
