#include "cling_pragmas.h"

#include "clang/Basic/DiagnosticLex.h"
#include "clang/Basic/FileManager.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/Pragma.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/FileSystem.h"

using namespace clang;
using namespace forkrepl;

namespace {

class Handler : public PragmaHandler {
public:
  explicit Handler(std::shared_ptr<llvm::json::Array> Asked)
      : PragmaHandler("cling"), Asked(std::move(Asked)) {}

  void HandlePragma(Preprocessor &PP, PragmaIntroducer, Token &First) override {
    Token Command;
    PP.LexUnexpandedToken(Command);
    const IdentifierInfo *Name = Command.getIdentifierInfo();
    bool IsKnown = Name && (Name->isStr("load") || Name->isStr("add_include_path") ||
                            Name->isStr("add_library_path"));
    if (!IsKnown)
      return say(PP, Name ? Command : First, DiagnosticsEngine::Warning,
                 "unknown #pragma cling is ignored: load, add_include_path and "
                 "add_library_path are known");
    std::string Argument;
    if (!readArgument(PP, Argument))
      return say(
          PP, Command, DiagnosticsEngine::Error,
          "#pragma cling needs a string in parentheses, as in load(\"libx.so\")");
    if (!Name->isStr("add_include_path"))
      Asked->push_back(
          llvm::json::Object{{"kind", Name->getName()}, {"argument", Argument}});
    else if (!addFolder(PP, Argument))
      say(PP, Command, DiagnosticsEngine::Error,
          ("#pragma cling add_include_path: there is no folder " + Argument).c_str());
  }

private:
  static void say(Preprocessor &PP, const Token &Where, DiagnosticsEngine::Level Level,
                  llvm::StringRef Text) {
    DiagnosticsEngine &Diagnostics = PP.getDiagnostics();
    unsigned ID = Diagnostics.getCustomDiagID(Level, "%0");
    Diagnostics.Report(Where.getLocation(), ID) << Text;
  }

  static bool readArgument(Preprocessor &PP, std::string &Argument) {
    Token Part;
    PP.Lex(Part);
    if (Part.isNot(tok::l_paren))
      return false;
    PP.Lex(Part);
    if (Part.isNot(tok::string_literal) ||
        !PP.FinishLexStringLiteral(Part, Argument, "#pragma cling",
                                   /*AllowMacroExpansion=*/true))
      return false;
    return Part.is(tok::r_paren) && !Argument.empty();
  }

  // As if it had been given by -I, after those that were.
  static bool addFolder(Preprocessor &PP, llvm::StringRef Name) {
    llvm::SmallString<256> Path;
    llvm::sys::fs::expand_tilde(Name, Path);
    auto Folder = PP.getFileManager().getOptionalDirectoryRef(Path);
    if (Folder)
      PP.getHeaderSearchInfo().AddSearchPath(
          DirectoryLookup(*Folder, SrcMgr::C_User, /*isFramework=*/false),
          /*isAngled=*/true);
    return Folder.has_value();
  }

  std::shared_ptr<llvm::json::Array> Asked;
};

} // namespace

void ClingPragmas::attachToPreprocessor(Preprocessor &PP) {
  PP.AddPragmaHandler(new Handler(Asked)); // which owns it
}

llvm::json::Array ClingPragmas::take() {
  llvm::json::Array Taken = std::move(*Asked);
  Asked->clear();
  return Taken;
}
