#include "doc_comments.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/RawCommentList.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace forkrepl;

constexpr size_t MostBetween =
    400; // bytes: what macros leave of a declaration's beginning

// Clang keeps no comments of system headers, but it has their text.
static llvm::StringRef commentBefore(llvm::StringRef Text) {
  size_t Least = Text.size() > MostBetween ? Text.size() - MostBetween : 0;
  while (Text.size() > Least && !Text.ends_with("*/")) {
    char Last = Text.back();
    if (!llvm::isAlnum(Last) && !llvm::isSpace(Last) &&
        !llvm::StringRef("_()[]<>,:\"").contains(Last))
      return "";
    if (Text.ends_with("public:") || Text.ends_with("protected:"))
      return "";
    Text = Text.drop_back();
  }
  size_t Begin = Text.ends_with("*/") ? Text.rfind("/*") : llvm::StringRef::npos;
  if (Begin == llvm::StringRef::npos)
    return "";
  llvm::StringRef Comment = Text.substr(Begin);
  return Comment.starts_with("/**") || Comment.starts_with("/*!") ? Comment : "";
}

// Without what makes it a comment: the stars at both ends and before each line.
static std::string withoutStars(llvm::StringRef Comment) {
  Comment = Comment.drop_front(3).drop_back(2);
  std::string Result;
  while (!Comment.empty()) {
    auto [Line, Rest] = Comment.split('\n');
    llvm::StringRef Trimmed = Line.trim();
    if (Trimmed.consume_front("*"))
      Trimmed = Trimmed.ltrim();
    Result += (Trimmed + "\n").str();
    Comment = Rest;
  }
  return llvm::StringRef(Result).trim().str();
}

static std::string commentInHeader(const Decl *D) {
  const SourceManager &Sources = D->getASTContext().getSourceManager();
  if (const Decl *Template = D->getDescribedTemplate())
    D = Template;
  SourceLocation Begin = Sources.getExpansionLoc(D->getBeginLoc());
  if (Begin.isInvalid() || !Sources.isInSystemHeader(Begin))
    return "";
  auto [File, Offset] = Sources.getDecomposedLoc(Begin);
  bool IsInvalid = false;
  llvm::StringRef Text = Sources.getBufferData(File, &IsInvalid);
  if (IsInvalid || Offset > Text.size())
    return "";
  llvm::StringRef Comment = commentBefore(Text.take_front(Offset));
  return Comment.size() < 5 ? "" : withoutStars(Comment);
}

std::string forkrepl::docComment(const Decl *D) {
  ASTContext &Context = D->getASTContext();
  if (const RawComment *Comment = Context.getRawCommentForAnyRedecl(D))
    return llvm::json::fixUTF8(Comment->getFormattedText(Context.getSourceManager(),
                                                         Context.getDiagnostics()));
  for (const Decl *Each : D->redecls())
    if (std::string Comment = commentInHeader(Each); !Comment.empty())
      return llvm::json::fixUTF8(Comment);
  return "";
}
