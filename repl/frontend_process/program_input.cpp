#include "program_input.h"

#include "compile_file.h"

#include "clang/Basic/Stack.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"

using namespace clang;
using namespace forkrepl;

// As ExecuteCompilerInvocation does it for -mllvm.
static void setLLVMOptions(const FrontendOptions &Options) {
  if (Options.LLVMArgs.empty())
    return;
  std::vector<const char *> Command = {"clang (LLVM option parsing)"};
  for (const std::string &Argument : Options.LLVMArgs)
    Command.push_back(Argument.c_str());
  llvm::cl::ParseCommandLineOptions(Command.size(), Command.data());
}

std::optional<ProgramInput> ProgramInput::read(llvm::ArrayRef<const char *> Arguments) {
  noteBottomOfStack(); // Clang goes on with a new stack when this one gets short
  llvm::InitializeNativeTargetAsmParser();
  auto Text = llvm::MemoryBuffer::getSTDIN();
  std::shared_ptr<CompilerInvocation> Invocation =
      invocationFor(Arguments.drop_front(2));
  if (!Text || !Invocation)
    return std::nullopt;
  setLLVMOptions(Invocation->getFrontendOpts());
  return ProgramInput{atoi(Arguments[0]), KnownInstances::readFrom(atoi(Arguments[1])),
                      std::move(*Text), std::move(Invocation)};
}

void forkrepl::setContents(CompilerInvocation &Invocation, llvm::StringRef Text) {
  Invocation.getPreprocessorOpts().addRemappedFile(
      Invocation.getFrontendOpts().Inputs[0].getFile(),
      llvm::MemoryBuffer::getMemBufferCopy(Text).release());
}
