#include "sanitizers.h"

#include "clang_files.h"
#include "driver_check.h"

#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Driver/SanitizerArgs.h"
#include "clang/Driver/ToolChain.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Transforms/Instrumentation/AddressSanitizer.h"
#include "llvm/Transforms/Instrumentation/BoundsChecking.h"
#include "llvm/Transforms/Instrumentation/ThreadSanitizer.h"

#include <vector>

using namespace clang;
using namespace forkrepl;

namespace {

// What is asked for that has no runtime which could be loaded into a program that is
// there already, or that needs all libraries to be built with it; empty if nothing is.
llvm::StringRef unsupported(const driver::SanitizerArgs &Wanted) {
  if (Wanted.needsMsanRt())
    return "memory";
  if (Wanted.needsHwasanRt())
    return "hwaddress";
  if (Wanted.needsTysanRt())
    return "type";
  if (Wanted.needsDfsanRt())
    return "dataflow";
  if (Wanted.needsNsanRt())
    return "numerical";
  if (Wanted.needsRtsanRt())
    return "realtime";
  if (Wanted.needsFuzzer())
    return "fuzzer";
  if (Wanted.needsSafeStackRt())
    return "safe-stack";
  if (Wanted.needsScudoRt())
    return "scudo";
  if (Wanted.needsCfiCrossDsoRt() || Wanted.needsLTO())
    return "cfi";
  if (Wanted.needsStatsRt())
    return "stats";
  return "";
}

// Those with a shared runtime. The leak detector has none of its own, but is a part of
// AddressSanitizer's, as the checks for undefined behaviour are of both others'.
llvm::StringRef component(const driver::SanitizerArgs &Wanted) {
  if (Wanted.needsTsanRt())
    return "tsan";
  if (Wanted.needsAsanRt() || Wanted.needsLsanRt())
    return "asan";
  if (!Wanted.needsUbsanRt())
    return "";
  return Wanted.requiresMinimalRuntime() ? "ubsan_minimal" : "ubsan_standalone";
}

} // namespace

// The file of a runtime among Clang's own in that folder; it need not exist.
static std::string runtimeIn(const std::string &ResourceFolder,
                             llvm::ArrayRef<const char *> Flags,
                             llvm::StringRef Component) {
  std::vector<const char *> Command = {"-resource-dir", ResourceFolder.c_str()};
  Command.insert(Command.end(), Flags.begin(), Flags.end());
  AskedDriver Driver(Command);
  const driver::Compilation *Compilation = Driver.compilation();
  return Compilation
             ? Compilation->getDefaultToolChain().getCompilerRT(
                   Compilation->getArgs(), Component, driver::ToolChain::FT_Shared)
             : "";
}

// A wheel has no runtimes, but an LLVM that the system has may.
static std::string findRuntime(llvm::ArrayRef<const char *> Flags,
                               llvm::StringRef Component) {
  std::string Own = runtimeIn(resourceFolder(), Flags, Component);
  if (llvm::sys::fs::exists(Own) || systemResourceFolder().empty())
    return Own;
  return runtimeIn(systemResourceFolder(), Flags, Component);
}

int forkrepl::describeSanitizers(llvm::ArrayRef<const char *> Flags,
                                 llvm::raw_ostream &Output) {
  std::vector<const char *> Command = {"-resource-dir", resourceFolder().c_str()};
  Command.insert(Command.end(), Flags.begin(), Flags.end());
  AskedDriver Driver(Command);
  const driver::Compilation *Compilation = Driver.compilation();
  if (llvm::errorToBool(Driver.takeError()) || !Compilation)
    return 1; // for the controller to be told again, when the frontend starts
  const driver::ToolChain &Tools = Compilation->getDefaultToolChain();
  const llvm::opt::ArgList &Arguments = Compilation->getArgs();
  const driver::SanitizerArgs Wanted = Tools.getSanitizerArgs(Arguments);
  llvm::StringRef Component = component(Wanted);
  Output << llvm::json::Value(llvm::json::Object{
      {"component", Component},
      {"runtime", Component.empty() ? std::string() : findRuntime(Flags, Component)},
      {"unsupported", unsupported(Wanted)},
      {"address", Wanted.needsAsanRt()},
      {"leak", Wanted.needsLsanRt() && !Wanted.needsAsanRt()},
      {"thread", Wanted.needsTsanRt()}});
  return 0;
}

void forkrepl::instrument(llvm::Module &Module, const CodeGenOptions &CodeGen,
                          const LangOptions &Language) {
  const SanitizerSet &Wanted = Language.Sanitize;
  if (!CodeGen.DisableLLVMPasses || Wanted.empty())
    return;
  llvm::ModulePassManager Passes;
  if (Wanted.has(SanitizerKind::LocalBounds)) {
    llvm::BoundsCheckingPass::Options Options;
    if (!CodeGen.SanitizeTrap.has(SanitizerKind::LocalBounds))
      Options.Rt = {/*MinRuntime=*/bool(CodeGen.SanitizeMinimalRuntime),
                    /*MayReturn=*/
                    CodeGen.SanitizeRecover.has(SanitizerKind::LocalBounds),
                    /*HandlerPreserveAllRegs=*/
                    bool(CodeGen.SanitizeHandlerPreserveAllRegs)};
    Passes.addPass(
        llvm::createModuleToFunctionPassAdaptor(llvm::BoundsCheckingPass(Options)));
  }
  if (Wanted.has(SanitizerKind::Thread)) {
    Passes.addPass(llvm::ModuleThreadSanitizerPass());
    Passes.addPass(
        llvm::createModuleToFunctionPassAdaptor(llvm::ThreadSanitizerPass()));
  }
  if (Wanted.has(SanitizerKind::Address)) {
    llvm::AddressSanitizerOptions Options;
    Options.Recover = CodeGen.SanitizeRecover.has(SanitizerKind::Address);
    Options.UseAfterScope = CodeGen.SanitizeAddressUseAfterScope;
    Options.UseAfterReturn = CodeGen.getSanitizeAddressUseAfterReturn();
    Passes.addPass(llvm::AddressSanitizerPass(
        Options, CodeGen.SanitizeAddressGlobalsDeadStripping,
        CodeGen.SanitizeAddressUseOdrIndicator, CodeGen.getSanitizeAddressDtor()));
  }
  if (Passes.isEmpty())
    return;
  llvm::LoopAnalysisManager Loops;
  llvm::FunctionAnalysisManager Functions;
  llvm::CGSCCAnalysisManager Graph;
  llvm::ModuleAnalysisManager Modules;
  llvm::PassBuilder Builder;
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(Graph);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, Graph, Modules);
  Passes.run(Module, Modules);
}
