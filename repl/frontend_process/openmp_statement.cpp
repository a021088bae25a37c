#include "openmp_statement.h"

#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Frontend/OpenMP/OMP.h"

using namespace clang;
using llvm::StringRef;

static constexpr size_t MostWords = 8; // of a directive's name

// What follows `#`, on one line.
static std::string wordsOf(const forkrepl::InputTokens &Text, size_t Index) {
  const forkrepl::InputToken &Directive = Text.Tokens[Index];
  std::string Words =
      StringRef(Text.Text).slice(Directive.Begin, Directive.End).drop_front().str();
  for (size_t At; (At = Words.find("\\\n")) != std::string::npos;)
    Words.replace(At, 2, " ");
  return Words;
}

// Whether it is executable and has a statement: `parallel for`, not `declare reduction`.
static bool hasStatement(StringRef Directive) {
  llvm::SmallVector<StringRef> Words;
  llvm::SplitString(Directive, Words, " \t\f\v");
  Words.truncate(std::min(Words.size(), MostWords));
  for (; !Words.empty(); Words.pop_back()) {
    // A clause may follow without a space: single(...), critical(name).
    std::string Name = StringRef(llvm::join(Words, " ")).split('(').first.rtrim().str();
    llvm::omp::Directive Kind = llvm::omp::getOpenMPDirectiveKind(Name);
    if (Kind == llvm::omp::OMPD_unknown)
      continue;
    llvm::omp::Association With = llvm::omp::getDirectiveAssociation(Kind);
    return With != llvm::omp::Association::None &&
           With != llvm::omp::Association::Declaration;
  }
  return false;
}

bool forkrepl::isOpenMPStatement(const InputTokens &Text, size_t Index,
                                 const Preprocessor &PP) {
  const InputToken &Token = Text.Tokens[Index];
  bool IsPragma = Text.isDirective(Index) && Token.Name && Token.Name->isStr("pragma");
  if (!PP.getLangOpts().OpenMP || !IsPragma || Token.Brackets > 0)
    return false;
  if (Index > 0) { // else it is in the midst of a statement already
    const InputToken &Before = Text.Tokens[Index - 1];
    bool EndsStatement = Before.Kind == tok::semi || Before.Kind == tok::r_brace;
    if (!EndsStatement && !Text.isDirective(Index - 1))
      return false;
  }
  std::string Words = wordsOf(Text, Index);
  StringRef Rest = StringRef(Words).ltrim();
  if (!Rest.consume_front("pragma"))
    return false;
  Rest = Rest.ltrim();
  return Rest.consume_front("omp") && hasStatement(Rest);
}

std::string forkrepl::withOpenMPStatements(StringRef Text, Preprocessor &PP) {
  if (!PP.getLangOpts().OpenMP || !Text.contains("omp"))
    return Text.str();
  InputTokens Tokens(Text.str(), PP);
  std::string Result;
  size_t Copied = 0;
  for (size_t Index = 0; Index < Tokens.Tokens.size(); ++Index) {
    if (!isOpenMPStatement(Tokens, Index, PP))
      continue;
    const InputToken &Directive = Tokens.Tokens[Index];
    bool GoesOn = Index > 0 && isOpenMPStatement(Tokens, Index - 1, PP);
    std::string Words = wordsOf(Tokens, Index);
    StringRef Content = StringRef(Words).ltrim().drop_front(StringRef("pragma").size());
    Result += Text.slice(Copied, Directive.Begin);
    Result += GoesOn ? "_Pragma(\"" : "if (1) _Pragma(\"";
    for (char Each : Content.trim()) {
      if (Each == '"' || Each == '\\')
        Result += '\\';
      Result += Each;
    }
    Result += "\")";
    Result.append(Text.slice(Directive.Begin, Directive.End).count('\n'), '\n');
    Copied = Directive.End;
  }
  Result += Text.drop_front(Copied);
  return Result;
}
