#include "completion.h"

#include "clang/AST/DeclCXX.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Interpreter/PartialTranslationUnit.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/CodeCompleteConsumer.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/SemaCodeCompletion.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h" // completes a type of clang/Interpreter/Interpreter.h

#include <map>
#include <unistd.h>

using namespace clang;
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;

namespace forkrepl {
namespace {

constexpr size_t MostItems = 300; // more than anybody looks through
constexpr size_t MostSignatures = 50;
constexpr size_t LongestText = 300; // of a signature or a comment

// The place is in this file, because Clang's interpreter has no files for inputs but a
// place must be in a file.
constexpr const char *FileName = "/forkrepl-completion/input";

// What comes from source files may be of any encoding.
std::string asText(StringRef Text) {
  return llvm::json::fixUTF8(Text.take_front(LongestText));
}

const char *describeKind(const CodeCompletionResult &Result,
                         CodeCompletionContext::Kind Context) {
  if (Context == CodeCompletionContext::CCC_IncludedFile)
    return "file";
  if (Context == CodeCompletionContext::CCC_PreprocessorDirective)
    return "directive";
  switch (Result.CursorKind) {
  case CXCursor_FunctionDecl:
  case CXCursor_FunctionTemplate:
    return "function";
  case CXCursor_CXXMethod:
  case CXCursor_ConversionFunction:
    return "method";
  case CXCursor_Constructor:
    return "constructor";
  case CXCursor_Destructor:
    return "destructor";
  case CXCursor_VarDecl:
  case CXCursor_NonTypeTemplateParameter:
    return "variable";
  case CXCursor_ParmDecl:
    return "parameter";
  case CXCursor_FieldDecl:
    return "field";
  case CXCursor_EnumConstantDecl:
    return "enumerator";
  case CXCursor_EnumDecl:
    return "enum";
  case CXCursor_StructDecl:
    return "struct";
  case CXCursor_UnionDecl:
    return "union";
  case CXCursor_ClassDecl:
  case CXCursor_ClassTemplate:
  case CXCursor_ClassTemplatePartialSpecialization:
    return "class";
  case CXCursor_TypedefDecl:
  case CXCursor_TypeAliasDecl:
  case CXCursor_TypeAliasTemplateDecl:
  case CXCursor_TemplateTypeParameter:
  case CXCursor_TemplateTemplateParameter:
    return "type";
  case CXCursor_Namespace:
  case CXCursor_NamespaceAlias:
    return "namespace";
  case CXCursor_ConceptDecl:
    return "concept";
  case CXCursor_MacroDefinition:
    return "macro";
  default: // sizeof(...), which has parameters, is a pattern for Clang
    return "keyword";
  }
}

// Smaller is better. What the user has declared comes before what a header has, but
// after members and local variables.
unsigned priorityOf(const CodeCompletionResult &Result, const SourceManager &Sources) {
  bool IsUsers = Result.Kind == CodeCompletionResult::RK_Declaration &&
                 Result.Declaration->getLocation().isValid() &&
                 !Sources.isInSystemHeader(Result.Declaration->getLocation());
  return IsUsers ? std::min(Result.Priority, unsigned(CCP_MemberDeclaration))
                 : Result.Priority;
}

// What is typed to mean it.
std::string nameOf(const CodeCompletionResult &Result) {
  switch (Result.Kind) {
  case CodeCompletionResult::RK_Keyword:
    return Result.Keyword;
  case CodeCompletionResult::RK_Macro:
    return Result.Macro->getName().str();
  case CodeCompletionResult::RK_Pattern: {
    const char *Typed = Result.Pattern->getTypedText();
    return Typed ? Typed : "";
  }
  case CodeCompletionResult::RK_Declaration:
    return Result.Declaration->getDeclName().getAsString();
  }
  return "";
}

// Names that belong to the implementation ([lex.name]).
bool isReserved(StringRef Name) {
  return Name.size() > 1 && Name[0] == '_' &&
         (Name[1] == '_' || llvm::isUpper(Name[1]));
}

// Whether it is worth showing to who has typed `Prefix`.
bool isWanted(const CodeCompletionResult &Result, StringRef Name, StringRef Prefix,
              bool IsMember) {
  if (Name.empty() || !Name.starts_with(Prefix) || Result.Hidden)
    return false;
  if (Result.Availability == CXAvailability_NotAccessible ||
      Result.Availability == CXAvailability_NotAvailable)
    return false;
  if (Prefix.empty() && isReserved(Name))
    return false;
  if (Result.Kind != CodeCompletionResult::RK_Declaration)
    return true;
  if (const auto *Class = llvm::dyn_cast<CXXRecordDecl>(Result.Declaration))
    if (IsMember && Class->isInjectedClassName())
      return false;
  // Operators, conversions and destructors are hardly ever called by their names.
  return Result.Declaration->getDeclName().isIdentifier() || Prefix.starts_with("~");
}

// The parts of one of Clang's completion strings.
struct Description {
  std::string Insert; // the name, qualified where it must be
  std::string Type;   // of the result or the variable
  std::string Rest;   // parameters, "const" and the like
  std::string Before; // signatures: all up to the current parameter
  std::string Current, After;

