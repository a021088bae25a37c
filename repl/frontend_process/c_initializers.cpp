#include "c_initializers.h"

#include "value_capture.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Expr.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;

void CInitializers::InitializeSema(Sema &S) {
  this->S = &S;
  // As an error it could not be taken back. As a remark it is told whatever -W says.
  if (!S.getLangOpts().CPlusPlus)
    S.getDiagnostics().setSeverity(diag::err_init_element_not_constant,
                                   diag::Severity::Remark, SourceLocation());
}

void CInitializers::noteNotConstant(SourceLocation Place) {
  (S->CurContext->isFileContext() ? AtFileScope : InFunctions).push_back(Place);
}

bool CInitializers::isToRun(const VarDecl *Variable) const {
  const ASTContext &Context = S->getASTContext();
  return Variable->getTLSKind() == VarDecl::TLS_None &&
         !Variable->hasFlexibleArrayInit(Context) &&
         (Variable->isExternallyVisible() || !Variable->getType().isConstant(Context));
}

void CInitializers::reject(SourceLocation Place) {
  unsigned ID = S->getDiagnostics().getCustomDiagID(
      DiagnosticsEngine::Error, "initializer element is not a compile-time constant");
  S->Diag(Place, ID);
}

bool CInitializers::HandleTopLevelDecl(DeclGroupRef Group) {
  for (SourceLocation Place : std::exchange(InFunctions, {}))
    reject(Place);
  std::vector<SourceLocation> Places = std::exchange(AtFileScope, {});
  if (Places.empty())
    return true;
  bool IsUnderstood = false;
  for (Decl *D : Group) {
    auto *Variable = dyn_cast<VarDecl>(D);
    if (!Variable || !Variable->getInit() ||
        Variable->getInit()->isConstantInitializer(S->getASTContext(), false))
      continue;
    if (Variable->isInvalidDecl() || !isToRun(Variable)) {
      IsUnderstood = false;
      break;
    }
    IsUnderstood = true;
    runInitializer(Variable);
  }
  // Sema drops `&(int){a}` after its error, which it was not allowed to tell.
  auto IsInvalid = [](const Decl *D) { return D->isInvalidDecl(); };
  if (!IsUnderstood || llvm::any_of(Group, IsInvalid))
    llvm::for_each(Places, [this](SourceLocation Place) { reject(Place); });
  return true;
}

void CInitializers::runInitializer(VarDecl *Variable) {
  Expr *Value = Variable->getInit();
  Variables.push_back({Variable, Value});
  Variable->setInit(nullptr);
  if (Variable->getStorageClass() == SC_Extern) // it is a definition all the same
    Variable->setStorageClass(SC_None);
  // The code generator learns of the variable first, then of its use.
  S->Consumer.CompleteTentativeDefinition(Variable);
  if (Expr *Assignment = assign(Variable, Value))
    S->Consumer.HandleTopLevelDecl(
        DeclGroupRef(TopLevelStmtDecl::Create(S->getASTContext(), Assignment)));
}

// Null if Sema rejects it.
Expr *CInitializers::assign(VarDecl *Variable, Expr *Value) {
  ASTContext &Context = S->getASTContext();
  SourceLocation Location = Value->getExprLoc();
  QualType Type = Variable->getType().getUnqualifiedType(); // it may be const
  Expr *To =
      DeclRefExpr::Create(Context, NestedNameSpecifierLoc(), SourceLocation(), Variable,
                          /*RefersToEnclosing=*/false, Location, Type, VK_LValue);
  if (auto *List = dyn_cast<InitListExpr>(Value)) {
    if (Type->isArrayType() || Type->isRecordType() || Type->isVectorType() ||
        Type->isAnyComplexType())
      Value = new (Context) CompoundLiteralExpr(
          Location, Context.getTrivialTypeSourceInfo(Type, Location), Type, VK_LValue,
          List,
          /*fileScope=*/false);
    else
      Value = List->getInit(0); // int b = {a};
  }
  if (Type->isArrayType())
    return copyArray(To, Value);
  if (Value->isGLValue())
    Value = ImplicitCastExpr::Create(Context, Type, CK_LValueToRValue, Value, nullptr,
                                     VK_PRValue, FPOptionsOverride());
  return BinaryOperator::Create(Context, To, Value, BO_Assign, Type, VK_PRValue,
                                OK_Ordinary, Location, FPOptionsOverride());
}

Expr *CInitializers::copyArray(Expr *To, Expr *From) {
  ASTContext &Context = S->getASTContext();
  SourceLocation Location = From->getExprLoc();
  uint64_t Size = Context.getTypeSizeInChars(To->getType()).getQuantity();
  auto AddressOf = [&](Expr *Array) -> Expr * {
    Expr *Address = UnaryOperator::Create(
        Context, Array, UO_AddrOf, Context.getPointerType(Array->getType()), VK_PRValue,
        OK_Ordinary, Location, /*CanOverflow=*/false, FPOptionsOverride());
    return ImplicitCastExpr::Create(Context, Context.VoidPtrTy, CK_BitCast, Address,
                                    nullptr, VK_PRValue, FPOptionsOverride());
  };
  QualType SizeType = Context.getSizeType();
  Expr *Bytes = IntegerLiteral::Create(
      Context, llvm::APInt(Context.getIntWidth(SizeType), Size), SizeType, Location);
  return Capture.call("__builtin_memcpy", {AddressOf(To), AddressOf(From), Bytes});
}

void CInitializers::finishInput(llvm::Module *Module) {
  if (Variables.empty())
    return;
  ASTNameGenerator Names(S->getASTContext());
  for (auto [Variable, Value] : std::exchange(Variables, {})) {
    if (llvm::GlobalVariable *Compiled =
            Module ? Module->getNamedGlobal(
                         llvm::StringRef(Names.getName(Variable)).ltrim('\1'))
                   : nullptr)
      Compiled->setConstant(false);
    Variable->setInit(Value);
  }
}
