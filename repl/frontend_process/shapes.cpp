#include "shapes.h"

#include "reached_classes.h"
#include "type_table.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/Mangle.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "llvm/Support/MD5.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

static constexpr int64_t LargestConstant = 4096; // bytes that are compared by value

static void describeFields(ASTContext &Context, const RecordDecl *Record,
                           const ASTRecordLayout &Layout, llvm::raw_ostream &Out) {
  for (const FieldDecl *Field : Record->fields()) {
    Out << ';' << Field->getName() << '@'
        << Layout.getFieldOffset(Field->getFieldIndex()) << ':'
        << typeName(Context, Field->getType());
    if (Field->isBitField())
      Out << '/' << Field->getBitWidthValue();
  }
}

static void describeBases(ASTContext &Context, const CXXRecordDecl *Class,
                          const ASTRecordLayout &Layout, llvm::raw_ostream &Out) {
  for (const CXXBaseSpecifier &Base : Class->bases()) {
    const CXXRecordDecl *Record = Base.getType()->getAsCXXRecordDecl();
    CharUnits Offset = Base.isVirtual() ? Layout.getVBaseClassOffset(Record)
                                        : Layout.getBaseClassOffset(Record);
    Out << ";base" << Base.isVirtual() << '@' << Offset.getQuantity() << ':'
        << typeName(Context, Base.getType());
  }
  // Objects have a pointer to the table of these.
  for (const CXXMethodDecl *Method : Class->methods())
    if (Method->isVirtual())
      Out << ";virtual " << Method->getDeclName() << ':'
          << typeName(Context, Method->getType())
          << (Method->isPureVirtual() ? "=0" : "");
}

static std::string layoutOf(ASTContext &Context, const RecordDecl *Record) {
  if (!Record->isCompleteDefinition() || Record->isInvalidDecl())
    return "incomplete";
  const ASTRecordLayout &Layout = Context.getASTRecordLayout(Record);
  std::string Text;
  llvm::raw_string_ostream Out(Text);
  Out << Layout.getSize().getQuantity() << '/' << Layout.getAlignment().getQuantity()
      << (Record->isUnion() ? "union" : "");
  describeFields(Context, Record, Layout, Out);
  if (const auto *Class = dyn_cast<CXXRecordDecl>(Record))
    describeBases(Context, Class, Layout, Out);
  return Text;
}

static std::string hashed(llvm::StringRef Text) {
  llvm::MD5 Hash;
  Hash.update(Text);
  llvm::MD5::MD5Result Result;
  Hash.final(Result);
  return std::string(Result.digest());
}

namespace {
// Classes by index, described when they are first asked for.
class Classes {
public:
  explicit Classes(ASTContext &Context) : Context(Context) {}

  int64_t add(const RecordDecl *Record) {
    auto [Found, IsNew] = Indices.try_emplace(Record, Layouts.size());
    if (IsNew) {
      Order.push_back(Record);
      Layouts.push_back(layoutOf(Context, Record));
    }
    return Found->second;
  }

  const std::string &layout(int64_t Index) const { return Layouts[Index]; }

  Array describe() {
    Array Described;
    for (size_t Index = 0; Index < Order.size(); ++Index) {
      Array Bases;
      const auto *Class = dyn_cast<CXXRecordDecl>(Order[Index]);
      if (Class && Class->hasDefinition())
        for (const CXXBaseSpecifier &Base : Class->bases())
          if (const RecordDecl *Record = Base.getType()->getAsRecordDecl())
            Bases.push_back(add(Record->getDefinition()));
      QualType Type = Context.getCanonicalTagType(Order[Index]);
      Described.push_back(Object{{"name", llvm::json::fixUTF8(typeName(Context, Type))},
                                 {"layout", hashed(Layouts[Index])},
                                 {"bases", std::move(Bases)}});
    }
    return Described;
  }

private:
  ASTContext &Context;
  llvm::DenseMap<const RecordDecl *, int64_t> Indices;
  std::vector<const RecordDecl *> Order;
  std::vector<std::string> Layouts;
};

class VariableFinder : public RecursiveASTVisitor<VariableFinder> {
public:
  explicit VariableFinder(ASTContext &Context)
      : Context(Context), Known(Context), Names(Context) {}

  bool shouldVisitTemplateInstantiations() const { return true; }

  bool VisitVarDecl(VarDecl *D) {
    if (D->hasGlobalStorage() && !D->isTemplated() && !D->isInvalidDecl() &&
        !isa<DecompositionDecl>(D) && !D->getType()->isDependentType() &&
        D->isThisDeclarationADefinition() != VarDecl::DeclarationOnly)
      describe(D);
    return true;
  }

  bool VisitDecompositionDecl(DecompositionDecl *D) {
    if (D->hasGlobalStorage() && !D->isTemplated() && !D->isInvalidDecl())
      describe(D);
    return true;
  }

  // Every class that may become an object somewhere, also where no variable shows it.
  bool VisitRecordDecl(RecordDecl *D) {
    if (D->isCompleteDefinition() && !D->isDependentType() && !D->isTemplated())
      Known.add(D);
    return true;
  }

  Object take() {
    return Object{{"ok", true},
                  {"variables", std::move(Variables)},
                  {"classes", Known.describe()}};
  }

private:
  void describe(const VarDecl *D);
  std::string initializerOf(const VarDecl *D);

  ASTContext &Context;
  Classes Known;
  ASTNameGenerator Names;
  Array Variables;
};
} // namespace

std::string VariableFinder::initializerOf(const VarDecl *D) {
  std::string Text;
  const Expr *Init = D->getInit();
  if (!Init || Init->isValueDependent())
    return Text;
  llvm::raw_string_ostream Out(Text);
  Init->printPretty(Out, nullptr, policyFor(Context));
  // What it comes to may be another number, though it is called the same.
  if (!D->getType()->isReferenceType() &&
      sizeOf(Context, D->getType()) <= LargestConstant)
    if (const APValue *Value = D->evaluateValue())
      Out << " = " << Value->getAsString(Context, D->getType());
  return Text;
}

void VariableFinder::describe(const VarDecl *D) {
  Records Found;
  reach(D->getType(), Found);
  std::string Shape;
  Array Reaches;
  for (const RecordDecl *Each : Found) {
    int64_t Index = Known.add(Each);
    Shape += typeName(Context, Context.getCanonicalTagType(Each)) + Known.layout(Index);
    Reaches.push_back(Index);
  }
  std::string Symbol = Names.getName(D);
  Variables.push_back(
      Object{{"symbol", llvm::json::fixUTF8(llvm::StringRef(Symbol).ltrim('\1'))},
             {"name", llvm::json::fixUTF8(D->getQualifiedNameAsString())},
             {"type", llvm::json::fixUTF8(typeName(Context, D->getType()))},
             {"initializer", hashed(initializerOf(D))},
             {"shape", hashed(Shape)},
             {"reaches", std::move(Reaches)}});
}

Object forkrepl::describeShapes(ASTContext &Context, size_t Inputs) {
  VariableFinder Finder(Context);
  traverseInputs(Context, Inputs, [&](Decl *D) { Finder.TraverseDecl(D); });
  return Finder.take();
}
