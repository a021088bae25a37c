#include "frontend.h"

#include "assertion_operands.h"
#include "bitcode.h"
#include "c_statics.h"
#include "completion.h"
#include "early_initialization.h"
#include "embedded_texts.h"
#include "implicit_int.h"
#include "initializer_names.h"
#include "input_end.h"
#include "interpreter.h"
#include "lambda_names.h"
#include "late_definitions.h"
#include "leading_sign.h"
#include "openmp_statement.h"
#include "printers.h"
#include "queries.h"
#include "rebinding.h"
#include "sanitizers.h"
#include "statement_range.h"
#include "types_by_input.h"

#include "clang/AST/ASTContext.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>

using namespace forkrepl;
using llvm::json::Array;
using llvm::json::Object;

// The end of an input is not that of a file: what a #pragma sets lasts, and what is
// undefined may be defined by the next.
static void silenceEndsOfFiles(clang::DiagnosticsEngine &Diagnostics) {
  for (unsigned ID :
       {clang::diag::warn_pragma_pack_modified_after_include,
        clang::diag::warn_pragma_pack_no_pop_eof, clang::diag::warn_undefined_internal,
        clang::diag::warn_func_template_missing, clang::diag::warn_var_template_missing,
        clang::diag::warn_undefined_inline})
    Diagnostics.setSeverity(ID, clang::diag::Severity::Ignored,
                            clang::SourceLocation());
}

