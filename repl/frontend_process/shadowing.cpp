#include "shadowing.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclContextInternals.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/IdentifierResolver.h"
#include "clang/Sema/Scope.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

using Visitor = llvm::function_ref<void(NamedDecl *)>;

static void visit(Decl *D, Visitor Visit);

static void visitAll(DeclContext *Context, Visitor Visit) {
  for (Decl *D : Context->decls())
    visit(D, Visit);
}

// Calls Visit for what D declares in a namespace or globally. Of a template, this is
// the template.
static void visit(Decl *D, Visitor Visit) {
  if (isa<NamespaceDecl, LinkageSpecDecl, ExportDecl>(D))
    return visitAll(cast<DeclContext>(D), Visit);
  if (auto *Friend = dyn_cast<FriendDecl>(D)) {
    if (NamedDecl *Function = Friend->getFriendDecl())
      Visit(Function);
    return;
  }
  auto *Named = dyn_cast<NamedDecl>(D);
  if (!Named)
    return;
  Visit(Named);
  if (auto *Enum = dyn_cast<EnumDecl>(D); Enum && !Enum->isScoped())
    visitAll(Enum, Visit);
  if (auto *Template = dyn_cast<ClassTemplateDecl>(D))
    D = Template->getTemplatedDecl();
  if (auto *Record = dyn_cast<CXXRecordDecl>(D); Record && Record->hasDefinition())
    for (FriendDecl *Friend : Record->friends())
      visit(Friend, Visit);
}

static bool isVisibleByName(const NamedDecl *D) {
  return D->getDeclName() && !isa<NamespaceDecl>(D) &&
         D->getDeclContext()->getRedeclContext()->isFileContext();
}

// What has a place of its own beside its declaration in a class or its template, and a symbol
// that the linker binds to the newest: `int S::f() {...}`, `template <> int f<int>() {...}`.
static FunctionDecl *definitionBesideDeclaration(NamedDecl *D) {
  auto *Function = dyn_cast<FunctionDecl>(D);
  if (!Function || !Function->doesThisDeclarationHaveABody() || Function->isInlined() ||
      Function->isDependentContext())
    return nullptr;
  bool IsMember = isa<CXXMethodDecl>(Function) && Function->isOutOfLine() &&
                  Function->getTemplateSpecializationKind() == TSK_Undeclared;
  bool IsSpecialization =
      Function->getTemplateSpecializationKind() == TSK_ExplicitSpecialization;
  return IsMember || IsSpecialization ? Function : nullptr;
}

static bool canBeReplaced(NamedDecl *D) {
  return isVisibleByName(D) || definitionBesideDeclaration(D);
}

static bool isOfSystem(const Decl *D, const SourceManager &Sources) {
  return llvm::any_of(D->redecls(), [&](const Decl *Each) {
    return Sources.isInSystemHeader(Each->getLocation());
  });
}

static bool contains(SourceRange Range, SourceLocation Place) {
  return Range.isValid() && Range.getBegin() <= Place && Place <= Range.getEnd();
}

// Clang's note is at the name, or at the assembler label or the parameter (of the
// template, of the function) that differs.
static bool isAt(NamedDecl *D, SourceLocation Place) {
  if (D->getLocation() == Place)
    return true;
  if (const auto *Label = D->getAttr<AsmLabelAttr>();
      Label && contains(Label->getRange(), Place))
    return true;
  if (const auto *Template = dyn_cast<TemplateDecl>(D)) {
    if (contains(Template->getTemplateParameters()->getSourceRange(), Place))
      return true;
    D = Template->getTemplatedDecl();
    if (D && D->getLocation() == Place)
      return true;
  }
  const auto *Function = dyn_cast_or_null<FunctionDecl>(D);
  return Function && llvm::any_of(Function->parameters(), [&](ParmVarDecl *Each) {
           return contains(Each->getSourceRange(), Place);
         });
}

static std::string nameOf(const NamedDecl *D) {
  return llvm::json::fixUTF8(D->getDeclName().getAsString());
}

static Object describe(const NamedDecl *D, size_t Input, const SourceManager &Sources) {
  PresumedLoc Place = Sources.getPresumedLoc(D->getLocation());
  return Object{
      {"input", static_cast<int64_t>(Input)},
      {"name", nameOf(D)},
      {"file", llvm::json::fixUTF8(Place.isValid() ? Place.getFilename() : "")},
      {"line", static_cast<int64_t>(Place.isValid() ? Place.getLine() : 0)},
      {"column", static_cast<int64_t>(Place.isValid() ? Place.getColumn() : 0)}};
}

