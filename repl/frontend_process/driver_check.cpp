#include "driver_check.h"

#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticIDs.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Driver/Compilation.h"
#include "clang/Driver/Driver.h"
#include "clang/Frontend/TextDiagnosticBuffer.h"
#include "llvm/TargetParser/Host.h"

#include <memory>
#include <vector>

using namespace clang;

// These are on most command lines, and cannot be wrong for the driver. To ask it costs a
// millisecond.
static bool isPlain(llvm::StringRef Flag) {
  for (llvm::StringRef Start : {"-std=", "-x", "-I", "-D", "-U", "-O", "-g", "-W"})
    if (Flag.starts_with(Start))
      return true;
  return Flag == "-fPIC" || Flag == "-fcommon";
}

static bool areAllPlain(llvm::ArrayRef<const char *> Flags) {
  for (; !Flags.empty(); Flags = Flags.drop_front()) {
    llvm::StringRef Flag = Flags.front();
    bool TakesNext = Flag == "-iquote" || Flag == "-Xclang" || Flag == "-resource-dir";
    if (TakesNext && Flags.size() > 1)
      Flags = Flags.drop_front();
    else if (!isPlain(Flag))
      return false;
  }
  return true;
}

llvm::Error forkrepl::checkByDriver(llvm::ArrayRef<const char *> Flags) {
  if (areAllPlain(Flags))
    return llvm::Error::success();
  std::vector<const char *> Command = {"clang"};
  Command.insert(Command.end(), Flags.begin(), Flags.end());
  Command.insert(Command.end(), {"-c", "input"});
  DiagnosticOptions Options;
  TextDiagnosticBuffer Told;
  DiagnosticsEngine Diagnostics(DiagnosticIDs::create(), Options, &Told,
                                /*ShouldOwnClient=*/false);
  driver::Driver Driver(FORKREPL_RESOURCE_DIR "/../../../bin/clang",
                        llvm::sys::getProcessTriple(), Diagnostics);
  Driver.setCheckInputsExist(false);
  std::unique_ptr<driver::Compilation> Compilation(Driver.BuildCompilation(Command));
  if (Told.err_begin() != Told.err_end())
    return llvm::createStringError(Told.err_begin()->second);
  return llvm::Error::success();
}
