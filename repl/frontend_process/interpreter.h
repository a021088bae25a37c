// clang::Interpreter as this process uses it: it runs nothing, and other consumers stand
// in the place of its value printing.
#pragma once

#include "seen_files.h"
#include "start_diagnostics.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/Frontend/Utils.h"
#include "clang/Interpreter/Interpreter.h"
#include "llvm/IR/Module.h"

#include <memory>
#include <vector>

namespace forkrepl {

// `DependsOn` hears what is read. `Files` is where it is read; made if it is null. `First` gets what -include and a precompiled header have defined, if anything. Options
// that Clang does not know are an error. `OnBad` is called, and must not return, if a
// precompiled header does not fit.
llvm::Expected<std::unique_ptr<clang::Interpreter>>
createInterpreter(const std::vector<const char *> &Flags,
                  std::unique_ptr<clang::ASTConsumer> Consumer,
                  std::shared_ptr<clang::DependencyCollector> DependsOn,
                  llvm::IntrusiveRefCntPtr<SeenFiles> &Files,
                  std::unique_ptr<llvm::Module> &First, OnBadHeader OnBad);

} // namespace forkrepl
