#include "bindings.h"

#include "declarations.h"
#include "type_table.h"

#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecordLayout.h"

using namespace clang;
using namespace forkrepl;

// How far the part that an expression names is from the beginning of its object.
static std::optional<CharUnits> offsetIn(ASTContext &Context, const Expr *Expression) {
  Expression = Expression->IgnoreParens();
  if (isa<DeclRefExpr>(Expression))
    return CharUnits::Zero();
  if (const auto *Member = dyn_cast<MemberExpr>(Expression)) {
    const auto *Field = dyn_cast<FieldDecl>(Member->getMemberDecl());
    auto Before = offsetIn(Context, Member->getBase());
    if (!Field || Field->isBitField() || !Before)
      return std::nullopt;
    const ASTRecordLayout &Layout = Context.getASTRecordLayout(Field->getParent());
    return *Before +
           Context.toCharUnitsFromBits(Layout.getFieldOffset(Field->getFieldIndex()));
  }
  if (const auto *Cast = dyn_cast<CastExpr>(Expression)) {
    auto Offset = offsetIn(Context, Cast->getSubExpr());
    const CXXRecordDecl *Class = Cast->getSubExpr()->getType()->getAsCXXRecordDecl();
    for (const CXXBaseSpecifier *Base : Cast->path()) {
      if (!Offset || !Class || Base->isVirtual())
        return std::nullopt;
      const CXXRecordDecl *BaseClass = Base->getType()->getAsCXXRecordDecl();
      *Offset += Context.getASTRecordLayout(Class).getBaseClassOffset(BaseClass);
      Class = BaseClass;
    }
    return Offset;
  }
  const auto *Element = dyn_cast<ArraySubscriptExpr>(Expression);
  if (!Element)
    return std::nullopt;
  auto Before = offsetIn(Context, Element->getBase());
  auto Index = Element->getIdx()->getIntegerConstantExpr(Context);
  if (!Before || !Index)
    return std::nullopt;
  return *Before +
         Context.getTypeSizeInChars(Element->getType()) * Index->getExtValue();
}

void forkrepl::describeBinding(const BindingDecl &Binding, llvm::json::Object &Into) {
  ASTContext &Context = Binding.getASTContext();
  const auto *Holder = dyn_cast_or_null<VarDecl>(Binding.getDecomposedDecl());
  if (Binding.getType().isNull() || Binding.getType()->isDependentType() || !Holder)
    return;
  Into["value_type"] =
      TypeTable(Context).describe(Binding.getType().getNonReferenceType());
  auto Offset = std::optional(CharUnits::Zero());
  if (const VarDecl *OfElement = Binding.getHoldingVar()) // of a tuple
    Holder = OfElement;
  else if (const Expr *Part = Binding.getBinding())
    Offset = offsetIn(Context, Part);
  if (!Offset)
    return;
  Into["symbol"] = symbolOf(Holder);
  Into["is_reference"] = Holder->getType()->isReferenceType();
  Into["offset"] = Offset->getQuantity();
}
