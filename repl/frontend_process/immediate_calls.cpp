#include "immediate_calls.h"

#include "clang/Sema/Sema.h"

using namespace clang;

void forkrepl::evaluateImmediateCalls(Sema &S) {
  auto &Outer = S.ExprEvalContexts.back();
  if (Outer.ImmediateInvocationCandidates.empty() && Outer.ReferenceToConsteval.empty())
    return;
  // Leaving a context is what makes Sema evaluate them.
  auto Calls = std::exchange(Outer.ImmediateInvocationCandidates, {});
  auto References = std::exchange(Outer.ReferenceToConsteval, {});
  S.PushExpressionEvaluationContext(
      Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
  S.ExprEvalContexts.back().ImmediateInvocationCandidates = std::move(Calls);
  S.ExprEvalContexts.back().ReferenceToConsteval = std::move(References);
  S.PopExpressionEvaluationContext();
}
