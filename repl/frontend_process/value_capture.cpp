#include "value_capture.h"

#include "immediate_calls.h"
#include "printers.h"
#include "type_table.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclGroup.h"
#include "clang/AST/Expr.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;

namespace {

// Answers when Clang has found nothing by a name: so a variable, a parameter, a
// placeholder or a macro of the user's comes first.
class NamesOfOurs : public ExternalSemaSource {
public:
  explicit NamesOfOurs(ValueCapture &Capture) : Capture(Capture) {}

  bool LookupUnqualified(LookupResult &Found, Scope *) override {
    const IdentifierInfo *Name = Found.getLookupName().getAsIdentifierInfo();
    if (!Name || Found.isForRedeclaration() ||
        Found.getLookupKind() != Sema::LookupOrdinaryName)
      return false;
    VarDecl *Variable = Capture.lookUp(Name->getName());
    if (!Variable)
      return false;
    Found.addDecl(Variable);
    Found.resolveKind();
    return true;
  }

private:
  ValueCapture &Capture;
};

} // namespace

void ValueCapture::InitializeSema(Sema &S) {
  this->S = &S;
  S.addExternalSource(llvm::makeIntrusiveRefCnt<NamesOfOurs>(*this));
}

static std::string symbolOf(unsigned Value) {
  return "__forkrepl_value_" + std::to_string(Value);
}

VarDecl *ValueCapture::lastValue() {
  if (LastVariable || LastType.isNull())
    return LastVariable;
  LastVariable = makeExternal("_", LastType, symbolOf(Values));
  return LastVariable;
}

VarDecl *ValueCapture::makeExternal(llvm::StringRef Name, QualType Type,
                                    llvm::StringRef Symbol) {
  VarDecl *Variable =
      VarDecl::Create(*Context, Context->getTranslationUnitDecl(), SourceLocation(),
                      SourceLocation(), &Context->Idents.get(Name), Type,
                      Context->getTrivialTypeSourceInfo(Type), SC_Extern);
  Variable->addAttr(AsmLabelAttr::CreateImplicit(*Context, Symbol));
  return Variable;
}

// Of `Out[3]`, when Clang asks what `Out` is: 3. It asks when it has come to `Out`, or is one
// token further.
static std::optional<unsigned> subscriptAhead(Preprocessor &PP) {
  unsigned Ahead = PP.LookAhead(0).is(tok::l_square) ? 1 : 0;
  Token Number = PP.LookAhead(Ahead);
  unsigned Input = 0;
  if (Number.isNot(tok::numeric_constant) ||
      PP.LookAhead(Ahead + 1).isNot(tok::r_square) ||
      llvm::StringRef(PP.getSpelling(Number)).getAsInteger(10, Input))
    return std::nullopt;
  return Input;
}

// The 3 of `In[3]`, as diagnostics call the input; 0 if it has no number.
static unsigned numberOfInput(const SourceManager &Sources, SourceLocation Location) {
  PresumedLoc Place = Sources.getPresumedLoc(Location);
  llvm::StringRef Name = Place.isValid() ? Place.getFilename() : "";
  unsigned Number = 0;
  if (!Name.consume_front("In[") || !Name.consume_back("]") ||
      Name.getAsInteger(10, Number))
    return 0;
  return Number;
}

VarDecl *ValueCapture::remember(llvm::StringRef Name, QualType Type,
                                llvm::StringRef Symbol) {
  VarDecl *&Variable = Used[Symbol.str()];
  if (!Variable)
    Variable = makeExternal(Name, Type, Symbol);
  return Variable;
}

VarDecl *ValueCapture::valueOf(unsigned Input) {
  auto Found = ByInput.find(Input);
  if (Found == ByInput.end())
    return nullptr;
  std::string Number = std::to_string(Input);
  return remember("_" + Number, Found->second.Type,
                  symbolOf(Found->second.Value) + "_of_" + Number);
}

// An array that begins so far before the value that this is the element of that number.
VarDecl *ValueCapture::arrayWithValueOf(unsigned Input) {
  auto Found = ByInput.find(Input);
  if (Found == ByInput.end())
    return nullptr;
  QualType Array = Context->getIncompleteArrayType(
      Found->second.Type, ArraySizeModifier::Normal, /*IndexTypeQuals=*/0);
  return remember("Out", Array,
                  symbolOf(Found->second.Value) + "_at_" + std::to_string(Input));
}

VarDecl *ValueCapture::lookUp(llvm::StringRef Name) {
  if (Name == "_")
    return lastValue();
  if (Name == "Out")
    if (auto Input = subscriptAhead(S->getPreprocessor()))
      return arrayWithValueOf(*Input);
  unsigned Input = 0;
  if (Name.consume_front("_") && !Name.starts_with("0") &&
      !Name.getAsInteger(10, Input))
    return valueOf(Input);
  if (Name == "argc" && !ArgumentCount)
    ArgumentCount = makeExternal(Name, Context->IntTy, "forkrepl_argc");
  if (Name == "argv" && !Arguments)
    Arguments = makeExternal(
        Name, Context->getPointerType(Context->getPointerType(Context->CharTy)),
        "forkrepl_argv");
  return Name == "argc" ? ArgumentCount : Name == "argv" ? Arguments : nullptr;
}

