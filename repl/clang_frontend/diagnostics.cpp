#include "diagnostics.h"

#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/SmallString.h"

using namespace clang;
using namespace forkrepl;

static const char *severityName(DiagnosticsEngine::Level Level) {
  switch (Level) {
  case DiagnosticsEngine::Ignored:
    return "ignored";
  case DiagnosticsEngine::Note:
    return "note";
  case DiagnosticsEngine::Remark:
    return "remark";
  case DiagnosticsEngine::Warning:
    return "warning";
  case DiagnosticsEngine::Error:
    return "error";
  case DiagnosticsEngine::Fatal:
    return "fatal error";
  }
  return "error";
}

DiagnosticCollector::DiagnosticCollector(DiagnosticOptions &Options,
                                         bool Colour)
    : Printer(Stream, Options) {
  Options.ShowColors = Colour;
  Options.ShowPresumedLoc = true; // #line gives inputs their names
  Stream.enable_colors(Colour);
}

void DiagnosticCollector::BeginSourceFile(const LangOptions &LangOpts,
                                          const Preprocessor *PP) {
  Printer.BeginSourceFile(LangOpts, PP);
}

void DiagnosticCollector::EndSourceFile() { Printer.EndSourceFile(); }

void DiagnosticCollector::HandleDiagnostic(DiagnosticsEngine::Level Level,
                                           const Diagnostic &Info) {
  DiagnosticConsumer::HandleDiagnostic(Level, Info); // counts
  Rendered.clear();
  Printer.HandleDiagnostic(Level, Info);

  llvm::SmallString<128> Message;
  Info.FormatDiagnostic(Message);
  llvm::json::Object Record{{"severity", severityName(Level)},
                            {"message", llvm::json::fixUTF8(Message)}};
  if (Info.hasSourceManager() && Info.getLocation().isValid()) {
    Sources = &Info.getSourceManager();
    PresumedLoc Location = Sources->getPresumedLoc(Info.getLocation());
    if (Location.isValid()) {
      Record["file"] = llvm::json::fixUTF8(Location.getFilename());
      Record["line"] = Location.getLine();
      Record["column"] = Location.getColumn();
    }
  }
  if (Level != DiagnosticsEngine::Note || Groups.empty()) {
    llvm::StringRef Option =
        Info.getDiags()->getDiagnosticIDs()->getWarningOptionForDiag(
            Info.getID());
    Groups.push_back({{}, {}, Option.str(), Info.getLocation()});
  }
  Groups.back().Records.push_back(std::move(Record));
  Groups.back().Text += Stream.str();
}

void DiagnosticCollector::dropUnusedWarnings(SourceLocation Begin) {
  llvm::erase_if(Groups, [&](const Group &Group) {
    bool IsUnused = Group.Option == "unused-value" ||
                    Group.Option == "unused-comparison" ||
                    Group.Option == "unused-result";
    return IsUnused && Group.Location.isValid() &&
           !Sources->isBeforeInTranslationUnit(Group.Location, Begin);
  });
}

// Clang's interpreter includes every input from a buffer of its own, which is
// nothing that the user has written.
static std::string withoutInputStack(llvm::StringRef Text) {
  constexpr llvm::StringLiteral Prefix = "In file included from <<< inputs >>>";
  std::string Kept;
  while (!Text.empty()) {
    size_t Length = std::min(Text.find('\n'), Text.size() - 1) + 1;
    if (!Text.starts_with(Prefix))
      Kept += Text.take_front(Length);
    Text = Text.drop_front(Length);
  }
  return Kept;
}

DiagnosticCollector::Taken DiagnosticCollector::take() {
  Taken Result;
  std::string Text;
  for (Group &Group : std::exchange(Groups, {})) {
    for (llvm::json::Value &Record : Group.Records)
      Result.Records.push_back(std::move(Record));
    Text += Group.Text;
  }
  Result.Text = llvm::json::fixUTF8(withoutInputStack(Text));
  return Result;
}
