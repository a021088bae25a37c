#include "standard_library.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;
using namespace forkrepl;

bool StandardLibrary::has(const NamedDecl &D) {
  const Decl *Canonical = D.getCanonicalDecl();
  // No until it is known: a class may have itself as an argument, but never alone.
  auto [Answer, IsNew] = Answers.try_emplace(Canonical, false);
  if (!IsNew)
    return Answer->second;
  bool Result = isItsOwn(D);
  Answers[Canonical] = Result;
  return Result;
}

bool StandardLibrary::isItsOwn(const NamedDecl &D) {
  if (!Context.getSourceManager().isInSystemHeader(D.getLocation()) || !hasContextOf(D))
    return false;
  if (const auto *Class = dyn_cast<ClassTemplateSpecializationDecl>(&D))
    return hasArguments(Class->getTemplateArgs().asArray());
  if (const auto *Variable = dyn_cast<VarTemplateSpecializationDecl>(&D))
    return hasArguments(Variable->getTemplateArgs().asArray());
  const auto *Function = dyn_cast<FunctionDecl>(&D);
  if (!Function)
    return true;
  // Of a friend only the type says for which class it was made.
  if (!hasType(Function->getType()))
    return false;
  const TemplateArgumentList *Arguments = Function->getTemplateSpecializationArgs();
  return !Arguments || hasArguments(Arguments->asArray());
}

bool StandardLibrary::hasContextOf(const Decl &D) {
  const DeclContext *In = D.getDeclContext()->getRedeclContext();
  if (const auto *Namespace = dyn_cast<NamespaceDecl>(In)) {
    while (const auto *Outer =
               dyn_cast<NamespaceDecl>(Namespace->getParent()->getRedeclContext()))
      Namespace = Outer;
    return Namespace->getDeclName() &&
           (Namespace->getName() == "std" || Namespace->getName() == "__gnu_cxx");
  }
  const auto *Outer = dyn_cast<NamedDecl>(In);
  return Outer && has(*Outer); // a class or a function
}

bool StandardLibrary::hasType(QualType Type) {
  const clang::Type *T = Type.getCanonicalType().getTypePtr();
  if (T->isDependentType())
    return false;
  if (T->isBuiltinType())
    return true;
  if (const TagDecl *Tag = T->getAsTagDecl())
    return has(*Tag);
  if (const auto *Pointer = dyn_cast<PointerType>(T))
    return hasType(Pointer->getPointeeType());
  if (const auto *Reference = dyn_cast<ReferenceType>(T))
    return hasType(Reference->getPointeeType());
  if (const auto *Array = dyn_cast<clang::ArrayType>(T))
    return hasType(Array->getElementType());
  if (const auto *Member = dyn_cast<MemberPointerType>(T)) {
    const CXXRecordDecl *Class = Member->getMostRecentCXXRecordDecl();
    return Class && has(*Class) && hasType(Member->getPointeeType());
  }
  if (const auto *Function = dyn_cast<FunctionProtoType>(T))
    return hasType(Function->getReturnType()) &&
           llvm::all_of(Function->param_types(),
                        [this](QualType Each) { return hasType(Each); });
  return false;
}

bool StandardLibrary::hasArgument(const TemplateArgument &Argument) {
  switch (Argument.getKind()) {
  case TemplateArgument::Type:
    return hasType(Argument.getAsType());
  case TemplateArgument::Integral:
    return hasType(Argument.getIntegralType());
  case TemplateArgument::NullPtr:
    return hasType(Argument.getNullPtrType());
  case TemplateArgument::Declaration:
    return has(*Argument.getAsDecl());
  case TemplateArgument::Template: {
    const TemplateDecl *Template = Argument.getAsTemplate().getAsTemplateDecl();
    return Template && has(*Template);
  }
  case TemplateArgument::Pack:
    return hasArguments(Argument.pack_elements());
  default:
    return false;
  }
}

bool StandardLibrary::hasArguments(llvm::ArrayRef<TemplateArgument> Arguments) {
  return llvm::all_of(
      Arguments, [this](const TemplateArgument &Each) { return hasArgument(Each); });
}