bool ValueCapture::HandleTopLevelDecl(DeclGroupRef Group) {
  for (Decl *D : Group)
    if (auto *Statement = dyn_cast<TopLevelStmtDecl>(D)) {
      evaluateImmediateCalls(*S);
      auto *Expression = dyn_cast_or_null<Expr>(Statement->getStmt());
      if (Statement->isSemiMissing() && Expression)
        Statement->setStmt(capture(Expression));
    } else {
      HasStreaming = HasStreaming || declaresStreaming(D);
    }
  // Sema takes a variable for undefined whose type has no linkage.
  if (LastVariable)
    S->UndefinedButUsed.erase(LastVariable);
  for (auto &[Symbol, Variable] : Used)
    S->UndefinedButUsed.erase(Variable);
  return true;
}

std::optional<llvm::json::Object> ValueCapture::takeValue() {
  LastVariable = nullptr;
  Used.clear();
  if (Type.isNull())
    return std::nullopt;
  LastType = std::exchange(Type, QualType());
  if (unsigned Input = numberOfInput(Context->getSourceManager(), Begin))
    ByInput[Input] = {Values + 1, LastType};
  TypeTable Table(*Context);
  llvm::json::Object Description = Table.describe(LastType);
  Types = Table.types();
  return llvm::json::Object{{"type", std::move(Description)},
                            {"symbol", symbolOf(++Values)},
                            {"printers", printerHints(*Context, Types, HasStreaming)}};
}

static bool hasValue(Sema &S, QualType Type) {
  // An lvalue's class may be a template's that nothing has needed yet.
  (void)S.isCompleteType(SourceLocation(), Type);
  return !Type->isVoidType() && !Type->isDependentType() && !Type->isIncompleteType() &&
         !Type->isVariableArrayType();
}

