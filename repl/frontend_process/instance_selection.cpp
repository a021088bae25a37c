#include "instance_selection.h"

#include "emitted_functions.h"

#include "clang/AST/DeclCXX.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/IR/GlobalAlias.h"
#include "llvm/IR/InstIterator.h"

using namespace clang;
using namespace forkrepl;

// Clang makes one for each module whose exceptions may end the program.
static constexpr llvm::StringLiteral CallTerminate = "__clang_call_terminate";

static bool isOneOfMany(const llvm::GlobalValue &Value) {
  return Value.hasLinkOnceODRLinkage() || Value.hasWeakODRLinkage();
}

const NamedDecl *InstanceSelection::declarationOf(const llvm::GlobalValue &Value) {
  return dyn_cast_or_null<NamedDecl>(Generator.GetDeclForMangledName(Value.getName()));
}

InstanceSelection::InstanceSelection(CodeGenerator &Generator, ASTContext &Context)
    : Generator(Generator), Context(Context), Library(Context),
      Names(ItaniumMangleContext::create(Context, Context.getDiagnostics())) {}

void InstanceSelection::noteClass(const CXXRecordDecl &Class) {
  if (!Class.hasDefinition() || !Classes.insert(Class.getCanonicalDecl()).second ||
      !Library.has(Class))
    return;
  auto Note = [this](auto Mangle) {
    llvm::SmallString<128> Name;
    llvm::raw_svector_ostream Stream(Name);
    Mangle(Stream);
    ClassData.insert(Name);
  };
  QualType Type = Context.getCanonicalTagType(&Class);
  Note([&](llvm::raw_ostream &Stream) { Names->mangleCXXRTTI(Type, Stream); });
  Note([&](llvm::raw_ostream &Stream) { Names->mangleCXXRTTIName(Type, Stream); });
  if (Class.getDefinition()->isDynamicClass())
    Note([&](llvm::raw_ostream &Stream) { Names->mangleCXXVTable(&Class, Stream); });
  for (const CXXBaseSpecifier &Base : Class.getDefinition()->bases())
    if (const CXXRecordDecl *Its = Base.getType()->getAsCXXRecordDecl())
      noteClass(*Its);
}

void InstanceSelection::noteClasses(llvm::Module &Module) {
  for (const llvm::Function &Function : Module)
    if (const auto *Method = dyn_cast_or_null<CXXMethodDecl>(declarationOf(Function)))
      noteClass(*Method->getParent());
}

bool InstanceSelection::isFunctionOfLibrary(const llvm::Function &Function) {
  if (isOneOfMany(Function) && Function.getName() == CallTerminate)
    return true;
  const auto *Its = dyn_cast_or_null<FunctionDecl>(declarationOf(Function));
  if (!Its)
    return false;
  if (isOneOfMany(Function))
    return Library.has(*Its);
  // A static one of a header's: each object has its own.
  return Function.hasInternalLinkage() && !Its->isTemplateInstantiation() &&
         Context.getSourceManager().isInSystemHeader(Its->getLocation());
}

bool InstanceSelection::isVariableOfLibrary(const llvm::GlobalVariable &Variable) {
  llvm::StringRef Name = Variable.getName();
  if (Variable.isThreadLocal() || Name.starts_with("llvm."))
    return false;
  if (Variable.hasLocalLinkage())
    return Variable.isConstant();
  if (!isOneOfMany(Variable))
    return false;
  if (ClassData.contains(Name))
    return true;
  // A function's own variables, which it initializes itself, and what says whether it has:
  // they are weak as the function is.
  bool IsGuard = Name.consume_front("_ZGV");
  const auto *Its = dyn_cast_or_null<VarDecl>(
      Generator.GetDeclForMangledName(IsGuard ? ("_Z" + Name).str() : Name.str()));
  return Its && (Variable.isConstant() || Its->isStaticLocal()) && Library.has(*Its);
}

bool InstanceSelection::isCandidate(const llvm::GlobalValue &Value) {
  if (Value.isDeclarationForLinker())
    return false;
  if (const auto *Function = dyn_cast<llvm::Function>(&Value))
    return isFunctionOfLibrary(*Function);
  if (const auto *Variable = dyn_cast<llvm::GlobalVariable>(&Value))
    return isVariableOfLibrary(*Variable);
  const auto *Alias = dyn_cast<llvm::GlobalAlias>(&Value);
  const auto *Aliased = Alias ? Alias->getAliaseeObject() : nullptr;
  return Alias && isOneOfMany(*Alias) && isa_and_nonnull<llvm::Function>(Aliased) &&
         isFunctionOfLibrary(*cast<llvm::Function>(Aliased));
}

// Calls Visit with each global value that a value refers to, until that returns false.
template <typename Visitor>
static bool visitReferences(const llvm::User &From, Visitor Visit) {
  llvm::SmallVector<const llvm::User *> Rest = {&From};
  llvm::SmallPtrSet<const llvm::User *, 16> Seen;
  while (!Rest.empty())
    for (const llvm::Use &Operand : Rest.pop_back_val()->operands()) {
      if (const auto *Value = dyn_cast<llvm::GlobalValue>(Operand)) {
        if (!Visit(*Value))
          return false;
      } else if (const auto *Constant = dyn_cast<llvm::Constant>(Operand);
                 Constant && Seen.insert(Constant).second) {
        Rest.push_back(Constant);
      }
    }
  return true;
}

