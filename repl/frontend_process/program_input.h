// A program as the controller hands it over, to the modes of the frontend that compile one.
#pragma once

#include "kept_instances.h"

#include "clang/Frontend/CompilerInvocation.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/MemoryBuffer.h"

#include <memory>
#include <optional>

namespace forkrepl {

struct ProgramInput {
  // Arguments: a file descriptor to which to write what is to be told besides; one from
  // which to read the instances that are known, see kept_instances.h (-1: none); Clang's
  // options; and the name of a file whose text is standard input. None after an error,
  // which has been told on standard error.
  static std::optional<ProgramInput> read(llvm::ArrayRef<const char *> Arguments);

  int TellTo;
  KnownInstances Known;
  std::unique_ptr<llvm::MemoryBuffer> Text;
  std::shared_ptr<clang::CompilerInvocation> Invocation; // of the file: see setContents
};

// The file is what was read of it once: it may be a pipe, or be changed meanwhile.
void setContents(clang::CompilerInvocation &Invocation, llvm::StringRef Text);

} // namespace forkrepl
