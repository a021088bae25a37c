// The frontend process: C and C++ text in, LLVM bitcode and diagnostics out.
//
// It owns a clang::Interpreter whose executor does nothing, because running is
// somebody else's business (the controller sends the bitcode on). It is started
// with the compiler's flags as arguments and the controller's socket as file
// descriptor 0, and serves one request after another until the socket closes:
//
//   parse       {"op": "parse"}, blob: text     -> {"ok": ...}, blob: bitcode
//               With "hide": [...], it redefines these; if it is rejected,
//               "redefines": [...] is what would have to be hidden, see shadowing.h.
//               With "keep": false, the value is not kept for `_`.
//   replay      the same, of a text that was accepted before -> {"ok": ...}
//   printers    {"op": "printers", "types": [...]}, of the value that the last input
//               hands over -> what users have written to print these types, and
//               bitcode that calls it, see printers.h. The copy is good for nothing else.
//   checkpoint  {"op": "checkpoint"} + a socket -> a forked copy of this process
//               serves that socket: Clang's state as of now, to go back to.
//   complete, signature   what may be typed at a place, see completion.h.
//   precompiled {"op": "precompiled", "file": ..., "places": [...], "inputs": N,
//               "emitted": [...]} -> {"ok": ...}. A copy of the root begins again with a
//               precompiled header for N inputs and the next one, which has to come then.
//   and those of queries.h
//
// With the argument "--version" it names Clang's and LLVM's versions and ends.
//
// With "--started-by-thread" as the first argument it may live on when the thread that
// has started it ends.
//
// With the arguments "--compile PARENT ..." it serves nobody, but compiles a file, see
// compile_file.h; with "--precompile PARENT ..." it makes a precompiled header, see
// precompiled_header.h. PARENT: the controller's process number.
#include "compile_file.h"
#include "completion.h"
#include "diagnostics.h"
#include "internal_linkage.h"
#include "interpreter.h"
#include "leading_sign.h"
#include "precompiled_header.h"
#include "printers.h"
#include "protocol.h"
#include "queries.h"
#include "shadowing.h"
#include "statement_range.h"
#include "value_capture.h"

#include "clang/AST/ASTContext.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "clang/Interpreter/Interpreter.h"
#include "clang/Interpreter/PartialTranslationUnit.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>
#include <unistd.h>

using namespace forkrepl;
using llvm::json::Object;

namespace {

constexpr int ControllerDescriptor = 0; // its standard input

class Frontend {
public:
  Frontend(Connection &Controller, bool Colour, std::vector<const char *> Flags)
      : Controller(Controller), Colour(Colour), Flags(std::move(Flags)) {}

  llvm::Error start() { return start(Flags, nullptr); }
  void serve();

private:
  // Emitted: the variables that earlier inputs have defined already.
  llvm::Error start(const std::vector<const char *> &Flags,
                    const llvm::json::Array *Emitted);
  void parse(const Message &Request);
  void sendRejection();
  void replay(const Message &Request);
  llvm::Expected<clang::PartialTranslationUnit &> parseText(const Message &Request);
  void printers(const Message &Request);
  void checkpoint(int Descriptor);
  void beginPrecompiled(const Object &Request);
  DiagnosticCollector::Taken takeDiagnostics();

