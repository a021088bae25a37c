#include "type_table.h"

#include "record_layout.h"

#include "clang/AST/Decl.h"
#include "clang/AST/QualTypeNames.h"
#include "llvm/ADT/SmallString.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

// Types that refer to others without end (Node<N> holds Node<N + 1>) stop here.
constexpr size_t MostTypes = 500;
constexpr size_t MostEnumerators = 2000;

// `size_type` says nothing: look through such names, unless they are for classes. What
// a type trait has found is always called `type`.
static QualType withoutMemberTypedefs(ASTContext &Context, QualType Type) {
  while (true) {
    const auto *Typedef = Type->getAs<TypedefType>();
    bool IsMember = Typedef && Typedef->getDecl()->getDeclContext()->isRecord() &&
                    !(Context.getLangOpts().CPlusPlus && Type->isRecordType() &&
                      Typedef->getDecl()->getName() != "type");
    // A name that a function has for itself says nothing outside of it.
    bool IsLocal =
        Typedef && Typedef->getDecl()->getDeclContext()->isFunctionOrMethod();
    // Clang's own name for the type of sizeof is __size_t.
    if (!IsMember && !IsLocal && !isa<PredefinedSugarType>(Type.getTypePtr()))
      return Type;
    Type = Type.getSingleStepDesugaredType(Context);
  }
}

// Clang prints `struct S` where it was written so; C++ needs no keyword there.
static std::string withoutKeywords(llvm::StringRef Name) {
  std::string Result;
  while (!Name.empty()) {
    llvm::StringRef Before(Result);
    bool IsStart = Before.empty() || Before.ends_with("<") || Before.ends_with(", ") ||
                   Before.ends_with("const ") || Before.ends_with("volatile ");
    if (IsStart && (Name.consume_front("struct ") || Name.consume_front("class ") ||
                    Name.consume_front("union ") || Name.consume_front("enum ")))
      continue;
    Result += Name.front();
    Name = Name.drop_front();
  }
  return Result;
}

// Names that only the C++ library's own code uses: _NonArray<int>, value_type.
static bool isInternal(llvm::StringRef Name) {
  bool IsWord = false;
  for (char C : Name) {
    if (C == '_' && !IsWord)
      return true;
    IsWord = llvm::isAlnum(C) || C == '_';
  }
  return false;
}

// What the compiler found out by itself has no name to keep: look through to the type.
static QualType withoutDeduction(ASTContext &Context, QualType Type) {
  while (isa<AutoType, DecltypeType, SubstTemplateTypeParmType>(Type.getTypePtr()))
    Type = Type.getSingleStepDesugaredType(Context);
  return Type;
}

// Whether this is the name of a class that is in a namespace, without that.
static bool lacksNamespace(llvm::StringRef Name, QualType Type) {
  const TagDecl *Tag = Type->getAsTagDecl();
  if (!Tag || !Tag->getDeclContext()->isNamespace() || !Tag->getIdentifier())
    return false;
  Name.consume_front("const ");
  return Name.consume_front(Tag->getName()) && (Name.empty() || Name[0] == '<');
}

std::string forkrepl::printName(ASTContext &Context, QualType Type) {
  PrintingPolicy Policy = Context.getPrintingPolicy();
  Type = withoutMemberTypedefs(Context, withoutDeduction(Context, Type));
  if (!Context.getLangOpts().CPlusPlus)
    return llvm::json::fixUTF8(Type.getAsString(Policy));
  Policy.SuppressTagKeyword = true;
  Policy.SuppressInlineNamespace =
      llvm::to_underlying(PrintingPolicy::SuppressInlineNamespaceMode::All);
  // A type that was deduced may have been written inside of a namespace. Names for
  // numbers, such as size_t, are better short.
  std::string Name = Type.getCanonicalType()->isBuiltinType()
                         ? Type.getAsString(Policy)
                         : TypeName::getFullyQualifiedName(Type, Context, Policy);
  // __m256i is what users write.
  bool IsVector = Type->getAs<TypedefType>() && Type->isVectorType();
  if ((isInternal(Name) && !IsVector) || lacksNamespace(Name, Type))
    Name = Type.getCanonicalType().getAsString(Policy);
  return llvm::json::fixUTF8(withoutKeywords(Name));
}

