#include "driver_check.h"

#include "clang_files.h"

#include "clang/Basic/DiagnosticIDs.h"
#include "llvm/TargetParser/Host.h"

#include <vector>

using namespace clang;
using namespace forkrepl;

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

AskedDriver::AskedDriver(llvm::ArrayRef<const char *> Flags)
    : Diagnostics(DiagnosticIDs::create(), Options, &Told, /*ShouldOwnClient=*/false),
      Driver(clangProgram(), llvm::sys::getProcessTriple(), Diagnostics) {
  std::vector<const char *> Command = {"clang"};
  Command.insert(Command.end(), Flags.begin(), Flags.end());
  Command.insert(Command.end(), {"-c", "input"});
  Driver.setCheckInputsExist(false);
  Compilation.reset(Driver.BuildCompilation(Command));
}

llvm::Error AskedDriver::takeError() const {
  if (Told.err_begin() == Told.err_end())
    return llvm::Error::success();
  return llvm::createStringError(Told.err_begin()->second);
}

llvm::Error forkrepl::checkByDriver(llvm::ArrayRef<const char *> Flags) {
  return areAllPlain(Flags) ? llvm::Error::success() : AskedDriver(Flags).takeError();
}