  explicit Description(const CodeCompletionString &String) { read(String); }

private:
  bool HasName = false, HasCurrent = false;

  void read(const CodeCompletionString &String) {
    for (const CodeCompletionString::Chunk &Chunk : String) {
      if (Chunk.Kind == CodeCompletionString::CK_Optional) {
        read(*Chunk.Optional);
        continue;
      }
      StringRef Text = Chunk.Text ? Chunk.Text : "";
      if (Chunk.Kind == CodeCompletionString::CK_ResultType) {
        Type += Text;
        continue;
      }
      bool IsCurrent = Chunk.Kind == CodeCompletionString::CK_CurrentParameter;
      HasCurrent |= IsCurrent;
      (IsCurrent ? Current : HasCurrent ? After : Before) += Text;
      if (!HasName && Chunk.Kind != CodeCompletionString::CK_Informative)
        Insert += Text;
      else if (HasName)
        Rest += Text;
      HasName |= Chunk.Kind == CodeCompletionString::CK_TypedText;
    }
  }
};

// Answers as soon as Clang comes to the place, and does not return to it: after that
// it would go on with half a program, and might never come to an end.
class Answerer : public CodeCompleteConsumer {
public:
  Answerer(Connection &Controller, Shadowing &Shadow, DiagnosticCollector &Diagnostics,
           bool WantSignatures)
      : CodeCompleteConsumer(options(WantSignatures)), Controller(Controller),
        Shadow(Shadow), Diagnostics(Diagnostics), WantSignatures(WantSignatures),
        Allocator(std::make_shared<GlobalCodeCompletionAllocator>()), Unit(Allocator) {}

  CodeCompletionAllocator &getAllocator() override { return *Allocator; }
  CodeCompletionTUInfo &getCodeCompletionTUInfo() override { return Unit; }

  void ProcessCodeCompleteResults(Sema &S, CodeCompletionContext Context,
                                  CodeCompletionResult *Results,
                                  unsigned Count) override;
  void ProcessOverloadCandidates(Sema &S, unsigned Argument,
                                 OverloadCandidate *Candidates, unsigned Count,
                                 SourceLocation, bool Braced) override;

  [[noreturn]] void answer(Object Reply) {
    Reply["ok"] = true;
    Reply["redefines"] = Shadow.previous(Diagnostics.takePrevious());
    Controller.send(std::move(Reply));
    _exit(0);
  }

private:
  // The overloads of a name, of which the best stands for all.
  struct Item {
    std::string Name;
    CodeCompletionResult *Best;
    unsigned Priority;
    unsigned Overloads;
  };

  static CodeCompleteOptions options(bool WantSignatures) {
    CodeCompleteOptions Options;
    Options.IncludeMacros = !WantSignatures;
    Options.IncludeGlobals = !WantSignatures;
    Options.IncludeBriefComments = true;
    return Options;
  }

  Object describe(Sema &S, const CodeCompletionContext &Context, const Item &Each);

