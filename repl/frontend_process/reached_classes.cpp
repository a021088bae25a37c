#include "reached_classes.h"

#include "inputs_of.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"

using namespace clang;
using namespace forkrepl;

PrintingPolicy forkrepl::policyFor(ASTContext &Context) {
  PrintingPolicy Policy = Context.getPrintingPolicy();
  Policy.AnonymousTagLocations = false;
  Policy.FullyQualifiedName = true;
  return Policy;
}

std::string forkrepl::typeName(ASTContext &Context, QualType Type) {
  return Type.getCanonicalType().getAsString(policyFor(Context));
}

static void reach(const TemplateArgument &Argument, Records &Found) {
  if (Argument.getKind() == TemplateArgument::Type)
    reach(Argument.getAsType(), Found);
  else if (Argument.getKind() == TemplateArgument::Pack)
    for (const TemplateArgument &Each : Argument.pack_elements())
      reach(Each, Found);
}

static void reachInside(const RecordDecl *Record, Records &Found) {
  if (const auto *Instance = dyn_cast<ClassTemplateSpecializationDecl>(Record))
    for (const TemplateArgument &Each : Instance->getTemplateArgs().asArray())
      reach(Each, Found);
  for (const FieldDecl *Field : Record->fields())
    reach(Field->getType(), Found);
  if (const auto *Class = dyn_cast<CXXRecordDecl>(Record))
    for (const CXXBaseSpecifier &Base : Class->bases())
      reach(Base.getType(), Found);
}

void forkrepl::reach(QualType Type, Records &Found) {
  if (Type.isNull() || Type->isDependentType())
    return;
  Type = Type.getCanonicalType();
  if (const auto *Function = Type->getAs<FunctionProtoType>()) {
    reach(Function->getReturnType(), Found);
    for (QualType Each : Function->param_types())
      reach(Each, Found);
  } else if (const auto *Member = Type->getAs<MemberPointerType>()) {
    reach(Member->getPointeeType(), Found);
    if (const CXXRecordDecl *Class = Member->getMostRecentCXXRecordDecl())
      reach(Class->getASTContext().getCanonicalTagType(Class), Found);
  } else if (Type->isAnyPointerType() || Type->isReferenceType()) {
    reach(Type->getPointeeType(), Found);
  } else if (const auto *Elements = Type->getAsArrayTypeUnsafe()) {
    reach(Elements->getElementType(), Found);
  } else if (const auto *Atomic = Type->getAs<AtomicType>()) {
    reach(Atomic->getValueType(), Found);
  } else if (const RecordDecl *Record = Type->getAsRecordDecl()) {
    const RecordDecl *Defined = Record->getDefinition();
    if (Found.insert(Defined ? Defined : Record) && Defined)
      reachInside(Defined, Found);
  }
}

void forkrepl::traverseInputs(ASTContext &Context, size_t Inputs,
                              llvm::function_ref<void(Decl *)> Traverse) {
  for (TranslationUnitDecl *Input : inputsOf(Context, Inputs))
    for (Decl *Each : Input->noload_decls())
      if (!Context.getSourceManager().isInSystemHeader(Each->getLocation()))
        Traverse(Each);
}
