#include "diagnostics.h"
#include "diagnostic_roles.h"
#include "fix_its.h"
#include "similar_names.h"

#include "clang/Basic/DiagnosticSema.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/TextDiagnostic.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Regex.h"

using namespace clang;
using namespace forkrepl;

// Clang's interpreter includes every input from a buffer of its own, which is
// nothing that the user has written.
static constexpr llvm::StringLiteral AllInputs = "<<< inputs >>>";

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

static std::string withoutAllInputs(llvm::StringRef Text) {
  static const llvm::Regex Place((AllInputs + "(:[0-9]+)*: ").str());
  const std::string IncludedFrom = ("In file included from " + AllInputs).str();
  std::string Kept;
  while (!Text.empty()) {
    size_t Length = std::min(Text.find('\n'), Text.size() - 1) + 1;
    if (!Text.starts_with(IncludedFrom))
      Kept += Place.sub("", Text.take_front(Length));
    Text = Text.drop_front(Length);
  }
  return Kept;
}

// Errors that would not be if what an earlier input declared were not there. A note
// says where that is.
static bool isRedefinition(unsigned ID) {
  switch (ID) {
  case diag::err_auto_different_deductions:
  case diag::err_conflicting_types:
  case diag::err_constexpr_redecl_mismatch:
  case diag::err_different_asm_label:
  case diag::err_different_language_linkage:
  case diag::err_enum_redeclare_fixed_mismatch:
  case diag::err_enum_redeclare_scoped_mismatch:
  case diag::err_enum_redeclare_type_mismatch:
  case diag::err_extern_c_global_conflict:
  case diag::err_extern_non_extern:
  case diag::err_mismatched_exception_spec:
  case diag::err_non_extern_extern:
  case diag::err_non_static_static:
  case diag::err_non_thread_thread:
  case diag::err_ovl_diff_return_type:
  case diag::err_param_default_argument_redefinition:
  case diag::err_redeclaration_different_type:
  case diag::err_redefinition:
  case diag::err_redefinition_different_concept:
  case diag::err_redefinition_different_kind:
  case diag::err_redefinition_different_namespace_alias:
  case diag::err_redefinition_different_type:
  case diag::err_redefinition_different_typedef:
  case diag::err_redefinition_of_enumerator:
  case diag::err_redefinition_variably_modified_typedef:
  case diag::err_static_non_static:
  case diag::err_tag_reference_non_tag:
  case diag::err_template_different_requires_clause:
  case diag::err_template_different_type_constraint:
  case diag::err_template_nontype_parm_different_type:
  case diag::err_template_param_default_arg_inconsistent_redefinition:
  case diag::err_template_param_default_arg_redefinition:
  case diag::err_template_param_different_kind:
  case diag::err_template_param_list_different_arity:
  case diag::err_template_parameter_pack_non_pack:
  case diag::err_thread_non_thread:
  case diag::err_thread_thread_different_kind:
  case diag::err_use_with_wrong_tag:
  case diag::err_using_decl_conflict:
  case diag::err_using_decl_conflict_reverse:
    return true;
  default:
    return false;
  }
}

DiagnosticCollector::DiagnosticCollector(DiagnosticOptions &Options, bool Colour)
    : Printer(Stream, Options) {
  Options.ShowColors = Colour;
  Options.ShowPresumedLoc = true; // #line gives inputs their names
  Stream.enable_colors(Colour);
}

void DiagnosticCollector::BeginSourceFile(const LangOptions &LangOpts,
                                          const Preprocessor *PP) {
  Printer.BeginSourceFile(LangOpts, PP);
  Reader = PP;
}

void DiagnosticCollector::EndSourceFile() { Printer.EndSourceFile(); }

static bool isMissingSemicolon(const Diagnostic &Info) {
  return Info.getNumFixItHints() == 1 && Info.getFixItHint(0).CodeToInsert == ";";
}

void DiagnosticCollector::HandleDiagnostic(DiagnosticsEngine::Level Level,
                                           const Diagnostic &Info) {
  DiagnosticConsumer::HandleDiagnostic(Level, Info); // counts
  if (Info.getID() == diag::err_init_element_not_constant && OnNotConstant &&
      Level == DiagnosticsEngine::Remark)
    return OnNotConstant(Info.getLocation());
  if (Level >= DiagnosticsEngine::Error) {
    ++Errors;
    IsSemicolon = isMissingSemicolon(Info) &&
                  End.isAt(Info.getFixItHint(0).RemoveRange.getBegin());
  }
  SourceLocation Place =
      End.isPassedBy(Info.getLocation()) ? End.place() : SourceLocation();
  Hint More;
  std::string Similar;
  if (Level >= DiagnosticsEngine::Error) {
    More = hintFor(Info, *Reader);
    if (More.Note.empty() && Context && Context->getLangOpts().SpellChecking)
      Similar = similarName(Info, *Context);
  }
  if (Place.isInvalid() && Similar.empty())
    handle(Level, Info);
  else
    handleAt(Place.isValid() ? Place : Info.getLocation(), Similar, Level, Info);
  noteHint(std::move(More));
  if (Info.getID() == diag::fatal_too_many_errors && OnTooManyErrors)
    OnTooManyErrors();
}

