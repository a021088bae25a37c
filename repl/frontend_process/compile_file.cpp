#include "compile_file.h"

#include "clang_files.h"

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticIDs.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Basic/Stack.h"
#include "clang/Driver/Compilation.h"
#include "clang/Driver/Driver.h"
#include "clang/Driver/Job.h"
#include "clang/Driver/Tool.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/FrontendTool/Utils.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

#include <memory>
#include <vector>

using namespace clang;

namespace {

// The one job that the driver makes of the options: what `clang -###` prints.
const driver::Command *onlyJob(const driver::Compilation &Compilation,
                               DiagnosticsEngine &Diagnostics) {
  const driver::JobList &Jobs = Compilation.getJobs();
  if (Diagnostics.hasErrorOccurred())
    return nullptr;
  if (Jobs.size() == 1 &&
      llvm::StringRef(Jobs.begin()->getCreator().getName()) == "clang")
    return &*Jobs.begin();
  Diagnostics.Report(Diagnostics.getCustomDiagID(
      DiagnosticsEngine::Error, "these options ask for more than to compile"));
  return nullptr;
}

} // namespace

std::shared_ptr<CompilerInvocation>
forkrepl::invocationFor(llvm::ArrayRef<const char *> Arguments) {
  std::vector<const char *> Command = {"clang", "-resource-dir",
                                       resourceFolder().c_str()};
  Command.insert(Command.end(), Arguments.begin(), Arguments.end());
  // Last, so that no option of the user's takes them back.
  Command.insert(Command.end(), {"-fPIC", "-c", "-o", "-"});

  std::unique_ptr<DiagnosticOptions> Options = CreateAndPopulateDiagOpts(Command);
  auto Printer = std::make_unique<TextDiagnosticPrinter>(llvm::errs(), *Options);
  Printer->setPrefix("clang");
  DiagnosticsEngine Diagnostics(DiagnosticIDs::create(), *Options, Printer.release());
  ProcessWarningOptions(Diagnostics, *Options, *llvm::vfs::getRealFileSystem());

  driver::Driver Driver(clangProgram(), llvm::sys::getProcessTriple(), Diagnostics);
  Driver.setCheckInputsExist(false); // it may be a pipe, which has been read
  std::unique_ptr<driver::Compilation> Compilation(Driver.BuildCompilation(Command));
  const driver::Command *Job =
      Compilation ? onlyJob(*Compilation, Diagnostics) : nullptr;
  if (!Job)
    return nullptr;
  auto Invocation = std::make_shared<CompilerInvocation>();
  if (!CompilerInvocation::CreateFromArgs(*Invocation, Job->getArguments(),
                                          Diagnostics))
    return nullptr;
  return Invocation;
}

int forkrepl::compileFile(llvm::ArrayRef<const char *> Arguments) {
  noteBottomOfStack(); // Clang goes on with a new stack when this one gets short
  llvm::InitializeNativeTargetAsmParser();
  std::shared_ptr<CompilerInvocation> Invocation = invocationFor(Arguments);
  if (!Invocation)
    return 1;
  CompilerInstance Compiler(std::move(Invocation));
  Compiler.createDiagnostics();
  return ExecuteCompilerInvocation(&Compiler) ? 0 : 1;
}
