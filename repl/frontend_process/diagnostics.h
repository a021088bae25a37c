// Collects Clang's diagnostics: each as data, and all together as the text
// that Clang itself would print, with carets and, if asked, colours.
#pragma once

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <string>
#include <vector>

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

  // Drops warnings that the result of an expression is not used, from `Begin` on:
  // it is used, the shell shows it.
  void dropUnusedWarnings(clang::SourceLocation Begin);

  // Everything since the last call, and starts over.
  struct Taken {
    llvm::json::Array Records;
    std::string Text;
  };
  Taken take();

  // Where the notes to errors of redefinition point, since the last call.
  std::vector<clang::SourceLocation> takePrevious() {
    return std::exchange(Previous, {});
  }

  // Called when Clang has had enough of errors: it says no more, but parses to the end,
  // in quadratic time if that is one variable again and again.
  std::function<void()> OnTooManyErrors;

private:
  // A diagnostic with its notes.
  struct Group {
    llvm::json::Array Records;
    std::string Text;
    std::string Option; // of -W, without it
    clang::SourceLocation Location;
    std::string Message;
    std::string MissingInclude; // see missing_include.h

    // Clang says some things again when it parses a part of an input once more.
    bool repeats(const Group &Other) const {
      bool HasNotes = Records.size() > 1; // of another instantiation, say
      return !HasNotes && Location.isValid() && Location == Other.Location &&
             Message == Other.Message;
    }
  };

  void noteMissingInclude(const clang::Diagnostic &Info);
  std::string renderedNote(llvm::StringRef Message);
  void notePrevious(clang::DiagnosticsEngine::Level Level,
                    const clang::Diagnostic &Info);

  std::string Rendered;
  llvm::raw_string_ostream Stream{Rendered};
  clang::TextDiagnosticPrinter Printer;
  std::vector<Group> Groups;
  std::vector<clang::SourceLocation> Previous;
  bool IsRedefinition = false; // the last error was one
  const clang::Preprocessor *Reader = nullptr;
  clang::SourceManager *Sources = nullptr;
};

} // namespace forkrepl
