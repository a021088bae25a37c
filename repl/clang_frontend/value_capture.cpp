#include "value_capture.h"

#include "type_table.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclGroup.h"
#include "clang/AST/Expr.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;
using namespace forkrepl;

static FunctionDecl *findCapture(Decl *D) {
  if (auto *Linkage = dyn_cast<LinkageSpecDecl>(D)) // extern "C"
    D = Linkage->decls_empty() ? nullptr : *Linkage->decls_begin();
  auto *Candidate = dyn_cast_or_null<FunctionDecl>(D);
  bool Found = Candidate && Candidate->getIdentifier() &&
               Candidate->getName() == "__forkrepl_capture_value";
  return Found ? Candidate : nullptr;
}

bool ValueCapture::HandleTopLevelDecl(DeclGroupRef Group) {
  for (Decl *D : Group) {
    if (!Function) { // the prelude is being parsed
      Function = findCapture(D);
    } else if (auto *Statement = dyn_cast<TopLevelStmtDecl>(D)) {
      moveLocals(*Statement);
      auto *Expression = dyn_cast_or_null<Expr>(Statement->getStmt());
      if (Statement->isSemiMissing() && Expression)
        Statement->setStmt(capture(Expression));
    }
  }
  return true;
}

void ValueCapture::moveLocals(TopLevelStmtDecl &Statement) {
  FunctionDecl *Home = nullptr;
  for (Decl *Local : Statement.decls()) {
    auto *Variable = dyn_cast<VarDecl>(Local);
    if (!isa<TagDecl>(Local) && !(Variable && Variable->isStaticLocal()))
      continue;
    if (!Home) {
      std::string Name = "__stmts_" + std::to_string(++Statements);
      QualType Signature = Context->getFunctionType(
          Context->VoidTy, {}, FunctionProtoType::ExtProtoInfo());
      Home = FunctionDecl::Create(
          *Context, Context->getTranslationUnitDecl(), Statement.getBeginLoc(),
          Statement.getBeginLoc(), &Context->Idents.get(Name), Signature,
          /*TInfo=*/nullptr, SC_Static);
    }
    Local->setDeclContext(Home);
  }
}

std::optional<llvm::json::Object> ValueCapture::takeValue() {
  if (Type.isNull())
    return std::nullopt;
  llvm::json::Object Value{{"type", TypeTable(*Context).describe(Type)},
                           {"lvalue", IsLValue}};
  Type = QualType();
  return Value;
}

static bool hasValue(QualType Type) {
  return !Type->isVoidType() && !Type->isDependentType() &&
         !Type->isIncompleteType() && !Type->isVariableArrayType();
}

// In C, an expression statement that names an object or an array has been turned
// into a value or a pointer already. The object itself says more.
static Expr *withoutDecay(Expr *Expression) {
  auto *Cast = dyn_cast<ImplicitCastExpr>(Expression);
  if (Cast && (Cast->getCastKind() == CK_ArrayToPointerDecay ||
               Cast->getCastKind() == CK_LValueToRValue))
    return Cast->getSubExpr();
  return Expression;
}

Stmt *ValueCapture::capture(Expr *Whole) {
  // The temporaries of E live until its value has been taken.
  auto *Cleanups = dyn_cast<ExprWithCleanups>(Whole);
  Expr *Expression =
      withoutDecay(Cleanups ? Cleanups->getSubExpr() : Whole);
  if (Expression->getType()->isFunctionType())
    Expression = ImplicitCastExpr::Create(
        *Context, Context->getPointerType(Expression->getType()),
        CK_FunctionToPointerDecay, Expression, nullptr, VK_PRValue,
        FPOptionsOverride());
  if (!hasValue(Expression->getType()))
    return Whole;

  Begin = Whole->getBeginLoc();
  Type = Expression->getType();
  IsLValue = Expression->isLValue();
  uint64_t Size = Context->getTypeSizeInChars(Type).getQuantity();
  Expr *Call = callCapture(addressOf(Expression), Size);
  if (!Cleanups)
    return Call;
  return ExprWithCleanups::Create(*Context, Call,
                                  Cleanups->cleanupsHaveSideEffects(),
                                  Cleanups->getObjects());
}

Expr *ValueCapture::addressOf(Expr *Expression) {
  QualType Type = Expression->getType();
  if (Expression->isGLValue() && Expression->refersToBitField())
    Expression = ImplicitCastExpr::Create(
        *Context, Type.getUnqualifiedType(), CK_LValueToRValue, Expression,
        nullptr, VK_PRValue, FPOptionsOverride());
  if (Expression->isPRValue())
    Expression = new (*Context) MaterializeTemporaryExpr(
        Expression->getType(), Expression, /*BoundToLvalueReference=*/true);
  return UnaryOperator::Create(
      *Context, Expression, UO_AddrOf, Context->getPointerType(Type),
      VK_PRValue, OK_Ordinary, Expression->getExprLoc(),
      /*CanOverflow=*/false, FPOptionsOverride());
}

Expr *ValueCapture::callCapture(Expr *Address, uint64_t Size) {
  SourceLocation Location = Address->getExprLoc();
  Expr *Reference = DeclRefExpr::Create(
      *Context, NestedNameSpecifierLoc(), SourceLocation(), Function,
      /*RefersToEnclosingVariableOrCapture=*/false, Location,
      Function->getType(), VK_LValue);
  Expr *Callee = ImplicitCastExpr::Create(
      *Context, Context->getPointerType(Function->getType()),
      CK_FunctionToPointerDecay, Reference, nullptr, VK_PRValue,
      FPOptionsOverride());
  QualType AddressType = Function->getParamDecl(0)->getType();
  QualType SizeType = Function->getParamDecl(1)->getType();
  Expr *Arguments[] = {
      ImplicitCastExpr::Create(*Context, AddressType, CK_BitCast, Address,
                               nullptr, VK_PRValue, FPOptionsOverride()),
      IntegerLiteral::Create(
          *Context, llvm::APInt(Context->getIntWidth(SizeType), Size), SizeType,
          Location)};
  return CallExpr::Create(*Context, Callee, Arguments, Context->VoidTy,
                          VK_PRValue, Location, FPOptionsOverride());
}
