#include "program_file.h"

#include "dependencies.h"
#include "kept_instances.h"
#include "program_input.h"
#include "two_emitters.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/Basic/DiagnosticParse.h"
#include "clang/Basic/SourceManager.h"
#include "clang/CodeGen/CodeGenAction.h"
#include "clang/CodeGen/ModuleBuilder.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace clang;
using namespace forkrepl;

namespace {

// What a parse rejects first. `Line`: of the main file, also if it is in a header.
struct FirstError {
  unsigned Id = 0;
  unsigned Line = 0;        // 0: nothing, or not in a line
  bool FoundNested = false; // a function in a function: a brace is missing before it
  bool IsOpen = false;      // something is expected at the end of the main file

  void note(DiagnosticsEngine::Level Level, const Diagnostic &Info) {
    FoundNested |= Info.getID() == diag::err_function_definition_not_allowed;
    IsOpen |= Info.getID() == diag::err_expected && isAtEnd(Info);
    if (Id || Level < DiagnosticsEngine::Error)
      return;
    Id = Info.getID();
    if (Info.getLocation().isInvalid())
      return;
    const SourceManager &Sources = Info.getSourceManager();
    SourceLocation At = Sources.getExpansionLoc(Info.getLocation());
    for (SourceLocation From;
         (From = Sources.getIncludeLoc(Sources.getFileID(At))).isValid();)
      At = Sources.getExpansionLoc(From);
    Line = Sources.getSpellingLineNumber(At);
  }

private:
  static bool isAtEnd(const Diagnostic &Info) {
    if (Info.getLocation().isInvalid() || Info.getLocation().isMacroID())
      return false;
    const SourceManager &Sources = Info.getSourceManager();
    auto [File, Offset] = Sources.getDecomposedLoc(Info.getLocation());
    return File == Sources.getMainFileID() &&
           Sources.getBufferData(File).substr(Offset).trim().empty();
  }
};

// As the compiler shows diagnostics.
class Printer : public TextDiagnosticPrinter {
public:
  Printer(DiagnosticOptions &Options, FirstError &First)
      : TextDiagnosticPrinter(llvm::errs(), Options), First(First) {}
  void HandleDiagnostic(DiagnosticsEngine::Level Level,
                        const Diagnostic &Info) override {
    First.note(Level, Info);
    ++Told;
    TextDiagnosticPrinter::HandleDiagnostic(Level, Info);
  }

  unsigned told() const { return Told; }
  void countMoreWarnings(unsigned Number) { NumWarnings += Number; }

private:
  FirstError &First;
  unsigned Told = 0;
};

class Listener : public DiagnosticConsumer {
public:
  explicit Listener(FirstError &First) : First(First) {}
  void HandleDiagnostic(DiagnosticsEngine::Level Level,
                        const Diagnostic &Info) override {
    DiagnosticConsumer::HandleDiagnostic(Level, Info);
    First.note(Level, Info);
  }

private:
  FirstError &First;
};

// Whether the file itself says what its main does, perhaps with errors: without a
// parameter list it is a variable. And whether all of it has been parsed without any.
class MainFinder : public ASTConsumer {
public:
  MainFinder(bool &Found, bool &IsParsed) : Found(Found), IsParsed(IsParsed) {}
  void HandleTranslationUnit(ASTContext &Context) override {
    IsParsed = !Context.getDiagnostics().hasErrorOccurred();
  }
  bool HandleTopLevelDecl(DeclGroupRef Group) override {
    for (const Decl *D : Group)
      note(D);
    return true;
  }

private:
  void note(const Decl *D) {
    if (const auto *Linkage = dyn_cast<LinkageSpecDecl>(D))
      for (const Decl *Inner : Linkage->decls())
        note(Inner);
    else if (const auto *Named = dyn_cast<DeclaratorDecl>(D))
      Found |= Named->getDeclName().isIdentifier() && Named->getName() == "main" &&
               Named->getDeclContext()->getRedeclContext()->isTranslationUnit() &&
               isDefinition(Named);
  }

  static bool isDefinition(const DeclaratorDecl *D) {
    const auto *Function = dyn_cast<FunctionDecl>(D);
    return Function ? Function->doesThisDeclarationHaveABody() : isa<VarDecl>(D);
  }

  bool &Found, &IsParsed;
};

class ProgramAction : public EmitObjAction {
public:
  ProgramAction(const KnownInstances &Known, SecondEmitter Wanted, Printer &Shown)
      : Known(Known), Wanted(Wanted), Shown(Shown) {}

  bool DefinesMain = false;
  bool IsParsed = false;                  // what is wrong is found later
  bool IsTorn = false;                    // its two processes have not made it
  InstantiatedFunctions MissingInstances; // that could be known the next time

protected:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &Compiler,
                                                 llvm::StringRef File) override {
    auto Backend = EmitObjAction::CreateASTConsumer(Compiler, File);
    if (!Backend)
      return nullptr;
    Emitters.emplace(
        Compiler, Wanted, [this] { return getCodeGenerator()->GetModule(); },
        [this] { return Shown.told(); });
    // First, as the backend may drop the tree when it has what it needs.
    std::vector<std::unique_ptr<ASTConsumer>> Consumers;
    Consumers.push_back(std::make_unique<MainFinder>(DefinesMain, IsParsed));
    Consumers.push_back(
        std::make_unique<InstanceWatcher>(Compiler, Known, MissingInstances));
    Consumers.push_back(std::move(Backend));
    return std::make_unique<MultiplexConsumer>(std::move(Consumers));
  }

