// What is said of a header that cannot be used before the first input: a precompiled one, or
// one of -include and -imacros.
//
// Clang reports it, goes on without, and crashes. So whoever makes the interpreter is
// told at once, and has to end the process.
#pragma once

#include "clang/Basic/Diagnostic.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace forkrepl {

using OnBadHeader = std::function<void(const std::string &Message)>;

class StartDiagnostics : public clang::DiagnosticConsumer {
public:
  // Next: gets all diagnostics. Header: the precompiled one, as the flags have it, or empty.
  StartDiagnostics(std::unique_ptr<clang::DiagnosticConsumer> Next, std::string Header,
                   const std::vector<const char *> &Flags, OnBadHeader Call);

  void BeginSourceFile(const clang::LangOptions &Options,
                       const clang::Preprocessor *PP) override;
  void EndSourceFile() override;
  void HandleDiagnostic(clang::DiagnosticsEngine::Level Level,
                        const clang::Diagnostic &Info) override;

private:
  std::unique_ptr<clang::DiagnosticConsumer> Next;
  std::string Header;
  std::string Command; // that makes one that fits
  OnBadHeader Call;
};

} // namespace forkrepl
