#include "start_diagnostics.h"

#include "clang/Basic/DiagnosticIDs.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Config/llvm-config.h"

using namespace clang;
using namespace forkrepl;

// The command that makes a header that fits a session with these flags.
static std::string commandFor(llvm::StringRef Header,
                              const std::vector<const char *> &Flags) {
  llvm::StringRef Language = "c++";
  std::string Options;
  for (size_t I = 0; I < Flags.size(); ++I) {
    llvm::StringRef Flag = Flags[I];
    if (Flag == "-include-pch" || Flag == "-resource-dir")
      ++I; // with its value
    else if (Flag.consume_front("-x"))
      Language = Flag;
    else
      Options += (" " + Flag).str();
  }
  std::string Compiler = Language == "c" ? "clang-" : "clang++-";
  return Compiler + std::to_string(LLVM_VERSION_MAJOR) +
         " -Xclang -fincremental-extensions" + Options + " -x " + Language.str() +
         "-header HEADER -o " + Header.str();
}

StartDiagnostics::StartDiagnostics(std::unique_ptr<DiagnosticConsumer> Next,
                                   std::string Header,
                                   const std::vector<const char *> &Flags,
                                   OnBadHeader Call)
    : Next(std::move(Next)), Header(std::move(Header)),
      Command(commandFor(this->Header, Flags)), Call(std::move(Call)) {}

void StartDiagnostics::BeginSourceFile(const LangOptions &Options,
                                       const Preprocessor *PP) {
  Next->BeginSourceFile(Options, PP);
}

void StartDiagnostics::EndSourceFile() { Next->EndSourceFile(); }

static bool isOfSerialization(unsigned Diagnostic) {
  return Diagnostic >= diag::DIAG_START_SERIALIZATION &&
         Diagnostic < diag::DIAG_START_LEX;
}

// FILE:LINE:COLUMN, or which options it is about: they are lines of a file to Clang.
static std::string placeOf(const Diagnostic &Info) {
  PresumedLoc Place;
  if (Info.hasSourceManager() && Info.getLocation().isValid())
    Place = Info.getSourceManager().getPresumedLoc(Info.getLocation());
  if (Place.isInvalid() || llvm::StringRef(Place.getFilename()).starts_with("<"))
    return "of -include or -imacros: ";
  return std::string(Place.getFilename()) + ":" + std::to_string(Place.getLine()) +
         ":" + std::to_string(Place.getColumn()) + ": ";
}

void StartDiagnostics::HandleDiagnostic(DiagnosticsEngine::Level Level,
                                        const Diagnostic &Info) {
  DiagnosticConsumer::HandleDiagnostic(Level, Info);
  if (Level >= DiagnosticsEngine::Error && isOfSerialization(Info.getID())) {
    llvm::SmallString<128> Reason;
    Info.FormatDiagnostic(Reason);
    Call("the precompiled header cannot be used: " + std::string(Reason) +
         "\none that fits this session is made by: " + Command);
  } else if (Level >= DiagnosticsEngine::Error) {
    llvm::SmallString<128> Reason;
    Info.FormatDiagnostic(Reason);
    Call(placeOf(Info) + std::string(Reason));
  }
  Next->HandleDiagnostic(Level, Info);
}