  void EndSourceFileAction() override {
    EmitObjAction::EndSourceFileAction();
    if (std::optional<unsigned> Warnings = Emitters ? Emitters->finish() : 0)
      Shown.countMoreWarnings(*Warnings);
    else
      IsTorn = true;
  }

private:
  const KnownInstances &Known;
  SecondEmitter Wanted;
  Printer &Shown;
  std::optional<TwoEmitters> Emitters;
};

// Whether the first thing that a compiler rejects is a statement, or an expression
// whose value is to be shown: then this is no program with a mistake in it.
bool beginsWithStatement(std::shared_ptr<CompilerInvocation> Invocation,
                         llvm::StringRef Text, const FirstError &Rejected) {
  Invocation->getLangOpts().IncrementalExtensions = true;
  setContents(*Invocation, Text);
  FirstError First;
  CompilerInstance Compiler(std::move(Invocation));
  Compiler.createDiagnostics(new Listener(First));
  Compiler.setVerboseOutputStream(llvm::nulls());
  SyntaxOnlyAction Action;
  Compiler.ExecuteAction(Action);
  if (!First.Id || First.Line > Rejected.Line)
    return true;
  return First.Line == Rejected.Line && First.Id == diag::err_expected_semi_after_expr;
}

// So long may Clang look for statements, which no compiler has seen.
constexpr rlim_t MostSeconds = 60;

// In a process of its own, which Clang may end or keep busy for ever.
bool isListOfInputs(std::shared_ptr<CompilerInvocation> Invocation,
                    llvm::StringRef Text, const FirstError &Rejected) {
  signal(SIGCHLD, SIG_DFL); // or its end could not be waited for
  pid_t Parent = getpid(), Child = fork();
  if (Child == 0) {
    const rlimit Limit = {MostSeconds, MostSeconds};
    setrlimit(RLIMIT_CPU, &Limit);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(getppid() == Parent &&
          beginsWithStatement(std::move(Invocation), Text, Rejected));
  }
  int Status = 0;
  return Child > 0 && waitpid(Child, &Status, 0) == Child && WIFEXITED(Status) &&
         WEXITSTATUS(Status);
}

} // namespace

static ProgramStatus compile(llvm::ArrayRef<const char *> Arguments) {
  SecondEmitter Wanted{atoi(Arguments[0]), strtoull(Arguments[1], nullptr, 10)};
  std::optional<ProgramInput> Input = ProgramInput::read(Arguments.drop_front(2));
  if (!Input)
    return IsWrongProgram;
  llvm::StringRef Text = Input->Text->getBuffer();
  std::shared_ptr<CompilerInvocation> Invocation = std::move(Input->Invocation);
  auto Again = std::make_shared<CompilerInvocation>(*Invocation);
  setContents(*Invocation, Text);
  FirstError Rejected;
  // Neither this nor what is made of the program is ever destroyed: the process ends.
  CompilerInstance &Compiler = *new CompilerInstance(std::move(Invocation));
  auto *Shown = new Printer(Compiler.getDiagnosticOpts(), Rejected);
  Compiler.createDiagnostics(Shown);
  auto DependsOn =
      std::make_shared<Dependencies>(Compiler.getFrontendOpts().Inputs[0].getFile());
  Compiler.addDependencyCollector(DependsOn);
  ProgramAction &Action = *new ProgramAction(Input->Known, Wanted, *Shown);
  bool IsCompiled = Compiler.ExecuteAction(Action);
  if (Action.IsTorn)
    return MustBeWhole;
  if (IsCompiled) {
    llvm::raw_fd_ostream Stream(Input->TellTo, /*shouldClose=*/false);
    DependsOn->print(Stream);
    Stream << "instances " << Action.MissingInstances.size() << '\n';
    return IsProgram;
  }
  bool DefinesMain = Action.DefinesMain || Rejected.FoundNested;
  // The incremental parser waits for ever for the end of what is open.
  if (DefinesMain && (Action.IsParsed || Rejected.IsOpen))
    return IsWrongProgram;
  if (!DefinesMain || isListOfInputs(std::move(Again), Text, Rejected))
    return IsNotProgram;
  return IsWrongProgram;
}

void forkrepl::compileProgram(llvm::ArrayRef<const char *> Arguments) {
  uint8_t Status = compile(Arguments.drop_front());
  // Nobody need wait for the kernel to take back the memory. If it cannot be told so, who
  // waits is told by the end.
  [[maybe_unused]] ssize_t Written = write(atoi(Arguments[0]), &Status, 1);
  while (wait(nullptr) > 0) // the second process
    ;
  _exit(Status);
}
