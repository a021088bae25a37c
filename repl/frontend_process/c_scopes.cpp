#include "c_scopes.h"

#include "clang/Basic/SourceManager.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/IdentifierResolver.h"
#include "clang/Sema/Scope.h"

using namespace clang;
using namespace forkrepl;

namespace {

// Clang's interpreter includes each input from its empty main file.
class EndOfBuffer : public PPCallbacks {
public:
  explicit EndOfBuffer(Preprocessor &PP) : PP(PP) {}

  void FileChanged(SourceLocation Location, FileChangeReason Reason,
                   SrcMgr::CharacteristicKind, FileID) override {
    if (Reason == ExitFile && PP.getSourceManager().isInMainFile(Location))
      PP.enableIncrementalProcessing();
  }

private:
  Preprocessor &PP;
};

} // namespace

void CScopes::begin(Sema &S) {
  if (S.getLangOpts().CPlusPlus)
    return;
  this->S = &S;
  Preprocessor &PP = S.getPreprocessor();
  PP.addPPCallbacks(std::make_unique<EndOfBuffer>(PP));
}

void CScopes::see(const Token &T) {
  if (!S || Now == Phase::AtEnd)
    return;
  bool IsEnd = T.is(tok::annot_repl_input_end);
  if (Now == Phase::BetweenInputs) {
    Now = IsEnd ? Phase::BetweenInputs : Phase::AtFirstToken;
  } else if (IsEnd) {
    Now = Phase::AtEnd;
    noteOpenScopes();
  } else {
    Now = Phase::WithinInput;
    S->getPreprocessor().enableIncrementalProcessing(false);
  }
}

void CScopes::noteOpenScopes() {
  for (Scope *Each = S->getCurScope(); Each && Each != S->TUScope;
       Each = Each->getParent())
    for (Decl *D : Each->decls())
      if (auto *Named = dyn_cast<NamedDecl>(D); Named && Named->getDeclName())
        AtEnd.push_back(Named);
}

void CScopes::remove(NamedDecl *D) {
  IdentifierResolver &Names = S->IdResolver;
  if (std::find(Names.begin(D->getDeclName()), Names.end(), D) != Names.end())
    Names.RemoveDecl(D);
}

void CScopes::endInput() {
  if (!S)
    return;
  for (NamedDecl *D : std::exchange(AtEnd, {}))
    remove(D);
  Now = Phase::BetweenInputs;
  S->getPreprocessor().enableIncrementalProcessing();
}
