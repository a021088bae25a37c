#include "last_place.h"

#include "clang/Lex/Lexer.h"

using namespace clang;
using namespace forkrepl;

void LastPlace::beginInput(const Preprocessor &PP, size_t Size) {
  this->PP = &PP;
  this->Size = Size;
  Begin = PP.getSourceManager().getNextLocalOffset(); // the buffer is the next file
}

FileID LastPlace::buffer() const {
  return PP->getSourceManager().getFileID(SourceLocation::getFromRawEncoding(Begin));
}

bool LastPlace::isPassedBy(SourceLocation Place) const {
  if (!PP || Place.isInvalid())
    return false;
  const SourceManager &Sources = PP->getSourceManager();
  if (Sources.isInMainFile(Place))
    return true;
  auto [File, Offset] = Sources.getDecomposedExpansionLoc(Place);
  return File == buffer() && Offset >= Size;
}

bool LastPlace::isAt(SourceLocation Place) const {
  return isPassedBy(Place) || (PP && Place.isValid() && Place == place());
}

SourceLocation LastPlace::place() const {
  const SourceManager &Sources = PP->getSourceManager();
  FileID File = buffer();
  llvm::StringRef Text = Sources.getBufferData(File).take_front(Size);
  std::string Copy = Text.str(); // a Lexer needs the zero at its end
  const char *Start = Copy.c_str();
  Lexer Tokens(SourceLocation(), PP->getLangOpts(), Start, Start, Start + Copy.size());
  Token T;
  size_t End = 0;
  for (Tokens.LexFromRawLexer(T); T.isNot(tok::eof); Tokens.LexFromRawLexer(T))
    End = Tokens.getBufferLocation() - Start;
  return End ? Sources.getLocForStartOfFile(File).getLocWithOffset(End)
             : SourceLocation();
}
