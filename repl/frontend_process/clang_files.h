// Where Clang's own files are: its headers, and the runtimes of sanitizers. The headers are beside
// this program: a wheel has them, in a developer's checkout it is a link to those of an LLVM that
// the system has. The runtimes are that LLVM's, and the headers too if none are beside it.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace forkrepl {

// The folder of Clang's headers ("resource directory"), absolute.
const std::string &resourceFolder();

// The same of the system's LLVM, where the runtimes are; empty if there is none.
const std::string &systemResourceFolder();

// Where Clang would be as a program: its driver looks for libraries from there, as it does
// in a session.
const std::string &clangProgram();

// Where the libraries of an LLVM of this version may be installed.
llvm::ArrayRef<llvm::StringRef> llvmLibraryFolders();

} // namespace forkrepl