// What `std::cout << 1` returns: nobody has asked for it.
static bool isReturnedStream(const Expr *Expression) {
  const CXXRecordDecl *Class = Expression->getType()->getAsCXXRecordDecl();
  if (!isa<CallExpr>(Expression->IgnoreParens()) || !Expression->isLValue() || !Class ||
      !Class->hasDefinition())
    return false;
  auto IsNoStream = [](const CXXRecordDecl *Each) {
    return !(Each->isInStdNamespace() && Each->getIdentifier() &&
             Each->getName() == "ios_base");
  };
  return !Class->forallBases(IsNoStream);
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

// Whether an lvalue is, or is a part of, an object that is gone after the statement.
static bool isInTemporary(const Expr *Expression) {
  while (true) {
    Expression = Expression->IgnoreParens();
    const auto *Member = dyn_cast<MemberExpr>(Expression);
    if (!Member || Member->isArrow())
      break;
    Expression = Member->getBase();
  }
  const auto *Literal = dyn_cast<CompoundLiteralExpr>(Expression);
  return Literal && !Literal->isFileScope();
}

// Bit-fields and parts of vectors have no address.
static bool hasAddress(const Expr *Expression) {
  return Expression->isGLValue() && Expression->getObjectKind() == OK_Ordinary;
}

Keep ValueCapture::howToKeep(const Expr *Expression) {
  if (!Keeps)
    return Keep::No;
  QualType Type = Expression->getType();
  if (Expression->isLValue() && hasAddress(Expression) && !isInTemporary(Expression))
    return Keep::Object;
  QualType Element;
  if (S->isStdInitializerList(Type, &Element)) // what it points at is gone
    return Keep::No;
  bool IsNumbered =
      numberOfInput(Context->getSourceManager(), Expression->getBeginLoc()) > 0;
  if (Type.isTriviallyCopyableType(*Context))
    return IsNumbered ? Keep::NumberedBytes : Keep::Bytes;
  if (!Expression->isPRValue() || !Type->isRecordType())
    return Keep::No;
  return IsNumbered ? Keep::NumberedHeld : Keep::Held;
}

Expr *ValueCapture::capture(Expr *Whole) {
  // The temporaries of E live until its value has been taken.
  auto *Cleanups = dyn_cast<ExprWithCleanups>(Whole);
  Expr *Expression = withoutDecay(Cleanups ? Cleanups->getSubExpr() : Whole);
  if (Expression->getType()->isFunctionType())
    Expression = ImplicitCastExpr::Create(
        *Context, Context->getPointerType(Expression->getType()),
        CK_FunctionToPointerDecay, Expression, nullptr, VK_PRValue,
        FPOptionsOverride());
  if (!hasValue(*S, Expression->getType()) || isReturnedStream(Expression))
    return Whole;

  // One that a `return` hands over, or the last, but never both.
  if (!Type.isNull() && !Context->hasSameType(Type, Expression->getType())) {
    unsigned TwoTypes = S->getDiagnostics().getCustomDiagID(
        DiagnosticsEngine::Error,
        "a value of type %0 in an input that may end with one of type %1");
    S->Diag(Whole->getBeginLoc(), TwoTypes) << Expression->getType() << Type;
    return Whole;
  }
  Begin = Whole->getBeginLoc();
  Type = Expression->getType();
  Keep How = howToKeep(Expression);
  bool IsHeld = How == Keep::Held || How == Keep::NumberedHeld;
  Expr *Call = IsHeld ? hold(Expression, How) : nullptr;
  if (!Call)
    Call = callCapture(Expression, IsHeld ? Keep::No : How);
  // What Sema has noted meanwhile is not the next expression's.
  S->DiscardCleanupsInEvaluationContext();
  if (!Cleanups)
    return Call;
  return ExprWithCleanups::Create(*Context, Call, Cleanups->cleanupsHaveSideEffects(),
                                  Cleanups->getObjects());
}

Expr *ValueCapture::addressOf(Expr *Expression) {
  QualType Type = Expression->getType();
  if (Expression->isGLValue() && !hasAddress(Expression))
    Expression =
        ImplicitCastExpr::Create(*Context, Type.getUnqualifiedType(), CK_LValueToRValue,
                                 Expression, nullptr, VK_PRValue, FPOptionsOverride());
  if (Expression->isPRValue())
    Expression = new (*Context) MaterializeTemporaryExpr(
        Expression->getType(), Expression, /*BoundToLvalueReference=*/true);
  return UnaryOperator::Create(*Context, Expression, UO_AddrOf,
                               Context->getPointerType(Type), VK_PRValue, OK_Ordinary,
                               Expression->getExprLoc(),
                               /*CanOverflow=*/false, FPOptionsOverride());
}

Expr *ValueCapture::number(uint64_t Value, QualType Type, SourceLocation Location) {
  return IntegerLiteral::Create(
      *Context, llvm::APInt(Context->getIntWidth(Type), Value), Type, Location);
}

Expr *ValueCapture::call(llvm::StringRef Function, llvm::ArrayRef<Expr *> Arguments) {
  SourceLocation Location = Arguments.front()->getExprLoc();
  LookupResult Found(*S, &Context->Idents.get(Function), Location,
                     Sema::LookupOrdinaryName);
  S->LookupName(Found, S->TUScope, /*AllowBuiltinCreation=*/true);
  ExprResult Callee =
      S->BuildDeclarationNameExpr(CXXScopeSpec(), Found, /*NeedsADL=*/false);
  if (Callee.isInvalid())
    return nullptr;
  llvm::SmallVector<Expr *, 3> Passed(Arguments);
  ExprResult Call =
      S->BuildCallExpr(/*Scope=*/nullptr, Callee.get(), Location, Passed, Location);
  return Call.isInvalid() ? nullptr : Call.get();
}

Expr *ValueCapture::callCapture(Expr *Expression, Keep How) {
  SourceLocation Location = Expression->getExprLoc();
  uint64_t Size = Context->getTypeSizeInChars(Expression->getType()).getQuantity();
  QualType AddressType = Context->getPointerType(Context->VoidTy.withConst());
  Expr *Address =
      ImplicitCastExpr::Create(*Context, AddressType, CK_BitCast, addressOf(Expression),
                               nullptr, VK_PRValue, FPOptionsOverride());
  return call("__forkrepl_capture_value",
              {Address, number(Size, Context->UnsignedLongTy, Location),
               number(static_cast<uint64_t>(How), Context->IntTy, Location)});
}

// Null if there can be no such object: in C++11 and 14 it may be impossible to move.
Expr *ValueCapture::hold(Expr *Expression, Keep How) {
  Sema::TentativeAnalysisScope Tentative(*S);
  SourceLocation Location = Expression->getExprLoc();
  QualType Type = Expression->getType();
  LookupResult Tag(*S, &Context->Idents.get("__forkrepl_alignment"), Location,
                   Sema::LookupTagName);
  S->LookupName(Tag, S->TUScope);
  uint64_t Alignment = Context->getTypeAlignInChars(Type).getQuantity();
  Expr *Placement = ImplicitCastExpr::Create(
      *Context, Context->getCanonicalTagType(Tag.getAsSingle<EnumDecl>()),
      CK_IntegralCast, number(Alignment, Context->UnsignedIntTy, Location), nullptr,
      VK_PRValue, FPOptionsOverride());
  Expr *Initializer = ParenListExpr::Create(*Context, Location, Expression, Location);
  ExprResult New = S->BuildCXXNew(
      Expression->getSourceRange(), /*UseGlobal=*/true, Location, Placement, Location,
      SourceRange(), Type, Context->getTrivialTypeSourceInfo(Type, Location),
      /*ArraySize=*/std::nullopt, SourceRange(Location, Location), Initializer);
  if (New.isInvalid())
    return nullptr;
  return call("__forkrepl_hold_value", {New.get(), number(static_cast<uint64_t>(How),
                                                          Context->IntTy, Location)});
}