Array Shadowing::previous(llvm::ArrayRef<SourceLocation> Places) {
  const SourceManager &Sources = S->getSourceManager();
  Array Found;
  for (size_t Input = 0; Input < Inputs.size() && !Places.empty(); ++Input)
    visitAll(Inputs[Input], [&](NamedDecl *D) {
      bool IsMeant =
          llvm::any_of(Places, [&](SourceLocation Place) { return isAt(D, Place); });
      // Later includes count on what a system header has declared.
      if (IsMeant && canBeReplaced(D) && !isOfSystem(D, Sources))
        Found.push_back(describe(D, Input, Sources));
    });
  return Found;
}

// Every input has a TranslationUnitDecl of its own, in which Clang would begin another
// unnamed namespace: of what is declared in both, uses are ambiguous. It is to go on
// with that of the inputs before.
void forkrepl::shareUnnamedNamespace(ASTContext &Context) {
  TranslationUnitDecl *Input = Context.getTranslationUnitDecl();
  TranslationUnitDecl *Before = Input->getPreviousDecl();
  if (Before && !Input->getAnonymousNamespace())
    Input->setAnonymousNamespace(Before->getAnonymousNamespace());
}

void Shadowing::beginInput(const Array *Hidden) {
  const SourceManager &Sources = S->getSourceManager();
  Begin = Sources.getNextLocalOffset();
  if (!Hidden)
    return;
  std::vector<NamedDecl *> Old;
  for (const llvm::json::Value &Each : *Hidden) {
    const Object *Wanted = Each.getAsObject();
    size_t Input = Wanted ? Wanted->getInteger("input").value_or(-1) : -1;
    if (Input < Inputs.size())
      visitAll(Inputs[Input], [&](NamedDecl *D) {
        // The name first, because an include may have made this a long list.
        if (canBeReplaced(D) && nameOf(D) == Wanted->getString("name") &&
            describe(D, Input, Sources) == *Wanted)
          Old.push_back(D);
      });
  }
  for (NamedDecl *D : Old)
    hide(D);
}

void Shadowing::acceptInput() {
  Inputs.push_back(S->getASTContext().getTranslationUnitDecl());
}

static const DeclContext *contextOf(const NamedDecl *D) {
  return D->getDeclContext()->getRedeclContext()->getPrimaryContext();
}

// Of what is only declared there is nothing in the session that the new entity could
// be taken for. It may be a library's, under its own name.
static bool isOnlyDeclared(const NamedDecl *D) {
  if (const auto *Function = dyn_cast<FunctionDecl>(D))
    return !Function->isDefined();
  if (const auto *Variable = dyn_cast<VarDecl>(D))
    return llvm::all_of(Variable->redecls(), [](const VarDecl *Each) {
      return Each->isThisDeclarationADefinition() == VarDecl::DeclarationOnly;
    });
  return false;
}

static TagDecl *unnamedTagOf(NamedDecl *D) {
  auto *Typedef = dyn_cast<TypedefNameDecl>(D);
  return Typedef ? Typedef->getAnonDeclWithTypedefName(/*AnyRedecl=*/true) : nullptr;
}

// In C++ the second S of `typedef struct S {} S` is looked through, to the first.
static std::vector<NamedDecl *> typedefsOfSameName(const NamedDecl *D) {
  std::vector<NamedDecl *> Found;
  if (const auto *Tag = dyn_cast<TagDecl>(D))
    for (NamedDecl *Each : contextOf(D)->lookup(D->getDeclName()))
      if (const auto *Typedef = dyn_cast<TypedefNameDecl>(Each)) {
        const TagDecl *Named = Typedef->getUnderlyingType()->getAsTagDecl();
        if (Named && Named->getCanonicalDecl() == Tag->getCanonicalDecl())
          Found.push_back(Each);
      }
  return Found;
}

void Shadowing::hide(NamedDecl *D) {
  // The declaration stays, and what has been compiled keeps the old code.
  if (FunctionDecl *Definition = definitionBesideDeclaration(D))
    return Definition->setBody(nullptr);
  if (!isOnlyDeclared(D))
    Redefined.insert({contextOf(D), D->getDeclName()});
  for (NamedDecl *Typedef : typedefsOfSameName(D))
    removeFromLookup(Typedef);
  removeFromLookup(D);
  if (auto *Using = dyn_cast<UsingDecl>(D))
    for (UsingShadowDecl *Shadow : Using->shadows())
      removeFromLookup(Shadow);
  TagDecl *Unnamed = unnamedTagOf(D);
  auto *Enum = dyn_cast<EnumDecl>(Unnamed ? Unnamed : D);
  if (Enum && !Enum->isScoped()) // its enumerators go with it
    visitAll(Enum, [&](NamedDecl *Enumerator) { removeFromLookup(Enumerator); });
}

