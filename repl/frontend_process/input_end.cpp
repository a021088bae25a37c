#include "input_end.h"

#include "input_scanner.h"
#include "input_scout.h"

#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Sema.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h" // completes a type of clang/Interpreter/Interpreter.h

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

static const char *nameOf(InputRest Rest) {
  switch (Rest) {
  case InputRest::Nothing:
    return "nothing";
  case InputRest::Unknown:
    return "unknown";
  case InputRest::Incomplete:
    return "incomplete";
  case InputRest::Open:
    return "open";
  case InputRest::Value:
    return "value";
  case InputRest::Wrong:
    return "wrong";
  }
  return "wrong";
}

namespace {

// One request.
class InputEnds {
public:
  InputEnds(std::string Blob, bool Whole, int Limit, clang::Interpreter &Interpreter)
      : Interpreter(Interpreter),
        PP(Interpreter.getCompilerInstance()->getPreprocessor()),
        Text(std::move(Blob), PP), Whole(Whole), Limit(Limit) {}

  Object answer() {
    while (Rest == InputRest::Nothing && First < Text.Tokens.size())
      takeNext();
    if (First >= Text.Tokens.size() && Text.EndsWithin)
      Rest = InputRest::Incomplete; // of a comment
    Object Reply{{"ok", true},
                 {"rest", nameOf(Rest)},
                 {"missing", Text.Missing.empty()
                                 ? ""
                                 : Text.Missing.substr(Text.Missing.size() - 1)}};
    if (Whole && Rest != InputRest::Nothing)
      Ends.clear();
    Reply["ends"] = std::move(Ends);
    return Reply;
  }

private:
  void takeNext();
  bool movesLines(size_t Last) const;
  void ask();
  void end(size_t Offset);

  clang::Interpreter &Interpreter;
  Preprocessor &PP;
  InputTokens Text;
  bool Whole;
  int Limit;
  size_t First = 0;           // token of the input that comes next
  bool ChangesMacros = false; // an input before it does
  bool Declares = false;      // an input before it may
  InputRest Rest = InputRest::Nothing;
  Array Ends;
};

void InputEnds::takeNext() {
  bool IsDirective = Text.isDirective(First);
  if (ChangesMacros && !IsDirective)
    return ask();
  Sema &S = Interpreter.getCompilerInstance()->getSema();
  InputScanner Scanner(Text, PP, Declares ? nullptr : &S, First);
  InputEnd Judged = InputEnd::GoesOn;
  while (Judged == InputEnd::GoesOn) {
    if (!Scanner.nextLineEnd())
      break;
    Judged = Scanner.judge();
  }
  bool IsLast = Scanner.index() + 1 == Text.Tokens.size();
  if (IsLast && Text.EndsWithin) {
    Rest = InputRest::Incomplete;
  } else if (Judged == InputEnd::Here) {
    ChangesMacros |= IsDirective;
    Declares |= !Scanner.isExpression();
    bool Moves = movesLines(Scanner.index());
    end(Text.endOfLine(Scanner.index()));
    if (Moves && First < Text.Tokens.size())
      Rest = InputRest::Unknown; // called differently
  } else if (Judged == InputEnd::Value) {
    Rest = InputRest::Value;
  } else if (Judged == InputEnd::GoesOn && !Scanner.isUneven()) {
    Rest = Text.isBeyondRepair() ? InputRest::Wrong : InputRest::Incomplete;
  } else {
    ask();
  }
}

// Whether there is a #line in the input.
bool InputEnds::movesLines(size_t Last) const {
  for (size_t Index = First; Index <= Last; ++Index)
    if (const IdentifierInfo *Name = Text.Tokens[Index].Name;
        Text.isDirective(Index) && (!Name || Name->isStr("line")))
      return true;
  return false;
}

void InputEnds::end(size_t Offset) {
  Ends.push_back(Array{int64_t(Text.beginOfLine(First)), int64_t(Offset)});
  First = Text.tokenAt(Offset);
}

// The parser, if it knows what all before this means.
void InputEnds::ask() {
  if (Whole)
    First = 0;
  if (First > 0) {
    Rest = InputRest::Unknown;
    return;
  }
  ScoutReport Report = scout(Text, First, Whole, Limit, Interpreter);
  if (Report.End)
    end(Report.End);
  Rest = Report.End && First < Text.Tokens.size() ? InputRest::Unknown : Report.Rest;
}

} // namespace

// Where the last input has ended, as its #line directives have it.
static void addPlace(Object &Reply, SourceManager &Sources) {
  for (unsigned Index = Sources.local_sloc_entry_size(); Index-- > 1;) {
    const SrcMgr::SLocEntry &Entry = Sources.getLocalSLocEntry(Index);
    if (!Entry.isFile() || Entry.getFile().getIncludeLoc().isInvalid() ||
        Sources.getFileID(Entry.getFile().getIncludeLoc()) != Sources.getMainFileID())
      continue;
    FileID File =
        Sources.getFileID(SourceLocation::getFromRawEncoding(Entry.getOffset()));
    // Before the newline that Clang adds.
    PresumedLoc Place =
        Sources.getPresumedLoc(Sources.getLocForStartOfFile(File).getLocWithOffset(
            Sources.getFileIDSize(File) - 1));
    if (Place.isValid()) {
      Reply["file"] = llvm::json::fixUTF8(Place.getFilename());
      Reply["line"] = int64_t(Place.getLine());
    }
    return;
  }
}

Object forkrepl::answerEnds(const Message &Request, clang::Interpreter &Interpreter) {
  bool Whole = Request.Header.getBoolean("whole").value_or(false);
  int Limit = Request.Header.getInteger("limit").value_or(1000);
  Object Reply = InputEnds(Request.Blob, Whole, Limit, Interpreter).answer();
  addPlace(Reply, Interpreter.getCompilerInstance()->getSourceManager());
  return Reply;
}
