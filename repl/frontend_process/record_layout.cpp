#include "record_layout.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/VTableBuilder.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

static void addArguments(TypeTable &Table, Array &Result,
                         llvm::ArrayRef<TemplateArgument> Arguments) {
  for (const TemplateArgument &Argument : Arguments) {
    switch (Argument.getKind()) {
    case TemplateArgument::Type:
      Result.push_back(Object{{"type", Table.add(Argument.getAsType())}});
      break;
    case TemplateArgument::Integral: {
      llvm::SmallString<24> Value;
      Argument.getAsIntegral().toString(Value, 10);
      Result.push_back(Object{{"value", std::string(Value)}});
      break;
    }
    case TemplateArgument::Pack:
      addArguments(Table, Result, Argument.getPackAsArray());
      break;
    default:
      Result.push_back(Object{});
    }
  }
}

static Array describeBases(TypeTable &Table, const CXXRecordDecl &Record,
                           const ASTRecordLayout &Layout) {
  Array Bases;
  for (const CXXBaseSpecifier &Base : Record.bases()) {
    if (Base.isVirtual())
      continue;
    CharUnits Offset = Layout.getBaseClassOffset(Base.getType()->getAsCXXRecordDecl());
    Bases.push_back(Object{{"type", Table.add(Base.getType().getCanonicalType())},
                           {"offset", Offset.getQuantity()}});
  }
  if (!Record.getNumVBases())
    return Bases;
  // Where they are depends on the object's own class: its virtual table says it.
  auto *Tables = cast<ItaniumVTableContext>(Table.context().getVTableContext());
  for (const CXXBaseSpecifier &Base : Record.vbases()) {
    CharUnits Offset = Tables->getVirtualBaseOffsetOffset(
        &Record, Base.getType()->getAsCXXRecordDecl());
    Bases.push_back(Object{{"type", Table.add(Base.getType().getCanonicalType())},
                           {"vtable_offset", Offset.getQuantity()}});
  }
  return Bases;
}

// Of a lambda, fields have the names of what they capture.
static llvm::DenseMap<const FieldDecl *, std::string>
captureNames(const CXXRecordDecl *Class) {
  llvm::DenseMap<const FieldDecl *, std::string> Names;
  if (!Class || !Class->isLambda())
    return Names;
  llvm::DenseMap<const ValueDecl *, FieldDecl *> Captures;
  FieldDecl *This = nullptr;
  Class->getCaptureFields(Captures, This);
  for (auto [Variable, Field] : Captures)
    Names[Field] = Variable->getName().str();
  if (This)
    Names[This] = "this";
  return Names;
}

static Array describeFields(TypeTable &Table, const RecordDecl &Record,
                            const ASTRecordLayout &Layout) {
  auto Captures = captureNames(dyn_cast<CXXRecordDecl>(&Record));
  Array Fields;
  for (const FieldDecl *Field : Record.fields()) {
    if (Field->isUnnamedBitField())
      continue;
    std::string Name = Field->getName().str();
    if (auto Capture = Captures.find(Field); Capture != Captures.end())
      Name = Capture->second;
    Object Entry{
        {"name", Name},
        {"offset", static_cast<int64_t>(Layout.getFieldOffset(Field->getFieldIndex()))},
        {"type", Table.add(Field->getType())}};
    if (Field->isBitField())
      Entry["width"] = static_cast<int64_t>(Field->getBitWidthValue());
    Fields.push_back(std::move(Entry));
  }
  return Fields;
}

// Only of the C++ library's classes does the controller know what arguments mean.
static void describeArguments(TypeTable &Table, const RecordDecl &Record,
                              Object &Result) {
  std::string Name = qualifiedName(Record);
  Result["qualified"] = Name;
  llvm::StringRef Scope(Name);
  const auto *Instance = dyn_cast<ClassTemplateSpecializationDecl>(&Record);
  if (!Instance || !(Scope.starts_with("std::") || Scope.starts_with("__gnu_cxx::")))
    return;
  Array Arguments;
  addArguments(Table, Arguments, Instance->getTemplateArgs().asArray());
  Result["arguments"] = std::move(Arguments);
}

// Such an object may be of a derived class, which its virtual table tells.
static void describeDynamic(TypeTable &Table, const CXXRecordDecl &Class,
                            Object &Into) {
  Into["dynamic"] = true;
  describeVTable(Table.context(), Class, Into);
  Array Derived;
  for (const CXXRecordDecl *Each : Table.classes().derivedFrom(Class))
    Derived.push_back(Table.add(Table.context().getCanonicalTagType(Each)));
  Into["derived"] = std::move(Derived);
}

Object forkrepl::describeRecord(TypeTable &Table, const RecordDecl &Declared) {
  const RecordDecl *Record = Declared.getDefinition();
  Object Result{{"kind", "incomplete"}};
  describeArguments(Table, Record ? *Record : Declared, Result);
  if (!Record || Record->isInvalidDecl())
    return Result;
  Result["kind"] = "record";
  const ASTRecordLayout &Layout = Table.context().getASTRecordLayout(Record);
  if (Record->isUnion())
    Result["union"] = true;
  if (const auto *Class = dyn_cast<CXXRecordDecl>(Record)) {
    if (Class->isDynamicClass())
      describeDynamic(Table, *Class, Result);
    if (Class->isLambda())
      Result["lambda"] = true;
    Result["bases"] = describeBases(Table, *Class, Layout);
  }
  Result["fields"] = describeFields(Table, *Record, Layout);
  return Result;
}
