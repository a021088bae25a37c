#include "interpreter.h"

#include "driver_check.h"

#include "clang/Frontend/CompilerInstance.h"
#include "clang/Interpreter/PartialTranslationUnit.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "clang/Options/Options.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h" // completes a type of clang/Interpreter/Interpreter.h
#include "llvm/Option/Arg.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"

namespace {

// Clang's interpreter insists on something that runs its modules.
class NoExecutor : public clang::IncrementalExecutor {
public:
  explicit NoExecutor(std::unique_ptr<llvm::Module> &First) : First(First) {}

  // Called once, for what -include and a precompiled header have defined.
  llvm::Error addModule(clang::PartialTranslationUnit &Unit) override {
    First = std::move(Unit.TheModule);
    return llvm::Error::success();
  }
  llvm::Error removeModule(clang::PartialTranslationUnit &) override {
    return llvm::Error::success();
  }
  llvm::Error runCtors() const override { return llvm::Error::success(); }
  llvm::Error cleanUp() override { return llvm::Error::success(); }
  llvm::Expected<llvm::orc::ExecutorAddr>
  getSymbolAddress(llvm::StringRef, SymbolNameKind) const override {
    return llvm::createStringError("the frontend runs nothing");
  }
  llvm::Error LoadDynamicLibrary(const char *) override {
    return llvm::Error::success();
  }

private:
  std::unique_ptr<llvm::Module> &First;
};

// Clang's interpreter with other consumers in the place of its value printing.
class CapturingInterpreter : public clang::Interpreter {
public:
  CapturingInterpreter(std::unique_ptr<clang::CompilerInstance> Compiler,
                       llvm::Error &Failure,
                       std::unique_ptr<clang::IncrementalExecutorBuilder> IEB,
                       std::unique_ptr<clang::ASTConsumer> Consumer)
      : Interpreter(std::move(Compiler), Failure, std::move(IEB), std::move(Consumer)) {
  }
};

// Clang's interpreter ignores options that the driver does not know.
llvm::Error checkOptions(llvm::ArrayRef<const char *> Flags) {
  unsigned MissingIndex, MissingCount;
  llvm::opt::InputArgList Parsed =
      clang::getDriverOptTable().ParseArgs(Flags, MissingIndex, MissingCount);
  if (MissingCount)
    return llvm::createStringError("a value is missing after '%s'",
                                   Parsed.getArgString(MissingIndex));
  for (const llvm::opt::Arg *Option : Parsed)
    if (Option->getOption().getKind() == llvm::opt::Option::UnknownClass)
      return llvm::createStringError("Clang does not know the option '%s'",
                                     Option->getAsString(Parsed).c_str());
  return llvm::Error::success();
}

} // namespace

llvm::Expected<std::unique_ptr<clang::Interpreter>>
forkrepl::createInterpreter(const std::vector<const char *> &Flags,
                            std::unique_ptr<clang::ASTConsumer> Consumer,
                            std::shared_ptr<clang::DependencyCollector> DependsOn,
                            llvm::IntrusiveRefCntPtr<SeenFiles> &Files,
                            std::unique_ptr<llvm::Module> &First, OnBadHeader OnBad) {
  if (llvm::Error Failure = checkOptions(Flags))
    return Failure;
  if (llvm::Error Failure = checkByDriver(Flags))
    return Failure;
  clang::IncrementalCompilerBuilder Builder;
  Builder.SetCompilerArgs(Flags);
  auto Compiler = Builder.CreateCpp();
  if (!Compiler)
    return Compiler.takeError();
  const clang::PreprocessorOptions &Preprocessing = (*Compiler)->getPreprocessorOpts();
  const std::string &Header = Preprocessing.ImplicitPCHInclude;
  clang::DiagnosticsEngine &Diagnostics = (*Compiler)->getDiagnostics();
  if (!Header.empty() || !Preprocessing.Includes.empty() ||
      !Preprocessing.MacroIncludes.empty())
    Diagnostics.setClient(new StartDiagnostics(Diagnostics.takeClient(), Header, Flags,
                                               std::move(OnBad)));
  if (!Files)
    Files =
        llvm::makeIntrusiveRefCnt<SeenFiles>((*Compiler)->getVirtualFileSystemPtr());
  (*Compiler)->setVirtualFileSystem(Files);
  if ((*Compiler)->hasFileManager())
    (*Compiler)->getFileManager().setVirtualFileSystem(Files);
  (*Compiler)->addDependencyCollector(std::move(DependsOn));
  auto Executor = std::make_unique<clang::IncrementalExecutorBuilder>();
  Executor->IE = std::make_unique<NoExecutor>(First);
  llvm::Error Failure = llvm::Error::success();
  auto Created = std::make_unique<CapturingInterpreter>(
      std::move(*Compiler), Failure, std::move(Executor), std::move(Consumer));
  if (Failure)
    return Failure;
  return Created;
}