llvm::Error Frontend::start(const std::vector<const char *> &Flags,
                            const llvm::json::Array *Emitted) {
  auto OwnedShadow = std::make_unique<Shadowing>();
  auto OwnedCapture = std::make_unique<ValueCapture>();
  auto OwnedReturns = std::make_unique<TopLevelReturn>(*OwnedCapture, ReturnEndsScript);
  auto OwnedInitializers = std::make_unique<CInitializers>(*OwnedCapture);
  auto OwnedWatcher = std::make_unique<InputWatcher>(*OwnedReturns);
  Watcher = OwnedWatcher.get();
  Returns = OwnedReturns.get();
  Initializers = OwnedInitializers.get();
  Shadow = OwnedShadow.get();
  Capture = OwnedCapture.get();
  std::vector<std::unique_ptr<clang::ASTConsumer>> Consumers;
  Consumers.push_back(std::move(OwnedWatcher));
  Consumers.push_back(std::move(OwnedShadow));
  Consumers.push_back(std::move(OwnedReturns));
  Consumers.push_back(std::move(OwnedCapture));
  Consumers.push_back(std::move(OwnedInitializers));
  Consumers.push_back(std::make_unique<EarlyInitialization>());
  Consumers.push_back(std::make_unique<LambdaNames>());
  Consumers.push_back(std::make_unique<CStatics>());
  Consumers.push_back(std::make_unique<LateDefinitions>());
  DependsOn = std::make_shared<Dependencies>("");
  auto Created = createInterpreter(
      Flags, std::make_unique<clang::MultiplexConsumer>(std::move(Consumers)),
      DependsOn, Files, First, [this](const std::string &Message) {
        Controller.send(Object{{"ok", false}, {"rendered", Message}});
        _exit(1);
      });
  if (!Created)
    return Created.takeError();
  Interpreter = std::move(*Created);
  auto Prelude = Interpreter->Parse(ValueCaptureText);
  if (!Prelude)
    return Prelude.takeError();

  clang::CompilerInstance &CI = *Interpreter->getCompilerInstance();
  Pragmas.attachToPreprocessor(CI.getPreprocessor());
  Diagnostics = std::make_unique<DiagnosticCollector>(CI.getDiagnosticOpts(), Colour);
  Diagnostics->Context = &CI.getASTContext();
  Diagnostics->WithPlaces = [this](llvm::StringRef Text) {
    return Precompiled.withPlaces(Text);
  };
  Diagnostics->OnNotConstant = [this](clang::SourceLocation Place) {
    Initializers->noteNotConstant(Place);
  };
  Diagnostics->BeginSourceFile(CI.getLangOpts(), &CI.getPreprocessor());
  CI.getDiagnostics().setClient(Diagnostics.get(), /*ShouldOwnClient=*/false);
  silenceEndsOfFiles(CI.getDiagnostics());
  Internals = InternalDefinitions::install(CI);
  Beside.begin(CI.getPreprocessor());
  tellTypesByInput(CI.getSema());
  if (First) {
    Internals->share(*First); // also if it is not needed any more
    Precompiled.offer(std::move(First), Emitted);
  }
  if (llvm::Error Failure = mendStatementRange(CI.getASTContext()))
    return Failure;
  return nameInitializers(CI.getASTContext());
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

bool hasStatements(const clang::TranslationUnitDecl &Input) {
  return llvm::any_of(Input.noload_decls(), llvm::IsaPred<clang::TopLevelStmtDecl>);
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
  if (const llvm::json::Array *Defined = Request.Header.getArray("defined"))
    Internals->Emitted.add(*Defined);
  // What redefines many things is told of them twice as fast each time.
  if (ErrorLimit)
    CI.getDiagnostics().setErrorLimit(ErrorLimit + (Hidden ? Hidden->size() : 0));
  ProtectedText Input = protectLeadingSign(
      withOpenMPStatements(withImplicitInt(Request.Blob, CI.getPreprocessor()),
                           CI.getPreprocessor()),
      Options);
  Diagnostics->beginInput(CI.getPreprocessor(), Input.End);
  Pragmas.take(); // of an input before, that nobody has asked about
  Beside.beginInput(Request.Blob);
  auto Unit = Interpreter->Parse(Input.Text);
  Initializers->finishInput(Unit ? Unit->TheModule.get() : nullptr);
  if (!Unit)
    return Unit;
  if (!Unit->TheModule)
    return llvm::createStringError("no module");
  Shadow->acceptInput();
  Precompiled.joinInto(Unit->TheModule);
  Internals->share(*Unit->TheModule);
  Returns->finishModule(*Unit->TheModule);
  LastJoins = Joinable.note(*Unit->TheModule);
  return Unit;
}

void Frontend::sendRejection() {
  Object Reply{{"ok", false},
               {"redefines", Shadow->previous(Diagnostics->takePrevious())}};
  if (Diagnostics->lacksSemicolon())
    Reply["completion"] = completion();
  Diagnostics->tell(Diagnostics->take(), Reply);
  Controller.send(std::move(Reply));
}

// The semicolon; and if it ends the declaration of a variable, that shows its value.
std::string Frontend::completion() const {
  const clang::ASTContext &Context =
      Interpreter->getCompilerInstance()->getASTContext();
  const clang::VarDecl *Last = nullptr;
  for (const clang::Decl *Each : Context.getTranslationUnitDecl()->noload_decls())
    Last = llvm::dyn_cast<clang::VarDecl>(Each);
  bool IsShown =
      Last && Last->getIdentifier() && !Last->isInvalidDecl() &&
      !Last->getDescribedVarTemplate() &&
      Last->isThisDeclarationADefinition() != clang::VarDecl::DeclarationOnly;
  // On a line of its own: the last one may end with a comment.
  return IsShown ? ("\n;" + Last->getName()).str() : "\n;";
}

void Frontend::sendInterim(Array Error) {
  Object Reply{{"ok", false}, {"interim", true}};
  Diagnostics->tell(std::move(Error), Reply);
  Controller.send(std::move(Reply));
}

// With the checks of sanitizers in it, and what assertions of the library are to tell.
std::string Frontend::checkedBitcode(llvm::Module &Module) const {
  const clang::CompilerInstance &CI = *Interpreter->getCompilerInstance();
  noteAssertionOperands(Module);
  instrument(Module, CI.getCodeGenOpts(), CI.getLangOpts());
  return writeBitcode(Module);
}

void Frontend::parse(Message &Request) {
  Files->add(Request);
  bool IsFirst = Precompiled.hasCode();
  Capture->setKeeps(Request.Header.getBoolean("keep").value_or(true));
  // After an error this process is of no more use to anybody.
  auto Reject = [this] {
    sendRejection();
    _exit(0);
  };
  Diagnostics->OnTooManyErrors = Watcher->OnErrors = Reject;
  Diagnostics->OnError = [this](Array Error) { sendInterim(std::move(Error)); };
  auto Unit = parseText(Request);
  Diagnostics->OnTooManyErrors = Watcher->OnErrors = nullptr;
  Diagnostics->OnError = nullptr;
  if (!Unit) {
    llvm::consumeError(Unit.takeError()); // the diagnostics say it better
    return sendRejection();
  }
  // What was to be a whole source file is a list of inputs.
  if (Request.Header.getBoolean("whole").value_or(false) &&
      hasStatements(*Unit->TUPart))
    return sendRejection();
  std::string Bitcode = checkedBitcode(*Unit->TheModule);
  // Of what came from a precompiled header nothing is seen in the input itself.
  Object Reply{{"ok", true},
               {"declares", declares(*Unit->TUPart) || IsFirst},
               {"joins", LastJoins},
               {"pragmas", Pragmas.take()}};
  if (Request.Header.getBoolean("includes").value_or(false))
    Reply["variables"] = llvm::json::Array(definedNames(*Unit->TheModule));
  if (auto Value = Capture->takeValue()) {
    Diagnostics->dropUnusedWarnings(Capture->begin());
    Reply["value"] = std::move(*Value);
  }
  // The bitcode is all that anybody will ask of this module.
  Unit->TheModule.reset();
  Diagnostics->tell(Diagnostics->take(), Reply);
  if (Array Read = Files->takeNews(Bitcode); !Read.empty())
    Reply["read"] = std::move(Read);
  Controller.send(std::move(Reply), Bitcode);
}

void Frontend::replay(Message &Request) {
  Files->add(Request);
  auto Unit = parseText(Request);
  Object Reply{{"ok", bool(Unit)}};
  Array Records = Diagnostics->take();
  if (Unit) {
    Unit->TheModule.reset();
    Capture->takeValue();
    std::string Known;
    Files->takeNews(Known);
  } else {
    llvm::consumeError(Unit.takeError());
    Diagnostics->tell(std::move(Records), Reply);
  }
  Controller.send(std::move(Reply));
}

void Frontend::printers(const Message &Request) {
  const llvm::json::Array None, *Asked = Request.Header.getArray("types");
  const llvm::json::Array &Indices = Asked ? *Asked : None;
  clang::Sema &S = Interpreter->getCompilerInstance()->getSema();
  auto Unit = Interpreter->Parse(printersText(S, Capture->types(), Indices));
  Object Reply{{"ok", bool(Unit)}};
  Diagnostics->tell(Diagnostics->take(), Reply);
  std::string Bitcode;
  if (Unit && Unit->TheModule) {
    Internals->share(*Unit->TheModule);
    Bitcode = checkedBitcode(*Unit->TheModule);
    Reply["printers"] = describePrinters(S, Indices);
  } else if (!Unit) {
    llvm::consumeError(Unit.takeError());
  }
  Controller.send(std::move(Reply), Bitcode);
}

void Frontend::dependencies() {
  std::string Text;
  llvm::raw_string_ostream Stream(Text);
  DependsOn->print(Stream);
  Controller.send(Object{{"ok", true}}, Text);
}

void Frontend::rebindCode(const Message &Request) {
  const Array None, *Kept = Request.Header.getArray("kept");
  auto Bitcode = rebind(Request.Blob, Kept ? *Kept : None);
  bool Ok = bool(Bitcode);
  Controller.send(
      Object{{"ok", Ok}, {"rendered", Ok ? "" : llvm::toString(Bitcode.takeError())}},
      Ok ? *Bitcode : "");
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
      complete(*Interpreter, *Shadow, *Capture, *Diagnostics, Controller, Request);
    else if (Operation == "ends")
      Controller.send(answerEnds(Request, *Interpreter));
    else if (Operation == "rebind")
      rebindCode(Request);
    else if (Operation == "dependencies")
      dependencies();
    else if (Operation == "precompiled")
      beginPrecompiled(Request.Header);
    else if (auto Answer = answerQuery(Operation, Request, *Interpreter, *Diagnostics))
      Controller.send(std::move(*Answer));
    else
      Controller.send(Object{{"ok", false}, {"rendered", "unknown request"}});
  }
}
