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

// Nothing where a macro stands, or for more than a part of a line.
static std::optional<Object> fixIn(CharSourceRange Removed,
                                   const SourceManager &Sources,
                                   const LangOptions &Options, llvm::StringRef Text) {
  CharSourceRange Range = Lexer::makeFileCharRange(Removed, Sources, Options);
  if (Range.isInvalid())
    return std::nullopt;
  llvm::StringRef Old = Lexer::getSourceText(Range, Sources, Options);
  PresumedLoc Place = Sources.getPresumedLoc(Range.getBegin());
  if (Place.isInvalid() || Old.contains('\n'))
    return std::nullopt;
  return fix(Place.getFilename(), Place.getLine(), Place.getColumn(), Old, Text);
}

Array forkrepl::fixesOf(const Diagnostic &Info, const LangOptions &Options) {
  Array Fixes;
  for (const FixItHint &Hint : Info.getFixItHints()) {
    auto Fix =
        fixIn(Hint.RemoveRange, Info.getSourceManager(), Options, Hint.CodeToInsert);
    if (!Fix || Hint.InsertFromRange.isValid())
      return {};
    Fixes.push_back(std::move(*Fix));
  }
  return Fixes;
}

std::optional<Object> forkrepl::fixAt(SourceLocation Place,
                                      const SourceManager &Sources,
                                      const LangOptions &Options,
                                      llvm::StringRef Text) {
  return fixIn(CharSourceRange::getCharRange(Place, Place), Sources, Options, Text);
}

Object forkrepl::fixAtBegin(llvm::StringRef Text) { return fix("", 0, 0, "", Text); }