std::string forkrepl::qualifiedName(const TagDecl &Tag) {
  if (!Tag.getIdentifier())
    return "";
  std::string Name = Tag.getName().str();
  const DeclContext *Scope = Tag.getDeclContext();
  for (; !Scope->isTranslationUnit(); Scope = Scope->getParent()) {
    if (Scope->isInlineNamespace() || isa<LinkageSpecDecl>(Scope))
      continue;
    const auto *Named = dyn_cast<NamedDecl>(Scope);
    if (Scope->isFunctionOrMethod() || !Named || !Named->getIdentifier())
      return "";
    Name = Named->getName().str() + "::" + Name;
  }
  return Name;
}

static Object describeEnum(const EnumDecl *Enum) {
  Array Enumerators;
  for (const EnumConstantDecl *E : Enum->enumerators()) {
    if (Enumerators.size() == MostEnumerators)
      break;
    llvm::SmallString<24> Value;
    E->getInitVal().toString(Value, 10);
    std::string Name;
    llvm::raw_string_ostream Stream(Name);
    E->printQualifiedName(Stream);
    Enumerators.push_back(Array{Name, std::string(Value)});
  }
  QualType Underlying = Enum->getIntegerType();
  return Object{{"kind", "enum"},
                {"qualified", qualifiedName(*Enum)},
                {"signed", !Underlying.isNull() && Underlying->isSignedIntegerType()},
                {"enumerators", std::move(Enumerators)}};
}

// What -mlong-double-64 and -128 can change.
static const char *longDoubleKind(ASTContext &Context) {
  const llvm::fltSemantics &Format =
      Context.getFloatTypeSemantics(Context.LongDoubleTy);
  if (&Format == &llvm::APFloat::IEEEquad())
    return "float128";
  return &Format == &llvm::APFloat::IEEEdouble() ? "float" : "long double";
}

