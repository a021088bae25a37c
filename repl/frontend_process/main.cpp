// The frontend process: C and C++ text in, LLVM bitcode and diagnostics out.
//
// It owns a clang::Interpreter whose executor does nothing, because running is
// somebody else's business (the controller sends the bitcode on). It is started
// with the compiler's flags as arguments and the controller's socket as file
// descriptor 0, and serves requests: see frontend.h.
//
// With the argument "--version" it names Clang's and LLVM's versions and ends, with
// "--option-table" it writes the table of the driver's options (option_table.h). With
// "--sanitizers ..." it says what the flags that follow need (sanitizers.h), and with
// "--headers ..." which headers of the libraries these find (library_headers.h).
//
// With "--started-by-thread" as the first argument it may live on when the thread that
// has started it ends.
//
// With the arguments "--compile PARENT ..." it serves nobody, but compiles a file, see
// compile_file.h, or with "--program PARENT NUMBERS ..." a program, see program_file.h, or
// with "--instances PARENT NUMBERS ..." what of that can be kept, see kept_instances.h; with
// "--precompile PARENT ..." it makes a precompiled header, and with
// "--precompile-for-programs PARENT ..." one for those, see precompiled_header.h. PARENT: the
// controller's process number.
#include "clang_files.h"
#include "compile_file.h"
#include "frontend.h"
#include "kept_instances.h"
#include "library_headers.h"
#include "option_table.h"
#include "precompiled_header.h"
#include "program_file.h"
#include "protocol.h"
#include "sanitizers.h"

#include "clang/Basic/Version.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <unistd.h>

using namespace forkrepl;
using llvm::json::Object;

static constexpr int ControllerDescriptor = 0; // its standard input

int main(int Count, char **Arguments) {
  // Ctrl-C and Ctrl-\ are for the user's program. This process is the ancestor of all
  // copies, even of those whose parents have ended, and lets none of them become
  // a zombie; it does not outlive the controller.
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // The signal would come when the controller's thread ends that has started this. Without
  // it, the end of the stream tells that the controller is gone.
  if (Count < 2 || llvm::StringRef(Arguments[1]) != "--started-by-thread")
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getenv("FORKREPL_DEBUG"))
    llvm::sys::PrintStackTraceOnErrorSignal(Arguments[0]);
  else
    llvm::EnablePrettyStackTrace(); // if Clang crashes: what it was parsing
  llvm::install_out_of_memory_new_handler();
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  // No assembly parser: LLVM would check module-level assembly while bitcode is
  // written and end the process. The code generator reports it better.

  llvm::StringRef Mode = Count > 3 ? Arguments[1] : "";
  bool Precompiles = Mode == "--precompile";
  bool ForPrograms = Mode == "--precompile-for-programs";
  if (Precompiles || ForPrograms || Mode == "--compile" || Mode == "--program" ||
      Mode == "--instances")
    if (getppid() != atoi(Arguments[2]))
      return 1; // it ended before we could ask to be told
  if (Mode == "--compile")
    return compileFile({Arguments + 3, size_t(Count - 3)});
  if (Mode == "--program")
    compileProgram({Arguments + 3, size_t(Count - 3)});
  if (Mode == "--instances")
    return compileInstances({Arguments + 3, size_t(Count - 3)});
  if (ForPrograms)
    return precompileForPrograms({Arguments + 3, size_t(Count - 3)});

  if (Count == 2 && llvm::StringRef(Arguments[1]) == "--version") {
    llvm::outs() << clang::getClangFullVersion() << "\nLLVM " LLVM_VERSION_STRING "\n";
    return 0;
  }
  if (Count == 2 && llvm::StringRef(Arguments[1]) == "--option-table") {
    writeOptionTable(llvm::outs());
    return 0;
  }
  if (Count > 2 && llvm::StringRef(Arguments[1]) == "--sanitizers")
    return describeSanitizers({Arguments + 2, size_t(Count - 2)}, llvm::outs());
  if (Count > 2 && llvm::StringRef(Arguments[1]) == "--headers")
    return describeHeaders({Arguments + 2, size_t(Count - 2)}, llvm::outs());

  std::vector<const char *> Flags = {"-resource-dir", resourceFolder().c_str(),
                                     // see README.md beside this
                                     "-fPIC", "-fcommon"};
  bool Colour = false, ReturnEndsScript = false;
  for (int I = Precompiles ? 4 : 1; I < Count; ++I)
    if (llvm::StringRef(Arguments[I]) == "--colour-diagnostics")
      Colour = true;
    else if (llvm::StringRef(Arguments[I]) == "--return-ends-script")
      ReturnEndsScript = true;
    else if (llvm::StringRef(Arguments[I]) != "--started-by-thread")
      Flags.push_back(Arguments[I]);

  if (Precompiles) {
    Flags.insert(Flags.begin(), Arguments[3]);
    return precompile(Flags);
  }

  Connection Controller(ControllerDescriptor);
  Frontend Process(Controller, Colour, ReturnEndsScript, std::move(Flags));
  if (llvm::Error Failure = Process.start()) {
    Controller.send(
        Object{{"ok", false}, {"rendered", llvm::toString(std::move(Failure))}});
    return 1;
  }
  Controller.send(Object{{"ok", true}, {"clang", clang::getClangFullVersion()}});
  Process.serve();
  // Leave without destructors: nothing here outlives the process.
  _exit(0);
}
