// What Clang's driver has to say of options: clang::Interpreter does not tell.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Driver/Compilation.h"
#include "clang/Driver/Driver.h"
#include "clang/Frontend/TextDiagnosticBuffer.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>

namespace forkrepl {

// The driver, asked to compile a file with these options. It does nothing.
class AskedDriver {
public:
  explicit AskedDriver(llvm::ArrayRef<const char *> Flags);

  // Its first error, as that an option is not for this machine.
  llvm::Error takeError() const;

  // Null after some errors.
  const clang::driver::Compilation *compilation() const { return Compilation.get(); }

private:
  clang::DiagnosticOptions Options;
  clang::TextDiagnosticBuffer Told;
  clang::DiagnosticsEngine Diagnostics;
  clang::driver::Driver Driver;
  std::unique_ptr<clang::driver::Compilation> Compilation;
};

// Fails with the driver's first error.
llvm::Error checkByDriver(llvm::ArrayRef<const char *> Flags);

} // namespace forkrepl
