#include "capture_default.h"

using namespace clang;
using namespace forkrepl;

void CaptureDefault::see(const Token &T, Sema &S) {
  switch (Now) {
  case Phase::Declarator:
    S.CXXThisTypeOverride = S.getASTContext().VoidPtrTy;
    Depth += T.is(tok::l_paren);
    Depth -= Depth && T.is(tok::r_paren);
    if (!Depth && T.isOneOf(tok::l_brace, tok::semi, tok::annot_repl_input_end))
      Now = Phase::Body;
    return;
  case Phase::Body:
    S.CXXThisTypeOverride = QualType();
    Now = Phase::Outside;
    [[fallthrough]];
  case Phase::Outside:
    if (T.is(tok::l_square) && S.getLangOpts().CPlusPlus && S.CurContext &&
        S.CurContext->isFileContext())
      Now = Phase::Bracket;
    return;
  case Phase::Bracket:
    Now = T.isOneOf(tok::amp, tok::equal) ? Phase::Default : Phase::Outside;
    return;
  case Phase::Default:
    // [&x] captures something by name.
    Now = T.is(tok::r_square) ? Phase::Declarator
          : T.is(tok::comma)  ? Phase::Captures
                              : Phase::Outside;
    return;
  case Phase::Captures:
    if (T.is(tok::kw_this) || T.is(tok::annot_repl_input_end))
      Now = Phase::Outside;
    else if (T.is(tok::r_square))
      Now = Phase::Declarator;
    return;
  }
}