  Connection &Controller;
  bool Colour;
  std::vector<const char *> Flags;
  std::unique_ptr<llvm::Module> First; // what the flags have defined
  PrecompiledState Precompiled;
  std::unique_ptr<DiagnosticCollector> Diagnostics;
  InternalDefinitions *Internals = nullptr; // owned by the ASTContext
  // Owned by the Interpreter.
  Shadowing *Shadow = nullptr;
  ValueCapture *Capture = nullptr;
  std::unique_ptr<clang::Interpreter> Interpreter;
};

llvm::Error Frontend::start(const std::vector<const char *> &Flags,
                            const llvm::json::Array *Emitted) {
  auto OwnedShadow = std::make_unique<Shadowing>();
  auto OwnedCapture = std::make_unique<ValueCapture>();
  Shadow = OwnedShadow.get();
  Capture = OwnedCapture.get();
  std::vector<std::unique_ptr<clang::ASTConsumer>> Consumers;
  Consumers.push_back(std::move(OwnedShadow));
  Consumers.push_back(std::move(OwnedCapture));
  auto Created = createInterpreter(
      Flags, std::make_unique<clang::MultiplexConsumer>(std::move(Consumers)), First);
  if (!Created)
    return Created.takeError();
  Interpreter = std::move(*Created);
  auto Prelude = Interpreter->Parse(ValueCapture::Prelude);
  if (!Prelude)
    return Prelude.takeError();

  clang::CompilerInstance &CI = *Interpreter->getCompilerInstance();
  Diagnostics =
      std::make_unique<DiagnosticCollector>(CI.getDiagnosticOpts(), Colour);
  Diagnostics->BeginSourceFile(CI.getLangOpts(), &CI.getPreprocessor());
  CI.getDiagnostics().setClient(Diagnostics.get(), /*ShouldOwnClient=*/false);
  Internals = InternalDefinitions::install(CI);
  if (First) {
    Internals->shareVariables(*First); // also if it is not needed any more
    Precompiled.offer(std::move(First), Emitted);
  }
  return mendStatementRange(CI.getASTContext());
}

// Looking for words that the user may have meant takes time that grows with the
// square of the word's length.
constexpr size_t LongestWordToCorrect = 256;

size_t longestWord(llvm::StringRef Text) {
  size_t Longest = 0, Length = 0;
  for (char C : Text) {
    Length = llvm::isAlnum(C) || C == '_' ? Length + 1 : 0;
    Longest = std::max(Longest, Length);
  }
  return Longest;
}

// Empty if the module has nothing to compile: an include, a type, a template.
std::string writeBitcode(const llvm::Module &Module) {
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

// Whether there is more in an input than statements.
bool declares(const clang::TranslationUnitDecl &Input) {
  return llvm::any_of(Input.noload_decls(), [](const clang::Decl *D) {
    return !llvm::isa<clang::TopLevelStmtDecl, clang::EmptyDecl>(D);
  });
}

llvm::Expected<clang::PartialTranslationUnit &>
Frontend::parseText(const Message &Request) {
  clang::CompilerInstance &CI = *Interpreter->getCompilerInstance();
  clang::LangOptions &Options = CI.getLangOpts();
  unsigned ErrorLimit = CI.getDiagnosticOpts().ErrorLimit;
  Options.SpellChecking = longestWord(Request.Blob) < LongestWordToCorrect;
  const llvm::json::Array *Hidden = Request.Header.getArray("hide");
  Shadow->beginInput(Hidden);
  // What redefines many things is told of them twice as fast each time.
  if (ErrorLimit)
    CI.getDiagnostics().setErrorLimit(ErrorLimit + (Hidden ? Hidden->size() : 0));
  auto Unit = Interpreter->Parse(protectLeadingSign(Request.Blob, Options));
  if (!Unit)
    return Unit;
  if (!Unit->TheModule)
    return llvm::createStringError("no module");
  Shadow->acceptInput();
  Precompiled.joinInto(Unit->TheModule);
  Internals->shareVariables(*Unit->TheModule);
  return Unit;
}

DiagnosticCollector::Taken Frontend::takeDiagnostics() {
  DiagnosticCollector::Taken Taken = Diagnostics->take();
  Taken.Text = Precompiled.withPlaces(Taken.Text);
  return Taken;
}

void Frontend::sendRejection() {
  Object Reply{{"ok", false},
               {"redefines", Shadow->previous(Diagnostics->takePrevious())}};
  DiagnosticCollector::Taken Taken = takeDiagnostics();
  Reply["diagnostics"] = std::move(Taken.Records);
  Reply["rendered"] = std::move(Taken.Text);
  Controller.send(std::move(Reply));
}

void Frontend::parse(const Message &Request) {
  bool IsFirst = Precompiled.hasCode();
  Capture->setKeeps(Request.Header.getBoolean("keep").value_or(true));
  // After an error this process is of no more use to anybody.
  Diagnostics->OnTooManyErrors = [this] {
    sendRejection();
    _exit(0);
  };
  auto Unit = parseText(Request);
  Diagnostics->OnTooManyErrors = nullptr;
  if (!Unit) {
    llvm::consumeError(Unit.takeError()); // the diagnostics say it better
    return sendRejection();
  }
  std::string Bitcode = writeBitcode(*Unit->TheModule);
  // Of what came from a precompiled header nothing is seen in the input itself.
  Object Reply{{"ok", true}, {"declares", declares(*Unit->TUPart) || IsFirst}};
  if (Request.Header.getBoolean("includes").value_or(false))
    Reply["variables"] = llvm::json::Array(definedVariables(*Unit->TheModule));
  if (auto Value = Capture->takeValue()) {
    Diagnostics->dropUnusedWarnings(Capture->begin());
    Reply["value"] = std::move(*Value);
  }
  // The bitcode is all that anybody will ask of this module.
  Unit->TheModule.reset();
  DiagnosticCollector::Taken Taken = takeDiagnostics();
  Reply["diagnostics"] = std::move(Taken.Records);
  Reply["rendered"] = std::move(Taken.Text);
  Controller.send(std::move(Reply), Bitcode);
}

void Frontend::replay(const Message &Request) {
  auto Unit = parseText(Request);
  Object Reply{{"ok", bool(Unit)}};
  DiagnosticCollector::Taken Taken = takeDiagnostics();
  if (Unit) {
    Unit->TheModule.reset();
    Capture->takeValue();
  } else {
    llvm::consumeError(Unit.takeError());
    Reply["rendered"] = std::move(Taken.Text);
  }
  Controller.send(std::move(Reply));
}

void Frontend::printers(const Message &Request) {
  const llvm::json::Array None, *Asked = Request.Header.getArray("types");
  const llvm::json::Array &Indices = Asked ? *Asked : None;
  clang::Sema &S = Interpreter->getCompilerInstance()->getSema();
  auto Unit = Interpreter->Parse(printersText(S, Capture->types(), Indices));
  Object Reply{{"ok", bool(Unit)}, {"rendered", Diagnostics->take().Text}};
  std::string Bitcode;
  if (Unit && Unit->TheModule) {
    Internals->shareVariables(*Unit->TheModule);
    Bitcode = writeBitcode(*Unit->TheModule);
    Reply["printers"] = describePrinters(S, Indices);
  } else if (!Unit) {
    llvm::consumeError(Unit.takeError());
  }
  Controller.send(std::move(Reply), Bitcode);
}

void Frontend::checkpoint(int Descriptor) {
  pid_t Child = Descriptor < 0 ? -1 : fork();
  if (Child == 0) {
    Controller.replaceWith(Descriptor);
    return; // and waits in serve(), a warm copy
  }
  int Reason = errno;
  if (Descriptor >= 0)
    close(Descriptor);
  Controller.send(Object{{"ok", Child > 0},
                         {"pid", int64_t(Child)},
                         {"rendered", Child < 0 ? strerror(Reason) : ""}});
}

// The old interpreter and what belongs to it stay behind: other objects refer to them.
void Frontend::beginPrecompiled(const Object &Request) {
  std::string File = Request.getString("file").value_or("").str();
  std::vector<const char *> WithHeader = Flags;
  WithHeader.insert(WithHeader.end(), {"-include-pch", File.c_str()});
  (void)Interpreter.release();
  (void)Diagnostics.release();
  llvm::Error Failure = start(WithHeader, Request.getArray("emitted"));
  for (int64_t I = 0; !Failure && I < Request.getInteger("inputs").value_or(0); ++I)
    Shadow->acceptInput();
  Precompiled.begin(Request.getArray("places"));
  bool Ok = !Failure && !Precompiled.overlaps();
  Controller.send(Object{{"ok", Ok},
                         {"overlaps", Precompiled.overlaps()},
                         {"rendered", llvm::toString(std::move(Failure))}});
}

void Frontend::serve() {
  Message Request;
  while (Controller.receive(Request)) {
    llvm::StringRef Operation = Request.Header.getString("op").value_or("");
    if (Operation == "parse")
      parse(Request);
    else if (Operation == "replay")
      replay(Request);
    else if (Operation == "printers")
      printers(Request);
    else if (Operation == "checkpoint")
      checkpoint(Request.Descriptor);
    else if (Operation == "complete" || Operation == "signature")
      complete(*Interpreter, *Shadow, *Diagnostics, Controller, Request);
    else if (Operation == "precompiled")
      beginPrecompiled(Request.Header);
    else if (auto Answer = answerQuery(Operation, Request, *Interpreter, *Diagnostics))
      Controller.send(std::move(*Answer));
    else
      Controller.send(Object{{"ok", false}, {"rendered", "unknown request"}});
  }
}

} // namespace

int main(int Count, char **Arguments) {
  // Ctrl-C is for the user's program. This process is the ancestor of all
  // copies, even of those whose parents have ended, and lets none of them become
  // a zombie; it does not outlive the controller.
  signal(SIGINT, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // The signal would come when the controller's thread ends that has started this. Without
  // it, the end of the stream tells that the controller is gone.
  if (Count < 2 || llvm::StringRef(Arguments[1]) != "--started-by-thread")
    prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getenv("FORKREPL_DEBUG"))
    llvm::sys::PrintStackTraceOnErrorSignal(Arguments[0]);
  llvm::install_out_of_memory_new_handler();
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  // No assembly parser: LLVM would check module-level assembly while bitcode is
  // written and end the process. The code generator reports it better.

  llvm::StringRef Mode = Count > 3 ? Arguments[1] : "";
  bool Precompiles = Mode == "--precompile";
  if (Precompiles || Mode == "--compile")
    if (getppid() != atoi(Arguments[2]))
      return 1; // it ended before we could ask to be told
  if (Mode == "--compile")
    return compileFile({Arguments + 3, size_t(Count - 3)});

  if (Count == 2 && llvm::StringRef(Arguments[1]) == "--version") {
    llvm::outs() << clang::getClangFullVersion() << "\nLLVM " LLVM_VERSION_STRING "\n";
    return 0;
  }

  std::vector<const char *> Flags = {"-resource-dir", FORKREPL_RESOURCE_DIR,
                                     // see ARCHITECTURE.md, "The frontend"
                                     "-fPIC", "-fcommon"};
  bool Colour = false;
  for (int I = Precompiles ? 4 : 1; I < Count; ++I)
    if (llvm::StringRef(Arguments[I]) == "--colour-diagnostics")
      Colour = true;
    else if (llvm::StringRef(Arguments[I]) != "--started-by-thread")
      Flags.push_back(Arguments[I]);

  if (Precompiles) {
    Flags.insert(Flags.begin(), Arguments[3]);
    return precompile(Flags);
  }

  Connection Controller(ControllerDescriptor);
  Frontend Process(Controller, Colour, std::move(Flags));
  if (llvm::Error Failure = Process.start()) {
    Controller.send(Object{{"ok", false},
                           {"rendered", llvm::toString(std::move(Failure))}});
    return 1;
  }
  Controller.send(Object{{"ok", true}, {"clang", clang::getClangFullVersion()}});
  Process.serve();
  // Leave without destructors: nothing here outlives the process.
  _exit(0);
}
