// Where an input ends, for what Clang says of its end.
//
// Clang's interpreter includes every input from a buffer of its own, and takes that
// buffer for the place of an error at the end of an input. The user has never seen it.
#pragma once

#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Preprocessor.h"

namespace forkrepl {

class LastPlace {
public:
  // Before an input is parsed, of whose text the user has written the first Size bytes.
  void beginInput(const clang::Preprocessor &PP, size_t Size);

  // Whether a place is behind all that the user has written.
  bool isPassedBy(clang::SourceLocation Place) const;

  // Whether a place is right behind the last token, or further.
  bool isAt(clang::SourceLocation Place) const;

  // Behind the input's last token. Invalid if it has none.
  clang::SourceLocation place() const;

private:
  clang::FileID buffer() const;

  const clang::Preprocessor *PP = nullptr;
  clang::SourceLocation::UIntTy Begin = 0;
  size_t Size = 0;
};

} // namespace forkrepl
