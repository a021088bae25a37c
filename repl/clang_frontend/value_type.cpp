#include "value_type.h"

#include "clang/AST/Decl.h"
#include "llvm/ADT/SmallString.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

// `size_type` says nothing without its class: look through such names.
static QualType withoutMemberTypedefs(ASTContext &Context, QualType Type) {
  while (true) {
    const auto *Typedef = Type->getAs<TypedefType>();
    bool IsMember = Typedef && Typedef->getDecl()->getDeclContext()->isRecord();
    // Clang's own name for the type of sizeof is __size_t.
    if (!IsMember && !isa<PredefinedSugarType>(Type.getTypePtr()))
      return Type;
    Type = Type.getSingleStepDesugaredType(Context);
  }
}

static std::string printName(ASTContext &Context, QualType Type) {
  PrintingPolicy Policy = Context.getPrintingPolicy();
  Policy.SuppressTagKeyword = Context.getLangOpts().CPlusPlus;
  return llvm::json::fixUTF8(
      withoutMemberTypedefs(Context, Type).getAsString(Policy));
}

static Object describeEnum(ASTContext &Context, const EnumDecl *Enum) {
  Array Enumerators;
  for (const EnumConstantDecl *E : Enum->enumerators()) {
    llvm::SmallString<24> Value;
    E->getInitVal().toString(Value, 10);
    std::string Name;
    llvm::raw_string_ostream Stream(Name);
    E->printQualifiedName(Stream);
    Enumerators.push_back(Array{Name, std::string(Value)});
  }
  QualType Underlying = Enum->getIntegerType();
  return Object{{"kind", "enum"},
                {"signed", !Underlying.isNull() &&
                               Underlying->isSignedIntegerType()},
                {"enumerators", std::move(Enumerators)}};
}

static Object describeBuiltin(const BuiltinType *Builtin) {
  switch (Builtin->getKind()) {
  case BuiltinType::Bool:
    return Object{{"kind", "bool"}};
  case BuiltinType::NullPtr:
    return Object{{"kind", "nullptr"}};
  case BuiltinType::Void:
    return Object{{"kind", "void"}};
  case BuiltinType::LongDouble:
    return Object{{"kind", "long double"}};
  case BuiltinType::Half:
  case BuiltinType::Float16:
  case BuiltinType::Float:
  case BuiltinType::Double:
    return Object{{"kind", "float"}};
  default:
    break;
  }
  if (Builtin->isAnyCharacterType())
    return Object{{"kind", "char"}, {"signed", Builtin->isSignedInteger()}};
  if (Builtin->isInteger())
    return Object{{"kind", "int"}, {"signed", Builtin->isSignedInteger()}};
  return Object{{"kind", "other"}};
}

static Object describeKind(ASTContext &Context, QualType Canonical) {
  if (const auto *Builtin = Canonical->getAs<BuiltinType>())
    return describeBuiltin(Builtin);
  if (const auto *Enum = Canonical->getAs<EnumType>())
    return describeEnum(Context, Enum->getDecl()->getDefinitionOrSelf());
  if (Canonical->isFunctionType())
    return Object{{"kind", "function"}};
  if (Canonical->isFunctionPointerType())
    return Object{{"kind", "function pointer"}};
  if (Canonical->isPointerType()) {
    QualType Pointee = Canonical->getPointeeType();
    Object Result{{"kind", "pointer"}};
    if (Pointee->isAnyCharacterType())
      Result["pointee"] = describeType(Context, Pointee);
    return Result;
  }
  if (const ConstantArrayType *Array = Context.getAsConstantArrayType(Canonical))
    return Object{
        {"kind", "array"},
        {"count", static_cast<int64_t>(Array->getSize().getZExtValue())},
        {"element", describeType(Context, Array->getElementType())}};
  if (Canonical->isRecordType())
    return Object{{"kind", "record"}};
  return Object{{"kind", "other"}};
}

Object forkrepl::describeType(ASTContext &Context, QualType Type) {
  QualType Canonical = Type.getCanonicalType();
  Object Result = describeKind(Context, Canonical);
  Result["name"] = printName(Context, Type);
  bool Sized = !Canonical->isIncompleteType() && !Canonical->isFunctionType() &&
               !Canonical->isVoidType();
  Result["size"] =
      Sized ? Context.getTypeSizeInChars(Canonical).getQuantity() : 0;
  return Result;
}
