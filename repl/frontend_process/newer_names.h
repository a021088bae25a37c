// Since which standard C++ (or C) has a name, for inputs that are compiled by an older one.
#pragma once

#include "clang/Basic/LangOptions.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace clang {
class Diagnostic;
class Preprocessor;
} // namespace clang

namespace forkrepl {

struct Standard {
  llvm::StringRef Name; // "C++20"
  llvm::StringRef Flag; // "c++20", for -std= and %std
  bool IsNewer;         // than the one by which inputs are compiled
};

// Of a name of C++'s library. Scope: "std::" or "std::chrono::", or a class of it,
// "std::basic_string::". None for names of C++11 and before.
std::optional<Standard> standardOf(llvm::StringRef Scope, llvm::StringRef Name,
                                   const clang::LangOptions &Options);

// Of a header's name, without brackets. None for those of C++11 and before.
std::optional<Standard> standardOfHeader(llvm::StringRef Header,
                                         const clang::LangOptions &Options);

// A note about a word in the line of the error that is a keyword in a newer standard.
std::string newerKeyword(const clang::Diagnostic &Error, const clang::Preprocessor &PP);

// "-std=c++20, or %std c++20", as the end of a note.
std::string howToHave(const Standard &Wanted);

} // namespace forkrepl
