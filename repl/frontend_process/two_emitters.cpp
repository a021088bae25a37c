#include "two_emitters.h"

#include "module_halves.h"
#include "program_file.h"

#include "clang/Frontend/CompilerInstance.h"

#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace clang;
using namespace forkrepl;

// The second process ends with 0 if it has told nothing, with the number of its warnings and
// one if it has, or with this.
static constexpr int HasFailed = 255;

// Nothing is to be written besides the object, and nothing in it is instrumented.
static bool isOnlyAnObject(const CompilerInstance &Compiler) {
  const CodeGenOptions &Options = Compiler.getCodeGenOpts();
  bool HasMoreFiles = !Options.SplitDwarfOutput.empty() ||
                      !Options.OptRecordFile.empty() ||
                      !Options.StackUsageOutput.empty() || Options.TimePasses;
  bool IsInstrumented = !Compiler.getLangOpts().Sanitize.empty() ||
                        Options.hasSanitizeCoverage() || Options.hasProfileInstr() ||
                        Options.CoverageMapping || !Options.CoverageNotesFile.empty();
  return !HasMoreFiles && !IsInstrumented && !Options.PrepareForLTO &&
         Compiler.getFrontendOpts().LLVMArgs.empty();
}

static int statusOf(pid_t Child) {
  int Status = 0;
  bool HasExited = waitpid(Child, &Status, 0) == Child && WIFEXITED(Status);
  return HasExited ? WEXITSTATUS(Status) : HasFailed;
}

TwoEmitters::TwoEmitters(const CompilerInstance &Compiler, SecondEmitter Wanted,
                         std::function<llvm::Module *()> Module,
                         std::function<unsigned()> Told)
    : Compiler(Compiler), Wanted(Wanted), Module(std::move(Module)),
      Told(std::move(Told)), AtBegin([this](auto &&...) { begin(); }) {}

void TwoEmitters::begin() {
  if (Wanted.WriteTo < 0 || Second >= 0 || !isOnlyAnObject(Compiler))
    return;
  std::optional<ModuleHalves> Halves =
      ModuleHalves::of(*Module(), Wanted.LeastInstructions);
  if (!Halves)
    return;
  ToldBefore = Told();
  WarningsBefore = Compiler.getDiagnosticClient().getNumWarnings();
  signal(SIGCHLD, SIG_DFL); // or its end could not be waited for
  pid_t Parent = getpid();
  Second = fork();
  if (Second < 0)
    return; // it does it all
  if (Second == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != Parent || dup2(Wanted.WriteTo, STDOUT_FILENO) < 0 ||
        !Halves->keep(*Module(), Half::Second))
      _exit(HasFailed);
  } else if (!Halves->keep(*Module(), Half::First)) {
    kill(Second, SIGKILL);
    statusOf(Second);
    _exit(MustBeWhole);
  }
}

void TwoEmitters::endSecond() const {
  const DiagnosticConsumer &Client = Compiler.getDiagnosticClient();
  if (Client.getNumErrors())
    _exit(HasFailed);
  unsigned Warnings = Client.getNumWarnings() - WarningsBefore;
  _exit(Told() == ToldBefore ? 0 : std::min<unsigned>(Warnings + 1, HasFailed));
}

std::optional<unsigned> TwoEmitters::finish() {
  if (Second < 0)
    return 0;
  if (Second == 0)
    endSecond();
  int Status = statusOf(Second);
  // What both of them tell is in no order.
  if (Status == HasFailed || (Status > 0 && Told() > ToldBefore))
    return std::nullopt;
  return std::max(Status - 1, 0);
}
