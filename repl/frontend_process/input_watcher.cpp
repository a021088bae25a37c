#include "input_watcher.h"

#include "shadowing.h"
#include "top_level_return.h"

#include "clang/AST/Decl.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;

// Sema asks external sources at the end of an input, when all has been parsed.
class InputWatcher::EndOfInput : public ExternalSemaSource {
public:
  explicit EndOfInput(InputWatcher &Watcher) : Watcher(Watcher) {}

  void ReadTentativeDefinitions(llvm::SmallVectorImpl<VarDecl *> &) override {
    Watcher.endInput();
  }

private:
  InputWatcher &Watcher;
};

void InputWatcher::InitializeSema(Sema &S) {
  this->S = &S;
  Scopes.begin(S);
  S.addExternalSource(llvm::makeIntrusiveRefCnt<EndOfInput>(*this));
  S.getPreprocessor().setTokenWatcher([this](const Token &T) { see(T); });
}

void InputWatcher::see(const Token &T) {
  shareUnnamedNamespace(S->getASTContext());
  Scopes.see(T);
  Returns.see();
  Captures.see(T, *S);
  // When code has been generated, Clang reads the end once more.
  if (HasEnded && T.is(tok::annot_repl_input_end))
    tellErrors();
  HasEnded = HasEnded && T.is(tok::annot_repl_input_end);
  Brackets.see(T); // at last: it may change the token
}

void InputWatcher::endInput() {
  Scopes.endInput();
  HasEnded = true;
  tellErrors();
}

void InputWatcher::tellErrors() {
  if (OnErrors && S->getDiagnostics().hasErrorOccurred())
    OnErrors();
}

static const TopLevelStmtDecl *statementIn(const DeclContext *Context) {
  for (const Decl *D : Context->noload_decls()) {
    if (const auto *Statement = dyn_cast<TopLevelStmtDecl>(D))
      return Statement;
    if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D))
      if (const auto *Statement = statementIn(cast<DeclContext>(D)))
        return Statement;
  }
  return nullptr;
}

bool InputWatcher::HandleTopLevelDecl(DeclGroupRef Group) {
  for (Decl *D : Group)
    if (S && isa<NamespaceDecl, LinkageSpecDecl>(D) &&
        !S->getSourceManager().isInSystemHeader(D->getLocation()))
      if (const auto *Statement = statementIn(cast<DeclContext>(D))) {
        unsigned ID = S->getDiagnostics().getCustomDiagID(
            DiagnosticsEngine::Error,
            "a statement cannot be in a %select{namespace|linkage specification}0");
        S->Diag(Statement->getBeginLoc(), ID) << isa<LinkageSpecDecl>(D);
        return false; // to the code generator it would be undefined behaviour
      }
  return true;
}
