// Collects Clang's diagnostics: each as data, and all together as the text
// that Clang itself would print, with carets and, if asked, colours.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>

namespace forkrepl {

class DiagnosticCollector : public clang::DiagnosticConsumer {
public:
  // Options: those of the compiler, so that -fdiagnostics-... flags count.
  DiagnosticCollector(clang::DiagnosticOptions &Options, bool Colour);

  void BeginSourceFile(const clang::LangOptions &Options,
                       const clang::Preprocessor *PP) override;
  void EndSourceFile() override;
  void HandleDiagnostic(clang::DiagnosticsEngine::Level Level,
                        const clang::Diagnostic &Info) override;

  // Everything since the last call, and starts over.
  llvm::json::Array takeRecords();
  std::string takeText();

private:
  std::string Text;
  llvm::raw_string_ostream Stream{Text};
  clang::TextDiagnosticPrinter Printer;
  llvm::json::Array Records;
};

} // namespace forkrepl
