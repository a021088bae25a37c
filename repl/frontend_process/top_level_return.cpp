#include "top_level_return.h"

#include "value_capture.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Sema/Scope.h"
#include "clang/Sema/Sema.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Transforms/Utils/BasicBlockUtils.h"

using namespace clang;
using namespace forkrepl;

static constexpr llvm::StringLiteral EndInput = "__forkrepl_end_input";

// The first token after a statement has begun comes before all that it declares.
void TopLevelReturn::see() {
  auto *Statement = dyn_cast_or_null<TopLevelStmtDecl>(S->CurContext);
  if (!Statement)
    return;
  ASTContext &Context = S->getASTContext();
  std::string Name = "__stmts_" + std::to_string(++Statements);
  QualType Signature = Context.getFunctionType(Context.DependentTy, {},
                                               FunctionProtoType::ExtProtoInfo());
  Home = FunctionDecl::Create(Context, Statement->getDeclContext(),
                              Statement->getBeginLoc(), Statement->getBeginLoc(),
                              &Context.Idents.get(Name), Signature,
                              /*TInfo=*/nullptr, SC_Static);
  // Sema goes back to the lexical context. In a namespace (see InputWatcher) that is
  // not the statement's own.
  for (const Scope *Each = S->getCurScope(); Each; Each = Each->getParent())
    if (DeclContext *Around = Each->getEntity();
        Around && !isa<TopLevelStmtDecl>(Around)) {
      Home->setLexicalDeclContext(Around);
      break;
    }
  S->CurContext = Home;
}

bool TopLevelReturn::HandleTopLevelDecl(DeclGroupRef Group) {
  for (Decl *D : Group)
    if (auto *Statement = dyn_cast<TopLevelStmtDecl>(D)) {
      if (Home)
        Home->setType(S->getASTContext().getFunctionType(
            S->getASTContext().VoidTy, {}, FunctionProtoType::ExtProtoInfo()));
      Home = nullptr;
      if (Stmt *Body = Statement->getStmt())
        replaceReturns(Body);
    }
  return true;
}

void TopLevelReturn::replaceReturns(Stmt *Statement) {
  if (auto *Return = dyn_cast<ReturnStmt>(Statement)) {
    Expr *Value = Return->getRetValue();
    SourceLocation Location = Return->getReturnLoc();
    Return->setRetValue(EndsScript ? endScript(Value, Location)
                                   : endInput(Value, Location));
    return;
  }
  if (isa<LambdaExpr, BlockExpr>(Statement))
    return;
  for (Stmt *Child : Statement->children())
    if (Child)
      replaceReturns(Child);
}

static Expr *sequence(ASTContext &Context, Expr *First, Expr *Second) {
  return BinaryOperator::Create(Context, First, Second, BO_Comma, Second->getType(),
                                VK_PRValue, OK_Ordinary, Second->getExprLoc(),
                                FPOptionsOverride());
}

Expr *TopLevelReturn::endInput(Expr *Value, SourceLocation Location) {
  ASTContext &Context = S->getASTContext();
  Expr *Status =
      IntegerLiteral::Create(Context, llvm::APInt(32, 0), Context.IntTy, Location);
  Expr *End = Capture.call(EndInput, Status);
  if (!Value)
    return End;
  if (isa<InitListExpr>(Value)) {
    unsigned NoType = S->getDiagnostics().getCustomDiagID(
        DiagnosticsEngine::Error,
        "a list in braces has no type: name it before the braces");
    S->Diag(Value->getBeginLoc(), NoType);
    return End;
  }
  return sequence(Context, Capture.capture(Value), End);
}

Expr *TopLevelReturn::endScript(Expr *Value, SourceLocation Location) {
  if (!Value || !Value->getType()->isIntegralOrEnumerationType()) {
    ASTContext &Context = S->getASTContext();
    Expr *Status =
        IntegerLiteral::Create(Context, llvm::APInt(32, 0), Context.IntTy, Location);
    Expr *End = Capture.call(EndInput, Status);
    return !Value || isa<InitListExpr>(Value) ? End : sequence(Context, Value, End);
  }
  ASTContext &Context = S->getASTContext();
  auto *Cleanups = dyn_cast<ExprWithCleanups>(Value);
  Expr *Number = Cleanups ? Cleanups->getSubExpr() : Value;
  Number = S->DefaultFunctionArrayLvalueConversion(Number).get();
  Number = S->ImpCastExprToType(Number, Context.IntTy, CK_IntegralCast).get();
  Expr *End = Capture.call(EndInput, Number);
  return Cleanups ? ExprWithCleanups::Create(Context, End,
                                             Cleanups->cleanupsHaveSideEffects(),
                                             Cleanups->getObjects())
                  : End;
}

static llvm::GlobalVariable *makeVariable(llvm::Module &Module, const char *Name) {
  llvm::Type *Type = llvm::Type::getInt32Ty(Module.getContext());
  return new llvm::GlobalVariable(Module, Type, /*isConstant=*/false,
                                  llvm::GlobalValue::PrivateLinkage,
                                  llvm::ConstantInt::get(Type, 0), Name);
}

void TopLevelReturn::finishModule(llvm::Module &Module) const {
  llvm::Function *End = Module.getFunction(EndInput);
  if (!End || !End->isDeclaration())
    return;
  llvm::LLVMContext &Context = Module.getContext();
  llvm::GlobalVariable *HasEnded = makeVariable(Module, "__forkrepl_has_ended");
  llvm::GlobalVariable *Status = makeVariable(Module, "__forkrepl_status");
  End->setLinkage(llvm::GlobalValue::InternalLinkage);
  llvm::IRBuilder<> Builder(llvm::BasicBlock::Create(Context, "", End));
  Builder.CreateStore(Builder.getInt32(1), HasEnded);
  Builder.CreateStore(End->getArg(0), Status);
  Builder.CreateRetVoid();

  std::vector<llvm::CallInst *> Calls; // of the functions that statements have become
  for (llvm::Function &Function : Module)
    if (Function.getName().starts_with(StatementFunctions))
      for (llvm::User *User : Function.users())
        if (auto *Call = llvm::dyn_cast<llvm::CallInst>(User))
          Calls.push_back(Call);
  for (llvm::CallInst *Call : Calls) {
    llvm::Instruction *Next = Call->getNextNode();
    Builder.SetInsertPoint(Next);
    llvm::Value *Ends =
        Builder.CreateIsNotNull(Builder.CreateLoad(Builder.getInt32Ty(), HasEnded));
    // (What ends the block there is taken for unreachable code; it returns instead.)
    llvm::Instruction *Leave =
        llvm::SplitBlockAndInsertIfThen(Ends, Next, /*Unreachable=*/true);
    Builder.SetInsertPoint(Leave);
    if (EndsScript) {
      llvm::FunctionCallee Exit =
          Module.getOrInsertFunction("exit", Builder.getVoidTy(), Builder.getInt32Ty());
      Builder.CreateCall(Exit, Builder.CreateLoad(Builder.getInt32Ty(), Status));
    }
    Builder.CreateRetVoid();
    Leave->eraseFromParent();
  }
}
