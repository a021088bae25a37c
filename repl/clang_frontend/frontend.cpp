#include "frontend.h"

#include "completion.h"
#include "input_end.h"
#include "interpreter.h"
#include "leading_sign.h"
#include "printers.h"
#include "queries.h"
#include "statement_range.h"

#include "clang/AST/ASTContext.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

using namespace forkrepl;
using llvm::json::Object;

// The end of an input is not that of a file: what a #pragma sets lasts.
static void silenceEndsOfFiles(clang::DiagnosticsEngine &Diagnostics) {
  for (unsigned ID : {clang::diag::warn_pragma_pack_modified_after_include,
                      clang::diag::warn_pragma_pack_no_pop_eof})
    Diagnostics.setSeverity(ID, clang::diag::Severity::Ignored, clang::SourceLocation());
}

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
  silenceEndsOfFiles(CI.getDiagnostics());
  Internals = InternalDefinitions::install(CI);
  if (First) {
    Internals->shareVariables(*First); // also if it is not needed any more
    Precompiled.offer(std::move(First), Emitted);
  }
  return mendStatementRange(CI.getASTContext());
}

namespace {

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

} // namespace

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
    else if (Operation == "ends")
      Controller.send(answerEnds(Request, *Interpreter));
    else if (Operation == "precompiled")
      beginPrecompiled(Request.Header);
    else if (auto Answer = answerQuery(Operation, Request, *Interpreter, *Diagnostics))
      Controller.send(std::move(*Answer));
    else
      Controller.send(Object{{"ok", false}, {"rendered", "unknown request"}});
  }
}