bool InstanceSelection::needsOnlyChosen(const llvm::GlobalValue &Value) const {
  auto IsThere = [this](const llvm::GlobalValue &Needed) {
    return Needed.isDeclarationForLinker() || Chosen.contains(&Needed);
  };
  if (!visitReferences(Value, IsThere))
    return false;
  const auto *Function = dyn_cast<llvm::Function>(&Value);
  return !Function || llvm::all_of(llvm::instructions(*Function),
                                   [&](const llvm::Instruction &Each) {
                                     return visitReferences(Each, IsThere);
                                   });
}

// The definitions whose names other objects can refer to.
static bool isNamedFunction(const llvm::GlobalValue &Value) {
  return isa<llvm::Function, llvm::GlobalAlias>(Value) && !Value.hasLocalLinkage() &&
         Value.getName() != CallTerminate;
}

static void makeDeclaration(llvm::GlobalValue &Value) {
  if (auto *Function = dyn_cast<llvm::Function>(&Value)) {
    Function->deleteBody();
    Function->setComdat(nullptr);
  } else if (auto *Variable = dyn_cast<llvm::GlobalVariable>(&Value)) {
    Variable->setInitializer(nullptr);
    Variable->setLinkage(llvm::GlobalValue::ExternalLinkage);
    Variable->setComdat(nullptr);
  } else { // an alias or a resolver: nothing that is chosen needs it
    Value.replaceAllUsesWith(llvm::PoisonValue::get(Value.getType()));
    Value.eraseFromParent();
  }
}

void InstanceSelection::choose(llvm::Module &Module) {
  noteClasses(Module);
  llvm::SmallVector<const llvm::GlobalValue *> Candidates;
  for (const llvm::GlobalValue &Value : Module.global_values())
    if (isCandidate(Value)) {
      Candidates.push_back(&Value);
      Chosen.insert(&Value);
    }
  for (bool Changes = true; Changes;) {
    Changes = false;
    for (const llvm::GlobalValue *Each : Candidates)
      if (Chosen.contains(Each) && !needsOnlyChosen(*Each))
        Changes = Chosen.erase(Each);
  }
  for (const llvm::GlobalValue *Each : Candidates)
    if (const auto *Function = dyn_cast_or_null<FunctionDecl>(declarationOf(*Each));
        Function && Function->isExternallyVisible())
      Functions.insert(Function->getCanonicalDecl());
}

// Without virtual bases the constructor of a whole object is that of a base, and where Clang
// has its definition it calls that. Where it has not, it needs the name.
void InstanceSelection::addCompleteVariants(llvm::Module &Module) {
  auto SymbolOf = [&](GlobalDecl Variant) {
    std::string Name;
    llvm::raw_string_ostream Stream(Name);
    Names->mangleName(Variant, Stream);
    return Name;
  };
  for (const FunctionDecl *Each : Functions) {
    std::string Base, Complete;
    if (const auto *Constructor = dyn_cast<CXXConstructorDecl>(Each)) {
      Base = SymbolOf(GlobalDecl(Constructor, Ctor_Base));
      Complete = SymbolOf(GlobalDecl(Constructor, Ctor_Complete));
    } else if (const auto *Destructor = dyn_cast<CXXDestructorDecl>(Each)) {
      Base = SymbolOf(GlobalDecl(Destructor, Dtor_Base));
      Complete = SymbolOf(GlobalDecl(Destructor, Dtor_Complete));
    }
    llvm::Function *Defined = Base.empty() ? nullptr : Module.getFunction(Base);
    if (!Defined || !Chosen.contains(Defined) || Module.getNamedValue(Complete) ||
        cast<CXXMethodDecl>(Each)->getParent()->getNumVBases())
      continue;
    auto *Alias =
        llvm::GlobalAlias::create(llvm::GlobalValue::WeakODRLinkage, Complete, Defined);
    Chosen.insert(Alias);
  }
}

void InstanceSelection::tell(llvm::Module &Module, llvm::raw_ostream &Symbols) const {
  EmittedFunctions Kept(Context);
  llvm::json::Array Defined;
  for (const llvm::GlobalValue &Value : Module.global_values())
    if (Chosen.contains(&Value) && isNamedFunction(Value)) {
      Symbols << Value.getName() << '\n';
      Defined.push_back(Value.getName());
    }
  Kept.add(Defined);
  ASTNameGenerator SymbolOf(Context);
  for (const FunctionDecl *Each : Functions)
    if (!Kept.contains(*Each))
      Symbols << '-' << SymbolOf.getName(Each) << '\n';
}

void InstanceSelection::apply(llvm::Module &Module,
                              llvm::ArrayRef<const FunctionDecl *> Wanted,
                              llvm::raw_ostream &Symbols) {
  choose(Module);
  addCompleteVariants(Module);
  for (const FunctionDecl *Each : Wanted)
    Functions.insert(Each->getCanonicalDecl());
  tell(Module, Symbols);
  Module.setModuleInlineAsm("");
  for (llvm::StringRef List :
       {"llvm.global_ctors", "llvm.global_dtors", "llvm.used", "llvm.compiler.used"})
    if (llvm::GlobalVariable *Variable = Module.getNamedGlobal(List))
      Variable->eraseFromParent();
  llvm::SmallVector<llvm::GlobalValue *> Others;
  for (llvm::GlobalValue &Value : Module.global_values())
    if (!Value.isDeclarationForLinker() && !Chosen.contains(&Value))
      Others.push_back(&Value);
  for (llvm::GlobalValue *Each : Others)
    makeDeclaration(*Each);
}