// With another place, or with a name that was meant, as Clang tells of one.
void DiagnosticCollector::handleAt(SourceLocation Place, llvm::StringRef Similar,
                                   DiagnosticsEngine::Level Level,
                                   const Diagnostic &Info) {
  llvm::SmallString<128> Message;
  Info.FormatDiagnostic(Message);
  DiagnosticStorage Storage; // without arguments: the message has them already
  if (Place == Info.getLocation())
    llvm::append_range(Storage.DiagRanges, Info.getRanges());
  if (!Similar.empty()) {
    Message += "; did you mean '";
    Message += Similar;
    Message += "'?";
    Storage.FixItHints.push_back(FixItHint::CreateReplacement(Place, Similar));
  }
  handle(Level, Diagnostic(Info.getDiags(), Place, Info.getID(), Storage, Message));
}

void DiagnosticCollector::handle(DiagnosticsEngine::Level Level,
                                 const Diagnostic &Info) {
  Rendered.clear();
  Printer.HandleDiagnostic(Level, Info);

  llvm::SmallString<128> Message;
  Info.FormatDiagnostic(Message);
  llvm::json::Object Record{
      {"severity", severityName(Level)},
      {"message", llvm::json::fixUTF8(Message)},
      {"role", roleOf(Info.getID())},
      {"text", llvm::json::fixUTF8(WithPlaces(withoutAllInputs(Stream.str())))}};
  if (Info.hasSourceManager() && Info.getLocation().isValid()) {
    Sources = &Info.getSourceManager();
    Record["system"] = Sources->isInSystemHeader(Info.getLocation());
    PresumedLoc Location = Sources->getPresumedLoc(Info.getLocation());
    if (Location.isValid() && Location.getFilename() != AllInputs) {
      Record["file"] = llvm::json::fixUTF8(Location.getFilename());
      Record["line"] = Location.getLine();
      Record["column"] = Location.getColumn();
    }
    Record["fixes"] = fixesOf(Info, Reader->getLangOpts());
  }
  if (Level != DiagnosticsEngine::Note || Groups.empty()) {
    llvm::StringRef Option =
        Info.getDiags()->getDiagnosticIDs()->getWarningOptionForDiag(Info.getID());
    Groups.push_back({{}, Option.str(), Info.getLocation(), Message.str().str(), {}});
  }
  notePrevious(Level, Info);
  tellError(Level, Record);
  Groups.back().Records.push_back(std::move(Record));
}

void DiagnosticCollector::tellError(DiagnosticsEngine::Level Level,
                                    const llvm::json::Object &Record) {
  if (Level != DiagnosticsEngine::Note)
    IsError = Level >= DiagnosticsEngine::Error;
  if (!IsError || !OnError)
    return;
  llvm::json::Array Records;
  Records.push_back(llvm::json::Object(Record));
  OnError(std::move(Records));
}

// Once for each name.
void DiagnosticCollector::noteHint(Hint Found) {
  auto IsSame = [&](const Group &Group) { return Group.More.Note == Found.Note; };
  if (!Found.Note.empty() && llvm::none_of(Groups, IsSame))
    Groups.back().More = std::move(Found);
}

void DiagnosticCollector::notePrevious(DiagnosticsEngine::Level Level,
                                       const Diagnostic &Info) {
  bool IsNote = Level == DiagnosticsEngine::Note;
  if (!IsNote) // what a system header declares does not redefine anything
    IsRedefinition = isRedefinition(Info.getID()) && Info.getLocation().isValid() &&
                     !Sources->isInSystemHeader(Info.getLocation());
  else if (IsRedefinition && Info.getID() != diag::note_using_decl_target)
    Previous.push_back(Info.getLocation());
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

// A note of ours, as Clang shows its own.
llvm::json::Object DiagnosticCollector::hintRecord(Hint Given) {
  Rendered.clear();
  TextDiagnostic::printDiagnosticLevel(Stream, DiagnosticsEngine::Note,
                                       Stream.colors_enabled());
  TextDiagnostic::printDiagnosticMessage(Stream, /*IsSupplemental=*/true, Given.Note, 0,
                                         0, Stream.colors_enabled());
  llvm::json::Object Record{{"severity", "note"},
                            {"message", Given.Note},
                            {"role", "hint"},
                            {"text", llvm::json::fixUTF8(Stream.str())}};
  Record["fixes"] = std::move(Given.Fixes);
  return Record;
}

llvm::json::Array DiagnosticCollector::take() {
  llvm::json::Array Result;
  Errors = 0;
  const Group *Previous = nullptr;
  std::vector<Group> All = std::exchange(Groups, {});
  for (Group &Group : All) {
    if (Previous && Group.repeats(*Previous))
      continue;
    Previous = &Group;
    for (llvm::json::Value &Record : Group.Records)
      Result.push_back(std::move(Record));
    if (!Group.More.Note.empty())
      Result.push_back(hintRecord(std::move(Group.More)));
  }
  return Result;
}

void DiagnosticCollector::tell(llvm::json::Array Records,
                               llvm::json::Object &Reply) const {
  if (!Records.empty())
    Reply["system_folders"] = systemFolders();
  Reply["diagnostics"] = std::move(Records);
}

llvm::json::Array DiagnosticCollector::systemFolders() const {
  llvm::json::Array Folders;
  const HeaderSearch &Search = Reader->getHeaderSearchInfo();
  for (auto Each = Search.system_dir_begin(); Each != Search.system_dir_end(); ++Each)
    Folders.push_back(llvm::json::fixUTF8(Each->getName()));
  return Folders;
}
