#include "derived_classes.h"

#include "reached_classes.h"

#include "clang/AST/DeclTemplate.h"
#include "clang/AST/Mangle.h"
#include "clang/AST/VTableBuilder.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace forkrepl;

constexpr size_t MostDerived = 200;
constexpr int64_t PointerSize = 8;

void PolymorphicClasses::note(const CXXRecordDecl &Class) {
  if (!Class.isThisDeclarationADefinition() || Class.isInvalidDecl() ||
      Class.isDependentContext())
    return;
  if (Class.isDynamicClass())
    All->push_back(&Class);
  find(Class);
}

void PolymorphicClasses::look(const Decl *Each) {
  if (const auto *Template = dyn_cast<ClassTemplateDecl>(Each)) {
    if (Template->isCanonicalDecl())
      for (const ClassTemplateSpecializationDecl *Instance :
           Template->specializations())
        note(*Instance);
  } else if (const auto *Template = dyn_cast<FunctionTemplateDecl>(Each)) {
    if (Template->isCanonicalDecl())
      for (const FunctionDecl *Instance : Template->specializations())
        find(*Instance);
  } else if (const auto *Class = dyn_cast<CXXRecordDecl>(Each)) {
    // Instances are found with their templates.
    if (!isa<ClassTemplateSpecializationDecl>(Class) && !Class->isInjectedClassName())
      note(*Class);
  } else if (const auto *Context = dyn_cast<DeclContext>(Each)) {
    find(*Context);
  }
}

void PolymorphicClasses::find(const DeclContext &Inside) {
  for (const Decl *Each : Inside.noload_decls())
    look(Each);
}

std::vector<const CXXRecordDecl *>
PolymorphicClasses::derivedFrom(const CXXRecordDecl &Base) {
  if (!All) {
    All.emplace();
    traverseInputs(Context, SIZE_MAX, [this](Decl *Each) { look(Each); });
  }
  std::vector<const CXXRecordDecl *> Found;
  for (const CXXRecordDecl *Each : *All)
    if (Found.size() < MostDerived && Each->isDerivedFrom(&Base))
      Found.push_back(Each);
  return Found;
}

void forkrepl::describeVTable(ASTContext &Context, const CXXRecordDecl &Class,
                              llvm::json::Object &Into) {
  std::unique_ptr<MangleContext> Mangler(Context.createMangleContext());
  std::string Symbol;
  llvm::raw_string_ostream Stream(Symbol);
  cast<ItaniumMangleContext>(*Mangler).mangleCXXVTable(&Class, Stream);
  auto *Tables = cast<ItaniumVTableContext>(Context.getVTableContext());
  VTableLayout::AddressPointLocation Point =
      Tables->getVTableLayout(&Class).getAddressPoint(
          BaseSubobject(&Class, CharUnits::Zero()));
  Into["vtable"] = llvm::json::fixUTF8(Symbol);
  Into["point"] = static_cast<int64_t>(Point.AddressPointIndex) * PointerSize;
}
