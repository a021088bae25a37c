#include "precompiled_header.h"

#include "compile_file.h"
#include "dependencies.h"

#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Interpreter/Interpreter.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h" // completes a type of clang/Interpreter/Interpreter.h
#include "llvm/Linker/Linker.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace clang;
using namespace forkrepl;

static constexpr llvm::StringLiteral MainFile = "forkrepl-precompiled";

static int precompileText(CompilerInstance &Compiler, const char *Output) {
  auto Text = llvm::MemoryBuffer::getSTDIN();
  if (!Text) {
    llvm::errs() << "no input\n";
    return 1;
  }
  FrontendOptions &Options = Compiler.getFrontendOpts();
  Options.Inputs = {FrontendInputFile(MainFile, Options.Inputs.front().getKind())};
  Options.OutputFile = Output;
  PreprocessorOptions &Files = Compiler.getPreprocessorOpts();
  Files.clearRemappedFiles();
  Files.addRemappedFile(MainFile, Text->release());
  // At the end of an input Clang instantiates what is pending; so here, at the end of
  // the last include, and not again and again where the header is used.
  Compiler.getLangOpts().PCHInstantiateTemplates = true;
  auto DependsOn = std::make_shared<Dependencies>(MainFile);
  Compiler.addDependencyCollector(DependsOn);

  GeneratePCHAction Action;
  if (!Compiler.ExecuteAction(Action) || Compiler.getDiagnostics().hasErrorOccurred())
    return 1;
  DependsOn->print(llvm::outs());
  return 0;
}

int forkrepl::precompile(llvm::ArrayRef<const char *> Arguments) {
  IncrementalCompilerBuilder Builder;
  Builder.SetCompilerArgs(Arguments.drop_front().vec());
  auto Created = Builder.CreateCpp();
  if (!Created) {
    llvm::errs() << llvm::toString(Created.takeError()) << "\n";
    return 1;
  }
  return precompileText(**Created, Arguments.front());
}

int forkrepl::precompileForPrograms(llvm::ArrayRef<const char *> Arguments) {
  std::vector<const char *> Flags = Arguments.drop_front().vec();
  Flags.push_back(MainFile.data());
  std::shared_ptr<CompilerInvocation> Invocation = invocationFor(Flags);
  if (!Invocation)
    return 1;
  CompilerInstance Compiler(std::move(Invocation));
  Compiler.createDiagnostics();
  return precompileText(Compiler, Arguments.front());
}

std::vector<std::string> forkrepl::definedNames(const llvm::Module &Module) {
  std::vector<std::string> Names;
  for (const llvm::GlobalVariable &Variable : Module.globals())
    if (!Variable.isDeclaration() && !Variable.getName().starts_with("llvm."))
      Names.push_back(Variable.getName().str());
  for (const llvm::Function &Function : Module)
    if (!Function.isDeclaration() && Function.hasExternalLinkage())
      Names.push_back(Function.getName().str());
  return Names;
}

void PrecompiledState::begin(const llvm::json::Array *Wanted) {
  Places.clear();
  if (Wanted)
    for (const llvm::json::Value &Place : *Wanted)
      Places.push_back(Place.getAsString().value_or("").str());
}

void PrecompiledState::offer(std::unique_ptr<llvm::Module> Offered,
                             const llvm::json::Array *Emitted) {
  std::vector<std::string> Names = definedNames(*Offered);
  auto IsEmitted = [&](llvm::StringRef Name) {
    return Emitted && llvm::is_contained(*Emitted, llvm::json::Value(Name));
  };
  size_t Known = llvm::count_if(Names, IsEmitted);
  if (Known == 0 && !Names.empty())
    Code = std::move(Offered);
  Overlaps = Known != 0 && Known != Names.size();
}

void PrecompiledState::joinInto(std::unique_ptr<llvm::Module> &Input) {
  if (!Code)
    return;
  // The header's code first: its variables are initialized before the input's.
  Code->setModuleIdentifier(Input->getModuleIdentifier());
  Code->setSourceFileName(Input->getSourceFileName());
  llvm::Linker::linkModules(*Code, std::move(Input));
  Input = std::move(Code);
}

std::string PrecompiledState::withPlaces(llvm::StringRef Text) const {
  constexpr llvm::StringLiteral Prefix = "In file included from ";
  constexpr llvm::StringLiteral Main = "/<precompiled>:";
  std::string Result;
  while (!Text.empty()) {
    size_t Length = std::min(Text.find('\n'), Text.size() - 1) + 1;
    llvm::StringRef Line = Text.take_front(Length), Rest = Line;
    size_t Number = 0;
    if (Rest.consume_front(Prefix) && Rest.consume_front(Main) &&
        !Rest.consumeInteger(10, Number) && Number - 1 < Places.size())
      Result += (Prefix + Places[Number - 1] + Rest).str();
    else
      Result += Line;
    Text = Text.drop_front(Length);
  }
  return Result;
}