static void removeFromContext(DeclContext *Context, NamedDecl *D) {
  DeclarationName Name = D->getDeclName();
  Context->lookup(Name); // makes the table if there is none yet
  StoredDeclsMap *Table = Context->getPrimaryContext()->getLookupPtr();
  auto Entry = Table ? Table->find(Name) : StoredDeclsMap::iterator();
  if (!Table || Entry == Table->end())
    return;
  std::vector<NamedDecl *> Old;
  for (NamedDecl *Each : Entry->second.getLookupResult())
    if (Each->getCanonicalDecl() == D->getCanonicalDecl())
      Old.push_back(Each);
  for (NamedDecl *Each : Old)
    Entry->second.remove(Each);
}

void Shadowing::removeFromLookup(NamedDecl *D) {
  // Its own context, and those that see through it: inline namespaces, extern "C",
  // enumerations that are not scoped.
  DeclContext *Context = D->getDeclContext();
  removeFromContext(Context, D);
  while (Context->isTransparentContext() || Context->isInlineNamespace()) {
    Context = Context->getParent();
    removeFromContext(Context, D);
  }
  removeFromContext(S->getASTContext().getExternCContextDecl(), D);

  std::vector<NamedDecl *> InScope;
  for (auto Each = S->IdResolver.begin(D->getDeclName()); Each != S->IdResolver.end();
       ++Each)
    if ((*Each)->getCanonicalDecl() == D->getCanonicalDecl())
      InScope.push_back(*Each);
  for (NamedDecl *Each : InScope) {
    S->IdResolver.RemoveDecl(Each);
    S->TUScope->RemoveDecl(Each);
  }
}

bool Shadowing::HandleTopLevelDecl(DeclGroupRef Group) {
  if (!Redefined.empty())
    for (Decl *Each : Group)
      visit(Each, [&](NamedDecl *D) {
        if (isVisibleByName(D) &&
            Redefined.contains({contextOf(D), D->getDeclName()}) &&
            isOfThisInput(D->getCanonicalDecl()) &&
            !S->getSourceManager().isInSystemHeader(D->getLocation()))
          rename(D);
      });
  return true;
}

bool Shadowing::isOfThisInput(const Decl *D) const {
  const SourceManager &Sources = S->getSourceManager();
  return !Sources.isLoadedSourceLocation(
             D->getLocation()) && // from a precompiled header
         !Sources.isBeforeInSLocAddrSpace(D->getLocation(), Begin);
}

static bool isNotMangled(const NamedDecl *D) {
  if (const auto *Function = dyn_cast<FunctionDecl>(D))
    return Function->isExternC() || !Function->getLangOpts().CPlusPlus;
  const auto *Variable = dyn_cast<VarDecl>(D);
  return Variable && (Variable->isExternC() || !Variable->getLangOpts().CPlusPlus);
}

static bool isSpecialization(const NamedDecl *D) {
  if (const auto *Function = dyn_cast<FunctionDecl>(D))
    return Function->isFunctionTemplateSpecialization();
  return isa<ClassTemplateSpecializationDecl, VarTemplateSpecializationDecl>(D);
}

// A static function of C has a name of C++'s (c_statics.h), so that inputs share it.
static std::string labelFor(const NamedDecl *D, const std::string &Version) {
  const auto *Function = dyn_cast<FunctionDecl>(D);
  if (!Function || Function->getLangOpts().CPlusPlus || Function->isExternallyVisible())
    return (D->getName() + "." + Version).str();
  return ("_ZL" + llvm::Twine(D->getName().size()) + D->getName() + "B" +
          llvm::Twine(Version.size()) + Version)
      .str();
}

void Shadowing::rename(NamedDecl *D) {
  if (TagDecl *Unnamed = unnamedTagOf(D))
    D = Unnamed; // has the typedef's name for the linker
  else if (auto *Binding = dyn_cast<BindingDecl>(D))
    D = cast<NamedDecl>(Binding->getDecomposedDecl()); // is named after its bindings
  else if (auto *Template = dyn_cast<TemplateDecl>(D))
    D = Template->getTemplatedDecl();
  const auto *Function = dyn_cast_or_null<FunctionDecl>(D);
  if (!isa_and_nonnull<TagDecl, FunctionDecl, VarDecl>(D) || isSpecialization(D) ||
      (Function && Function->isMain()))
    return;

  ASTContext &Context = S->getASTContext();
  std::string Version = "redefined" + std::to_string(Inputs.size());
  for (Decl *Each : D->redecls()) {
    if (Each->hasAttr<AsmLabelAttr>())
      continue;
    if (isNotMangled(D)) {
      Each->addAttr(AsmLabelAttr::CreateImplicit(Context, labelFor(D, Version)));
    } else if (!Each->hasAttr<AbiTagAttr>()) {
      llvm::StringRef Tag = Version;
      Each->addAttr(AbiTagAttr::CreateImplicit(Context, &Tag, 1));
    }
  }
}
