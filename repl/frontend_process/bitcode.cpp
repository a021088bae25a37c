#include "bitcode.h"

#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Support/raw_ostream.h"

std::string forkrepl::writeBitcode(const llvm::Module &Module) {
  std::string Bitcode;
  auto IsDefinition = [](const llvm::GlobalValue &Value) {
    return !Value.isDeclaration();
  };
  if (llvm::none_of(Module.global_values(), IsDefinition) &&
      Module.getModuleInlineAsm().empty())
    return Bitcode;
  llvm::raw_string_ostream Stream(Bitcode);
  llvm::WriteBitcodeToFile(Module, Stream);
  Stream.flush();
  return Bitcode;
}
