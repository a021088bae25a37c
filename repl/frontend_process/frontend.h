// Serves the controller's requests, one after another, until its socket closes:
//
//   parse       {"op": "parse"}, blob: text     -> {"ok": ...}, blob: bitcode
//               With "hide": [...], it redefines these; if it is rejected,
//               "redefines": [...] is what would have to be hidden, see shadowing.h;
//               "completion": what has to be added if only a `;` is missing at the end.
//               "pragmas": see cling_pragmas.h.
//               With "keep": false, the value is not kept for `_`; with "whole": true,
//               it is rejected, without a diagnostic, if there are statements in it.
//               Each error is sent before, when it is made, with "interim": true and
//               otherwise as in the answer: if Clang dies, it is known all the same.
//   replay      the same, of a text that was accepted before -> {"ok": ...}
//               Both: "read" describes files, whose contents end the blob, see
//               seen_files.h; so does the answer to parse.
//   rebind      {"op": "rebind", "kept": [...]}, blob: bitcode -> blob: bitcode for a
//               program that has what it defines already, see rebinding.h.
//   printers    {"op": "printers", "types": [...]}, of the value that the last input
//               hands over -> what users have written to print these types, and
//               bitcode that calls it, see printers.h. The copy is good for nothing else.
//   checkpoint  {"op": "checkpoint"} + a socket -> a forked copy of this process
//               serves that socket: Clang's state as of now, to go back to.
//   ends        where the inputs of a text end, see input_end.h.
//   complete, signature   what may be typed at a place, see completion.h.
//   precompiled {"op": "precompiled", "file": ..., "places": [...], "inputs": N,
//               "emitted": [...]} -> {"ok": ...}. A copy of the root begins again with a
//               precompiled header for N inputs and the next one, which has to come then.
//   dependencies  {"op": "dependencies"} -> {"ok": true}, blob: what the inputs so far
//               depend on, see dependencies.h.
//   and those of queries.h
#pragma once

#include "c_initializers.h"
#include "cling_pragmas.h"
#include "dependencies.h"
#include "diagnostics.h"
#include "includes_beside.h"
#include "input_watcher.h"
#include "internal_linkage.h"
#include "joining.h"
#include "precompiled_header.h"
#include "protocol.h"
#include "seen_files.h"
#include "shadowing.h"
#include "top_level_return.h"
#include "value_capture.h"

#include "clang/Interpreter/Interpreter.h"
#include "clang/Interpreter/PartialTranslationUnit.h"

#include <memory>
#include <vector>

namespace forkrepl {

class Frontend {
public:
  // ReturnEndsScript: see TopLevelReturn.
  Frontend(Connection &Controller, bool Colour, bool ReturnEndsScript,
           std::vector<const char *> Flags)
      : Controller(Controller), Colour(Colour), ReturnEndsScript(ReturnEndsScript),
        Flags(std::move(Flags)) {}

  llvm::Error start() { return start(Flags, nullptr); }
  void serve();

private:
  // Emitted: the variables that earlier inputs have defined already.
  llvm::Error start(const std::vector<const char *> &Flags,
                    const llvm::json::Array *Emitted);
  std::string checkedBitcode(llvm::Module &Module) const;
  void parse(Message &Request);
  void sendRejection();
  std::string completion() const;
  void sendInterim(llvm::json::Array Error);
  void replay(Message &Request);
  llvm::Expected<clang::PartialTranslationUnit &> parseText(const Message &Request);
  void printers(const Message &Request);
  void rebindCode(const Message &Request);
  void dependencies();
  void checkpoint(int Descriptor);
  void beginPrecompiled(const llvm::json::Object &Request);

  Connection &Controller;
  bool Colour, ReturnEndsScript;
  std::vector<const char *> Flags;
  std::unique_ptr<llvm::Module> First; // what the flags have defined
  llvm::IntrusiveRefCntPtr<SeenFiles> Files;
  PrecompiledState Precompiled;
  Joining Joinable;
  ClingPragmas Pragmas;
  IncludesBeside Beside;
  unsigned LastJoins = 0; // of the input that was parsed last
  std::shared_ptr<Dependencies> DependsOn;
  std::unique_ptr<DiagnosticCollector> Diagnostics;
  InternalDefinitions *Internals = nullptr; // owned by the ASTContext
  // Owned by the Interpreter.
  InputWatcher *Watcher = nullptr;
  Shadowing *Shadow = nullptr;
  ValueCapture *Capture = nullptr;
  TopLevelReturn *Returns = nullptr;
  CInitializers *Initializers = nullptr;
  std::unique_ptr<clang::Interpreter> Interpreter;
};

} // namespace forkrepl
