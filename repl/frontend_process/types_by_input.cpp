#include "types_by_input.h"

#include "clang/AST/ASTDiagnostic.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/Type.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/Sema.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;
using namespace forkrepl;

namespace {

// The class or enumeration that a type is, points at, refers to or has elements of; or null.
const TagDecl *tagOf(QualType Type) {
  while (!Type.isNull()) {
    if (const TagDecl *Tag = Type->getAsTagDecl())
      return Tag;
    QualType Inner = Type->getPointeeType();
    if (Inner.isNull())
      if (const ArrayType *Array = Type->getAsArrayTypeUnsafe())
        Inner = Array->getElementType();
    Type = Inner;
  }
  return nullptr;
}

// What has its name: of an instance the template, whose instances are told apart by their
// arguments.
const Decl *namedBy(const TagDecl *Tag) {
  if (const auto *Instance = dyn_cast<ClassTemplateSpecializationDecl>(Tag))
    return Instance->getSpecializedTemplate()->getCanonicalDecl();
  return Tag->getCanonicalDecl();
}

bool isSameName(const TagDecl *A, const TagDecl *B) {
  return namedBy(A) != namedBy(B) && A->getDeclName() == B->getDeclName() &&
         A->getDeclName() &&
         A->getQualifiedNameAsString() == B->getQualifiedNameAsString();
}

// Whether another declaration has taken its place: see Shadowing.
bool isReplaced(const TagDecl *Tag) {
  const DeclContext *Context = Tag->getDeclContext()->getRedeclContext();
  if (!Tag->getDeclName() || !Context->isFileContext())
    return false;
  auto Found = Context->getPrimaryContext()->lookup(Tag->getDeclName());
  return !Found.empty() && llvm::none_of(Found, [&](const NamedDecl *Each) {
    return Each->getCanonicalDecl() == namedBy(Tag);
  });
}

void format(DiagnosticsEngine::ArgumentKind Kind, intptr_t Value,
            llvm::StringRef Modifier, llvm::StringRef Argument,
            llvm::ArrayRef<DiagnosticsEngine::ArgumentValue> Previous,
            llvm::SmallVectorImpl<char> &Output, void *Cookie,
            llvm::ArrayRef<intptr_t> Types) {
  auto *S = static_cast<Sema *>(Cookie);
  size_t Before = Output.size();
  FormatASTNodeDiagnosticArgument(Kind, Value, Modifier, Argument, Previous, Output,
                                  &S->getASTContext(), Types);
  // Of a pair Clang asks for a comparison first, and gets nothing if there are no templates.
  if (Kind == DiagnosticsEngine::ak_qualtype_pair && Output.size() != Before) {
    auto *Pair = reinterpret_cast<TemplateDiffTypes *>(Value);
    Kind = DiagnosticsEngine::ak_qualtype;
    Value = Pair->PrintFromType ? Pair->FromType : Pair->ToType;
  }
  if (Kind != DiagnosticsEngine::ak_qualtype)
    return;
  auto TypeAt = [](intptr_t Each) {
    return QualType::getFromOpaquePtr(reinterpret_cast<void *>(Each));
  };
  const TagDecl *Tag = tagOf(TypeAt(Value));
  if (!Tag)
    return;
  bool IsOneOfTwo = llvm::any_of(Types, [&](intptr_t Each) {
    const TagDecl *Other = tagOf(TypeAt(Each));
    return Other && isSameName(Tag, Other);
  });
  if (!IsOneOfTwo && !isReplaced(Tag))
    return;
  PresumedLoc Place = S->getSourceManager().getPresumedLoc(Tag->getLocation());
  if (!Place.isValid())
    return;
  llvm::StringRef File = Place.getFilename();
  std::string Where = File.str();
  if (!File.starts_with("In["))
    Where += ":" + std::to_string(Place.getLine());
  llvm::append_range(Output, " (" + Where + ")");
}

} // namespace

void forkrepl::tellTypesByInput(Sema &S) {
  S.getDiagnostics().SetArgToStringFn(&format, &S);
}
