// Collects Clang's diagnostics: each as data, with the text that Clang itself would print,
// with carets and, if asked, colours.
#pragma once

#include "last_place.h"
#include "missing_include.h"

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

  // Before an input is parsed, see LastPlace.
  void beginInput(const clang::Preprocessor &PP, size_t Size) {
    End.beginInput(PP, Size);
  }

  // Drops warnings that the result of an expression is not used, from `Begin` on:
  // it is used, the shell shows it.
  void dropUnusedWarnings(clang::SourceLocation Begin);

  // Everything since the last call, and starts over. `file`, `line` and `column` of each are
  // where it is, if it is anywhere; `system`: in a header of the system's; `role`: see
  // diagnostic_roles.h; `fixes`: see fix_its.h; `text`: as Clang shows it.
  llvm::json::Array take();

  // Puts diagnostics into an answer, and where the system's headers are, which they name by
  // their whole paths.
  void tell(llvm::json::Array Records, llvm::json::Object &Reply) const;

  // Of what Clang has printed: with the user's places for those in a precompiled header.
  std::function<std::string(llvm::StringRef)> WithPlaces = [](llvm::StringRef Text) {
    return Text.str();
  };

  // Where to look for names that are meant by others.
  const clang::ASTContext *Context = nullptr;

  // Where the notes to errors of redefinition point, since the last call.
  std::vector<clang::SourceLocation> takePrevious() {
    return std::exchange(Previous, {});
  }

  // Called when Clang has had enough of errors: it says no more, but parses to the end,
  // in quadratic time if that is one variable again and again.
  std::function<void()> OnTooManyErrors;

  // Called instead of an error that CInitializers decides about.
  std::function<void(clang::SourceLocation)> OnNotConstant;

  // Whether the only error since take() is a `;` that is missing at the end of the input.
  bool lacksSemicolon() const { return Errors == 1 && IsSemicolon; }

  // Called with each error when it is made, and with each note to it.
  std::function<void(llvm::json::Array)> OnError;

private:
  // A diagnostic with its notes.
  struct Group {
    llvm::json::Array Records;
    std::string Option; // of -W, without it
    clang::SourceLocation Location;
    std::string Message;
    Hint More;

    // Clang says some things again when it parses a part of an input once more.
    bool repeats(const Group &Other) const {
      bool HasNotes = Records.size() > 1; // of another instantiation, say
      return !HasNotes && Location.isValid() && Location == Other.Location &&
             Message == Other.Message;
    }
  };

  llvm::json::Array systemFolders() const;
  void handleAt(clang::SourceLocation Place, llvm::StringRef Similar,
                clang::DiagnosticsEngine::Level Level, const clang::Diagnostic &Info);
  void handle(clang::DiagnosticsEngine::Level Level, const clang::Diagnostic &Info);
  void tellError(clang::DiagnosticsEngine::Level Level,
                 const llvm::json::Object &Record);
  void noteHint(Hint Found);
  llvm::json::Object hintRecord(Hint Given);
  void notePrevious(clang::DiagnosticsEngine::Level Level,
                    const clang::Diagnostic &Info);

  std::string Rendered;
  llvm::raw_string_ostream Stream{Rendered};
  clang::TextDiagnosticPrinter Printer;
  std::vector<Group> Groups;
  std::vector<clang::SourceLocation> Previous;
  bool IsRedefinition = false; // the last error was one
  bool IsError = false;        // what the next notes belong to
  unsigned Errors = 0;         // since take()
  bool IsSemicolon = false;    // the last error was one that is missing at the end
  LastPlace End;
  const clang::Preprocessor *Reader = nullptr;
  clang::SourceManager *Sources = nullptr;
};

} // namespace forkrepl
