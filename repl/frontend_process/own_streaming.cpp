#include "own_streaming.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"

using namespace clang;
using namespace forkrepl;

constexpr unsigned MostNested = 3; // arguments of templates in one another

namespace {

// A class and its bases; of an instance the template, for which its operators are written.
using Family = llvm::SmallPtrSet<const Decl *, 8>;

void add(const CXXRecordDecl &Class, Family &Into) {
  Into.insert(Class.getCanonicalDecl());
  if (const auto *Instance = dyn_cast<ClassTemplateSpecializationDecl>(&Class))
    Into.insert(Instance->getSpecializedTemplate()->getCanonicalDecl());
}

Family familyOf(const CXXRecordDecl &Class) {
  Family Result;
  add(Class, Result);
  if (Class.hasDefinition())
    Class.forallBases([&](const CXXRecordDecl *Base) {
      add(*Base, Result);
      return true;
    });
  return Result;
}

// The class, or its template, that a parameter takes. Null: another type, or any.
const Decl *classOf(QualType Parameter) {
  QualType Type = Parameter.getNonReferenceType();
  if (const auto *Template = Type->getAs<TemplateSpecializationType>())
    if (const TemplateDecl *Named = Template->getTemplateName().getAsTemplateDecl())
      if (Template->isDependentType() && !Template->isTypeAlias())
        return Named->getCanonicalDecl();
  const CXXRecordDecl *Class = Type->getAsCXXRecordDecl();
  if (!Class)
    return nullptr;
  // In a friend of a template, its own name.
  if (const ClassTemplateDecl *Template = Class->getDescribedClassTemplate())
    return Template->getCanonicalDecl();
  return Class->getCanonicalDecl();
}

bool isOstream(QualType Parameter) {
  const auto *Named = dyn_cast_or_null<NamedDecl>(classOf(Parameter));
  return Named && Named->getIdentifier() && Named->getName() == "basic_ostream" &&
         Named->isInStdNamespace();
}

bool streams(const Decl *D, const Family &Wanted) {
  if (const auto *Template = dyn_cast_or_null<FunctionTemplateDecl>(D))
    D = Template->getTemplatedDecl();
  const auto *Function = dyn_cast_or_null<FunctionDecl>(D);
  if (!Function || Function->getOverloadedOperator() != OO_LessLess ||
      Function->getNumParams() != 2 || isa<CXXMethodDecl>(Function))
    return false;
  return isOstream(Function->getParamDecl(0)->getType()) &&
         Wanted.contains(classOf(Function->getParamDecl(1)->getType()));
}

bool hasStreamingFriend(const CXXRecordDecl &Class, const Family &Wanted) {
  return Class.hasDefinition() &&
         llvm::any_of(Class.friends(), [&](const FriendDecl *Friend) {
           return streams(Friend->getFriendDecl(), Wanted);
         });
}

bool hasStreamingIn(const DeclContext *Namespace, const Family &Wanted) {
  DeclarationName Operator =
      Namespace->getParentASTContext().DeclarationNames.getCXXOperatorName(OO_LessLess);
  return llvm::any_of(Namespace->lookup(Operator), [&](const NamedDecl *Found) {
    return streams(Found->getUnderlyingDecl(), Wanted);
  });
}

// The namespaces of a class, and of what its template was given.
void addNamespaces(const CXXRecordDecl &Class, unsigned Depth,
                   llvm::SmallPtrSetImpl<const DeclContext *> &Into) {
  for (const DeclContext *Each = Class.getEnclosingNamespaceContext(); Each;
       Each = Each->getParent()) {
    Into.insert(Each->getRedeclContext()->getPrimaryContext());
    if (!Each->isInlineNamespace())
      break;
  }
  const auto *Instance = dyn_cast<ClassTemplateSpecializationDecl>(&Class);
  if (!Instance || !Depth)
    return;
  for (const TemplateArgument &Argument : Instance->getTemplateArgs().asArray())
    if (Argument.getKind() == TemplateArgument::Type)
      if (const CXXRecordDecl *Given = Argument.getAsType()->getAsCXXRecordDecl())
        addNamespaces(*Given, Depth - 1, Into);
}

bool streamsFor(const CXXRecordDecl &Class, const Family &Wanted) {
  if (hasStreamingFriend(Class, Wanted))
    return true;
  llvm::SmallPtrSet<const DeclContext *, 8> Namespaces;
  addNamespaces(Class, MostNested, Namespaces);
  return llvm::any_of(Namespaces, [&](const DeclContext *Namespace) {
    return hasStreamingIn(Namespace, Wanted);
  });
}

bool isPublicData(const FieldDecl *Field) {
  return Field->getAccess() == AS_public || Field->getAccess() == AS_none;
}

} // namespace

bool forkrepl::hasOwnStreaming(const CXXRecordDecl &Class) {
  Family Wanted = familyOf(Class);
  if (streamsFor(Class, Wanted))
    return true;
  return Class.hasDefinition() && !Class.forallBases([&](const CXXRecordDecl *Base) {
    return !streamsFor(*Base, Wanted);
  });
}

bool forkrepl::hasPublicData(const CXXRecordDecl &Class) {
  auto HasNone = [](const CXXRecordDecl *Each) {
    return llvm::none_of(Each->fields(), isPublicData);
  };
  return !HasNone(&Class) || !Class.forallBases(HasNone);
}