  Connection &Controller;
  Shadowing &Shadow;
  DiagnosticCollector &Diagnostics;
  bool WantSignatures;
  std::shared_ptr<GlobalCodeCompletionAllocator> Allocator;
  CodeCompletionTUInfo Unit;
};

Object Answerer::describe(Sema &S, const CodeCompletionContext &Context,
                          const Item &Each) {
  CodeCompletionString *String = Each.Best->CreateCodeCompletionString(
      S, Context, *Allocator, Unit, includeBriefComments());
  Description Parts(*String);
  return Object{
      {"name", asText(Each.Name)},
      {"insert", asText(Parts.Insert)},
      {"kind", describeKind(*Each.Best, Context.getKind())},
      {"type", asText(Parts.Type)},
      {"signature", asText(Parts.Rest)},
      {"doc", asText(String->getBriefComment() ? String->getBriefComment() : "")},
      {"overloads", int64_t(Each.Overloads)},
      {"priority", int64_t(Each.Priority)},
      {"deprecated", Each.Best->Availability == CXAvailability_Deprecated}};
}

void Answerer::ProcessCodeCompleteResults(Sema &S, CodeCompletionContext Context,
                                          CodeCompletionResult *Results,
                                          unsigned Count) {
  if (WantSignatures)
    return; // Clang tells them after this
  StringRef Prefix = S.getPreprocessor().getCodeCompletionFilter();
  auto Kind = Context.getKind();
  bool IsMember = Kind == CodeCompletionContext::CCC_DotMemberAccess ||
                  Kind == CodeCompletionContext::CCC_ArrowMemberAccess;
  std::map<std::string, Item> Items;
  for (CodeCompletionResult &Result : llvm::MutableArrayRef(Results, Count)) {
    std::string Name = nameOf(Result);
    if (!isWanted(Result, Name, Prefix, IsMember))
      continue;
    unsigned Priority = priorityOf(Result, S.getSourceManager());
    Item &Each =
        Items.try_emplace(Name, Item{Name, &Result, Priority, 0}).first->second;
    ++Each.Overloads;
    if (Priority < Each.Priority) {
      Each.Best = &Result;
      Each.Priority = Priority;
    }
  }
  std::vector<Item> Sorted;
  for (auto &Entry : Items)
    Sorted.push_back(std::move(Entry.second));
  llvm::stable_sort(
      Sorted, [](const Item &A, const Item &B) { return A.Priority < B.Priority; });
  bool HasMore = Sorted.size() > MostItems;
  if (HasMore)
    Sorted.erase(Sorted.begin() + MostItems, Sorted.end());
  Array Described;
  for (const Item &Each : Sorted)
    Described.push_back(describe(S, Context, Each));
  answer(Object{{"items", std::move(Described)}, {"more", HasMore}});
}

void Answerer::ProcessOverloadCandidates(Sema &S, unsigned Argument,
                                         OverloadCandidate *Candidates, unsigned Count,
                                         SourceLocation, bool Braced) {
  if (!WantSignatures)
    return;
  Array Signatures;
  for (OverloadCandidate &Each :
       llvm::MutableArrayRef(Candidates, std::min<size_t>(Count, MostSignatures))) {
    CodeCompletionString *String = Each.CreateSignatureString(
        Argument, S, *Allocator, Unit, includeBriefComments(), Braced);
    if (!String)
      continue;
    Description Parts(*String);
    Signatures.push_back(Object{
        {"type", asText(Parts.Type)},
        {"before", asText(Parts.Before)},
        {"current", asText(Parts.Current)},
        {"after", asText(Parts.After)},
        {"doc", asText(String->getBriefComment() ? String->getBriefComment() : "")}});
  }
  answer(Object{{"signatures", std::move(Signatures)}});
}

// Whether what is typed may become `Out`.
bool endsInBeginningOfOut(StringRef Text, int64_t Line, int64_t Column) {
  for (; Line > 1; --Line)
    Text = Text.split('\n').second;
  StringRef Before = Text.take_front(std::max<int64_t>(Column - 1, 0));
  StringRef Word = Before.substr(Before.find_last_not_of("Out") + 1);
  bool IsWhole = Word.size() == Before.size() ||
                 !(llvm::isAlnum(Before[Before.size() - Word.size() - 1]) ||
                   Before[Before.size() - Word.size() - 1] == '_');
  return !Word.empty() && IsWhole && StringRef("Out").starts_with(Word);
}

// It is no declaration until it stands before `[3]` (see ValueCapture); here it is one, if
// there is a value.
void declareOut(Sema &S, ValueCapture &Capture) {
  VarDecl *Last = Capture.lookUp("_");
  if (!Last)
    return;
  ASTContext &Context = S.getASTContext();
  QualType Type =
      Context.getIncompleteArrayType(Last->getType(), ArraySizeModifier::Normal, 0);
  VarDecl *Out =
      VarDecl::Create(Context, Context.getTranslationUnitDecl(), SourceLocation(),
                      SourceLocation(), &Context.Idents.get("Out"), Type,
                      Context.getTrivialTypeSourceInfo(Type), SC_Extern);
  S.PushOnScopeChains(Out, S.TUScope);
}

} // namespace

void complete(clang::Interpreter &Interpreter, Shadowing &Shadow, ValueCapture &Capture,
              DiagnosticCollector &Diagnostics, Connection &Controller,
              const Message &Request) {
  CompilerInstance &CI = *Interpreter.getCompilerInstance();
  Preprocessor &PP = CI.getPreprocessor();
  bool WantSignatures = Request.Header.getString("op") == "signature";
  FileEntryRef File =
      CI.getFileManager().getVirtualFileRef(FileName, Request.Blob.size(), 0);
  CI.getSourceManager().overrideFileContents(
      File, llvm::MemoryBuffer::getMemBufferCopy(Request.Blob, FileName));
  Answerer Consumer(Controller, Shadow, Diagnostics, WantSignatures);
  CI.getSema().CodeCompletion().CodeCompleter = &Consumer;
  CI.getLangOpts().SpellChecking = false;
  Shadow.beginInput(Request.Header.getArray("hide"));
  int64_t Line = Request.Header.getInteger("line").value_or(1);
  int64_t Column = Request.Header.getInteger("column").value_or(1);
  if (endsInBeginningOfOut(Request.Blob, Line, Column))
    declareOut(CI.getSema(), Capture);
  if (!PP.SetCodeCompletionPoint(File, unsigned(Line), unsigned(Column))) {
    std::string Text = std::string("#include \"") + FileName + "\"";
    if (auto Unit = Interpreter.Parse(Text); !Unit)
      llvm::consumeError(Unit.takeError());
  }
  Consumer.answer(Object{{"items", Array{}}, {"signatures", Array{}}});
}

} // namespace forkrepl
