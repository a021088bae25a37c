#include "library_headers.h"

#include "clang_files.h"
#include "driver_check.h"

#include "clang/Driver/Job.h"
#include "clang/Driver/ToolChain.h"
#include "llvm/Support/JSON.h"

#include <vector>

using namespace clang;

// The folders that the compiler is told of, in their order.
static llvm::json::Array foldersOf(const driver::Compilation &Compilation) {
  llvm::json::Array Folders;
  if (Compilation.getJobs().empty())
    return Folders;
  const llvm::opt::ArgStringList &Arguments =
      Compilation.getJobs().begin()->getArguments();
  for (size_t I = 0; I + 1 < Arguments.size(); ++I) {
    llvm::StringRef Word = Arguments[I];
    if (Word == "-internal-isystem" || Word == "-internal-externc-isystem" ||
        Word == "-isystem" || Word == "-cxx-isystem" || Word == "-stdlib++-isystem")
      Folders.push_back(Arguments[I + 1]);
  }
  return Folders;
}

int forkrepl::describeHeaders(llvm::ArrayRef<const char *> Flags,
                              llvm::raw_ostream &Output) {
  std::vector<const char *> Command = {"-resource-dir", resourceFolder().c_str()};
  Command.insert(Command.end(), Flags.begin(), Flags.end());
  AskedDriver Driver(Command);
  const driver::Compilation *Compilation = Driver.compilation();
  if (llvm::errorToBool(Driver.takeError()) || !Compilation)
    return 1;
  const driver::ToolChain &Tools = Compilation->getDefaultToolChain();
  bool IsLibcxx =
      Tools.GetCXXStdlibType(Compilation->getArgs()) == driver::ToolChain::CST_Libcxx;
  Output << llvm::json::Value(
      llvm::json::Object{{"resource_folder", resourceFolder()},
                         {"library", IsLibcxx ? "libc++" : "libstdc++"},
                         {"folders", foldersOf(*Compilation)}});
  return 0;
}
