#include "fix_its.h"

#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

static Object fix(llvm::StringRef File, unsigned Line, unsigned Column,
                  llvm::StringRef Removed, llvm::StringRef Text) {
  return Object{{"file", llvm::json::fixUTF8(File)},
                {"line", Line},
                {"column", Column},
                {"removed", llvm::json::fixUTF8(Removed)},
                {"text", llvm::json::fixUTF8(Text)}};
}

Array forkrepl::fixesOf(const Diagnostic &Info, const LangOptions &Options) {
  Array Fixes;
  for (const FixItHint &Hint : Info.getFixItHints()) {
    const SourceManager &Sources = Info.getSourceManager();
    CharSourceRange Range =
        Lexer::makeFileCharRange(Hint.RemoveRange, Sources, Options);
    if (Range.isInvalid() || Hint.InsertFromRange.isValid())
      return {};
    llvm::StringRef Removed = Lexer::getSourceText(Range, Sources, Options);
    PresumedLoc Place = Sources.getPresumedLoc(Range.getBegin());
    if (Place.isInvalid() || Removed.contains('\n'))
      return {};
    Fixes.push_back(fix(Place.getFilename(), Place.getLine(), Place.getColumn(),
                        Removed, Hint.CodeToInsert));
  }
  return Fixes;
}

Object forkrepl::fixAt(SourceLocation Place, const SourceManager &Sources,
                       llvm::StringRef Text) {
  PresumedLoc Where = Sources.getPresumedLoc(Place);
  return Where.isValid()
             ? fix(Where.getFilename(), Where.getLine(), Where.getColumn(), "", Text)
             : Object{};
}

Object forkrepl::fixAtBegin(llvm::StringRef Text) { return fix("", 0, 0, "", Text); }
