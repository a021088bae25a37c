#include "two_emitters.h"

#include "module_halves.h"
#include "program_file.h"

#include "clang/Frontend/CompilerInstance.h"
#include "llvm/Support/Errno.h"

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

using namespace clang;
using namespace forkrepl;

// What the second process says at its end: 0 if it has told nothing, the number of its
// warnings and one if it has, or this.
static constexpr uint8_t HasFailed = 255;

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
  int Ends[2];
  if (pipe2(Ends, O_CLOEXEC))
    return;                 // one process does it all
  signal(SIGCHLD, SIG_DFL); // or its time would not be counted as that of this one
  pid_t Parent = getpid();
  Second = fork();
  SaysAtEnd = Ends[Second != 0 ? 0 : 1];
  close(Ends[Second != 0 ? 1 : 0]);
  if (Second == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != Parent || dup2(Wanted.WriteTo, STDOUT_FILENO) < 0 ||
        !Halves->keep(*Module(), Half::Second))
      _exit(HasFailed);
  } else if (Second > 0 && !Halves->keep(*Module(), Half::First)) {
    _exit(MustBeWhole);
  }
}

void TwoEmitters::endSecond() const {
  const DiagnosticConsumer &Client = Compiler.getDiagnosticClient();
  unsigned Warnings = Client.getNumWarnings() - WarningsBefore;
  uint8_t Said = Told() == ToldBefore ? 0 : std::min<unsigned>(Warnings + 1, HasFailed);
  if (!Client.getNumErrors() && write(SaysAtEnd, &Said, 1) == 1)
    _exit(0);
  _exit(HasFailed);
}

std::optional<unsigned> TwoEmitters::finish() {
  if (Second < 0)
    return 0;
  if (Second == 0)
    endSecond();
  // It need not be waited for: the kernel takes a while to take back its memory.
  uint8_t Said;
  bool HasEnded = llvm::sys::RetryAfterSignal(-1, read, SaysAtEnd, &Said, 1) == 1;
  // What both of them tell is in no order.
  if (!HasEnded || Said == HasFailed || (Said > 0 && Told() > ToldBefore))
    return std::nullopt;
  return std::max(Said - 1, 0);
}
