#include "kept_instances.h"

#include "instance_selection.h"
#include "program_input.h"

#include "clang/CodeGen/BackendUtil.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Sema/Sema.h"
#include "clang/Serialization/ASTReader.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace clang;
using namespace forkrepl;

KnownInstances::KnownInstances(llvm::StringRef Text) {
  for (llvm::StringRef Rest = Text, Line; !Rest.empty();) {
    std::tie(Line, Rest) = Rest.split('\n');
    if (Line.consume_front("-"))
      Hopeless.insert(Line);
    else if (!Line.empty())
      Kept.push_back(Line.str());
  }
}

KnownInstances KnownInstances::readFrom(int Descriptor) {
  auto Text = Descriptor < 0 ? llvm::MemoryBuffer::getMemBuffer("")
                             : llvm::MemoryBuffer::getOpenFile(
                                   llvm::sys::fs::convertFDToNativeFile(Descriptor),
                                   "instances", /*FileSize=*/-1);
  return KnownInstances(Text ? (*Text)->getBuffer() : "");
}

void InstanceWatcher::InitializeSema(Sema &S) {
  Semantics = &S;
  // When a precompiled header is being read, and the instances are of what is in one.
  if (!Compiler.getASTReader())
    return;
  Library = std::make_unique<StandardLibrary>(S.getASTContext());
  Names = std::make_unique<ASTNameGenerator>(S.getASTContext());
  Definitions = InternalDefinitions::install(Compiler);
  Definitions->Emitted.add(Known.kept());
}

void InstanceWatcher::HandleCXXImplicitFunctionInstantiation(FunctionDecl *Function) {
  if (!Definitions || !Function->isExternallyVisible())
    return;
  auto &Pending = Semantics->PendingInstantiations;
  if (Definitions->Emitted.contains(*Function)) {
    if (!Pending.empty() && Pending.back().first == Function)
      Pending.pop_back();
  } else if (Library->has(*Function) && !Known.isHopeless(Names->getName(Function))) {
    Missing.push_back(Function);
  }
}

namespace {

class InstancesAction : public EmitLLVMOnlyAction {
public:
  InstancesAction(const KnownInstances &Known, int SymbolsTo)
      : Known(Known), SymbolsTo(SymbolsTo) {}

protected:
  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &Compiler,
                                                 llvm::StringRef File) override {
    auto Backend = EmitLLVMOnlyAction::CreateASTConsumer(Compiler, File);
    if (!Backend)
      return nullptr;
    std::vector<std::unique_ptr<ASTConsumer>> Consumers;
    Consumers.push_back(std::make_unique<InstanceWatcher>(Compiler, Known, Missing));
    Consumers.push_back(std::move(Backend));
    return std::make_unique<MultiplexConsumer>(std::move(Consumers));
  }

  void EndSourceFileAction() override {
    CodeGenerator *Generator = getCodeGenerator();
    EmitLLVMOnlyAction::EndSourceFileAction();
    std::unique_ptr<llvm::Module> Module = takeModule();
    CompilerInstance &Compiler = getCompilerInstance();
    if (!Module || !Generator || Compiler.getDiagnostics().hasErrorOccurred())
      return;
    llvm::raw_fd_ostream Symbols(SymbolsTo, /*shouldClose=*/false);
    InstanceSelection Selection(*Generator, Compiler.getASTContext());
    Selection.apply(*Module, Missing, Symbols);
    emitBackendOutput(
        Compiler, Compiler.getCodeGenOpts(), Compiler.getTarget().getDataLayoutString(),
        Module.get(), Backend_EmitObj,
        Compiler.getFileManager().getVirtualFileSystemPtr(),
        std::make_unique<llvm::raw_fd_ostream>(STDOUT_FILENO, /*shouldClose=*/false));
  }

private:
  const KnownInstances &Known;
  int SymbolsTo;
  InstantiatedFunctions Missing;
};

} // namespace

int forkrepl::compileInstances(llvm::ArrayRef<const char *> Arguments) {
  std::optional<ProgramInput> Input = ProgramInput::read(Arguments);
  if (!Input)
    return 1;
  std::shared_ptr<CompilerInvocation> Invocation = std::move(Input->Invocation);
  setContents(*Invocation, Input->Text->getBuffer());
  Invocation->getCodeGenOpts().ClearASTBeforeBackend = false; // it is asked afterwards
  CompilerInstance Compiler(std::move(Invocation));
  Compiler.createDiagnostics();
  InstancesAction Action(Input->Known, Input->TellTo);
  return Compiler.ExecuteAction(Action) ? 0 : 1;
}
