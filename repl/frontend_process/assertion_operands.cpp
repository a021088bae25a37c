#include "assertion_operands.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"

using namespace llvm;

static constexpr StringLiteral Failed = "_ZSt21__glibcxx_assert_failPKciS0_S0_";
static constexpr StringLiteral Note = "forkrepl_note_operands";

// Through the negation, and what __builtin_expect makes of it.
static ICmpInst *comparisonIn(Value *Condition) {
  while (auto *Each = dyn_cast<Instruction>(Condition)) {
    auto *Comparison = dyn_cast<ICmpInst>(Each);
    bool IsOfTruth = Comparison && Comparison->isEquality() &&
                     isa<ConstantInt>(Comparison->getOperand(1));
    if (Comparison && !IsOfTruth)
      return Comparison;
    if (!isa<ZExtInst, IntrinsicInst, ICmpInst>(Each) &&
        Each->getOpcode() != Instruction::Xor)
      return nullptr;
    Condition = Each->getOperand(0);
  }
  return nullptr;
}

static void noteOperands(CallInst &Call, FunctionCallee Callee) {
  BasicBlock *Before = Call.getParent()->getSinglePredecessor();
  auto *Branch = Before ? dyn_cast<BranchInst>(Before->getTerminator()) : nullptr;
  ICmpInst *Comparison = Branch && Branch->isConditional()
                             ? comparisonIn(Branch->getCondition())
                             : nullptr;
  Type *Compared = Comparison ? Comparison->getOperand(0)->getType() : nullptr;
  if (!Compared || !Compared->isIntegerTy() || Compared->getIntegerBitWidth() > 64)
    return;
  IRBuilder<> Builder(&Call);
  bool IsSigned = Comparison->isSigned();
  Value *Operands[2];
  for (unsigned Number : {0, 1})
    Operands[Number] = Builder.CreateIntCast(Comparison->getOperand(Number),
                                             Builder.getInt64Ty(), IsSigned);
  Builder.CreateCall(Callee, Operands);
}

void forkrepl::noteAssertionOperands(Module &Module) {
  Function *Called = Module.getFunction(Failed);
  if (!Called)
    return;
  Type *Number = Type::getInt64Ty(Module.getContext());
  FunctionCallee Callee = Module.getOrInsertFunction(
      Note, Type::getVoidTy(Module.getContext()), Number, Number);
  for (User *Each : Called->users())
    if (auto *Call = dyn_cast<CallInst>(Each);
        Call && Call->getCalledFunction() == Called)
      noteOperands(*Call, Callee);
}