static Object describeBuiltin(ASTContext &Context, const BuiltinType *Builtin) {
  switch (Builtin->getKind()) {
  case BuiltinType::Bool:
    return Object{{"kind", "bool"}};
  case BuiltinType::NullPtr:
    return Object{{"kind", "nullptr"}};
  case BuiltinType::LongDouble:
    return Object{{"kind", longDoubleKind(Context)}};
  case BuiltinType::Float128:
    return Object{{"kind", "float128"}};
  case BuiltinType::BFloat16:
    return Object{{"kind", "bfloat"}};
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

// Whether what a pointer leads to has its class written in it. What the C++ library's pointers
// lead to, such as streams, says little.
static bool isOfUnknownClass(QualType Pointee) {
  const CXXRecordDecl *Class = Pointee->getAsCXXRecordDecl();
  return Class && Class->hasDefinition() && Class->isDynamicClass() &&
         !Class->isInStdNamespace();
}

static Object describePointer(TypeTable &Table, QualType Pointee) {
  if (Pointee->isFunctionType())
    return Object{{"kind", "function pointer"}};
  Object Result{{"kind", "pointer"}};
  if (Pointee->isAnyCharacterType() || isOfUnknownClass(Pointee))
    Result["element"] = Table.add(Pointee);
  return Result;
}

static Object describeMemberPointer(TypeTable &Table,
                                    const MemberPointerType *Pointer) {
  Object Result{{"kind", Pointer->isMemberFunctionPointer() ? "member function pointer"
                                                            : "member pointer"}};
  if (const CXXRecordDecl *Class = Pointer->getMostRecentCXXRecordDecl())
    Result["owner"] = Table.add(Table.context().getCanonicalTagType(Class));
  return Result;
}

static Object describeArray(TypeTable &Table, const ArrayType *Type) {
  Object Result{{"kind", "array"}, {"element", Table.add(Type->getElementType())}};
  if (const auto *Constant = dyn_cast<ConstantArrayType>(Type))
    Result["count"] = static_cast<int64_t>(Constant->getSize().getZExtValue());
  return Result;
}

static Object describeVector(TypeTable &Table, const VectorType *Vector) {
  // Those of bool have a bit for each element.
  if (Vector->getElementType()->isBooleanType())
    return Object{{"kind", "bits"},
                  {"count", static_cast<int64_t>(Vector->getNumElements())}};
  return Object{{"kind", "array"},
                {"count", static_cast<int64_t>(Vector->getNumElements())},
                {"element", Table.add(Vector->getElementType())}};
}

static Object describeKind(TypeTable &Table, QualType Type) {
  if (const auto *Atomic = Type->getAs<AtomicType>())
    return describeKind(Table, Atomic->getValueType().getCanonicalType());
  if (const auto *Builtin = Type->getAs<BuiltinType>())
    return describeBuiltin(Table.context(), Builtin);
  if (const auto *Integer = Type->getAs<BitIntType>())
    return Object{{"kind", "int"},
                  {"signed", Integer->isSigned()},
                  {"bits", static_cast<int64_t>(Integer->getNumBits())}};
  if (const auto *Enum = Type->getAs<EnumType>())
    return describeEnum(Enum->getDecl()->getDefinitionOrSelf());
  if (const auto *Complex = Type->getAs<ComplexType>())
    return Object{{"kind", "complex"},
                  {"element", Table.add(Complex->getElementType())}};
  if (Type->isPointerType())
    return describePointer(Table, Type->getPointeeType());
  if (Type->isReferenceType())
    return Object{{"kind", "reference"},
                  {"element", Table.add(Type->getPointeeType())}};
  if (const auto *Pointer = Type->getAs<MemberPointerType>())
    return describeMemberPointer(Table, Pointer);
  if (const ArrayType *Array = Table.context().getAsArrayType(Type))
    return describeArray(Table, Array);
  if (const auto *Vector = Type->getAs<VectorType>())
    return describeVector(Table, Vector);
  if (const RecordDecl *Record = Type->getAsRecordDecl())
    return describeRecord(Table, *Record);
  return Object{{"kind", "other"}};
}

static bool hasSize(QualType Type) {
  const RecordDecl *Record = Type->getAsRecordDecl();
  return !Type->isIncompleteType() && !Type->isFunctionType() && !Type->isVoidType() &&
         !Type->isVariableArrayType() && !Type->isDependentType() &&
         !(Record && Record->isInvalidDecl());
}

int64_t forkrepl::sizeOf(ASTContext &Context, QualType Type) {
  return hasSize(Type) ? Context.getTypeSizeInChars(Type).getQuantity() : 0;
}

// Size and alignment in bytes; of a reference, those of the pointer that it is.
static void describeSize(ASTContext &Context, QualType Type, Object &Entry) {
  if (Type->isReferenceType())
    Type = Context.getPointerType(Type->getPointeeType());
  Entry["size"] = sizeOf(Context, Type);
  if (!hasSize(Type))
    return;
  Entry["align"] = Context.getTypeAlignInChars(Type).getQuantity();
}

int64_t TypeTable::add(QualType Type) {
  QualType Canonical = Context.getCanonicalType(Type).getUnqualifiedType();
  auto [Found, IsNew] = Indices.try_emplace(Canonical, Types.size());
  if (IsNew) {
    Types.push_back(Canonical);
    Names.push_back(Types.size() <= MostTypes ? printName(Context, Type) : "...");
  }
  return Found->second;
}

Object TypeTable::describe(QualType Type) {
  int64_t Root = add(Type);
  Array Described;
  // More are added while these are described.
  for (size_t Index = 0; Index < Types.size(); ++Index) {
    QualType Canonical = Types[Index];
    Object Entry{{"kind", "other"}, {"size", 0}};
    if (Index < MostTypes) {
      Entry = describeKind(*this, Canonical);
      describeSize(Context, Canonical, Entry);
    }
    Entry["name"] = Names[Index];
    Described.push_back(std::move(Entry));
  }
  return Object{{"root", Root}, {"types", std::move(Described)}};
}
