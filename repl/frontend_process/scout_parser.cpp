#include "scout_parser.h"

#include "diagnostic_kinds.h"
#include "implicit_int.h"
#include "input_scanner.h"
#include "openmp_statement.h"

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/DiagnosticLex.h"
#include "clang/Basic/DiagnosticParse.h"
#include "clang/Basic/DiagnosticSema.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Parse/Parser.h"
#include "clang/Sema/Scope.h"
#include "clang/Sema/Sema.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h" // completes a type of clang/Interpreter/Interpreter.h

#include <unistd.h>

using namespace clang;
using namespace forkrepl;

namespace {

// What would be wrong in any program, whatever its names mean.
bool isOfSyntax(unsigned ID) {
  return (ID >= diag::DIAG_START_LEX && ID < diag::DIAG_START_AST) ||
         ID < diag::DIAG_START_DRIVER;
}

// Whether an `else` or another `catch` may follow.
bool mayGoOn(const Stmt *Statement) {
  while (Statement) {
    if (const auto *If = dyn_cast<IfStmt>(Statement)) {
      if (!If->getElse())
        return true;
      Statement = If->getElse();
    } else if (const auto *For = dyn_cast<ForStmt>(Statement)) {
      Statement = For->getBody();
    } else if (const auto *Range = dyn_cast<CXXForRangeStmt>(Statement)) {
      Statement = Range->getBody();
    } else if (const auto *While = dyn_cast<WhileStmt>(Statement)) {
      Statement = While->getBody();
    } else if (const auto *Label = dyn_cast<LabelStmt>(Statement)) {
      Statement = Label->getSubStmt();
    } else {
      return isa<CXXTryStmt>(Statement);
    }
  }
  return false;
}

class Scout : public DiagnosticConsumer {
public:
  Scout(const InputTokens &Text, size_t First, bool Whole, CompilerInstance &CI,
        int Answer)
      : Text(Text), First(First), Whole(Whole), CI(CI), Answer(Answer) {}

  [[noreturn]] void run();
  void HandleDiagnostic(DiagnosticsEngine::Level Level,
                        const Diagnostic &Info) override;
  bool IncludeInDiagnosticCounts() const override { return false; }

private:
  [[noreturn]] void tell(size_t End, InputRest Rest);
  [[noreturn]] void tellAtEnd(InputRest Rest);
  [[noreturn]] void tellAfterError(unsigned ID, size_t Offset);
  void tellIfValue(size_t At, bool HasValue);
  bool isInExpression() const;
  [[noreturn]] void endWith(size_t Index);
  void enter();
  void judge(size_t Before, const Decl *Parsed);
  size_t offsetOf(SourceLocation Place) const;
  size_t statementAt(size_t Index) const;
  size_t lastOfExpression(size_t Last) const;
  size_t firstBareLine(size_t Last) const;
  bool mayBeAnew(const InputToken &T) const;

  Parser &parser() const {
    return static_cast<Parser &>(*CI.getPreprocessor().getCodeCompletionHandler());
  }

  const InputTokens &Text;
  size_t First;
  bool Whole;
  CompilerInstance &CI;
  int Answer;
  FileID File;
  // Clang has said so.
  bool HasFailed = false, HasFailedExpression = false, HasUnknownName = false;
};

void Scout::tell(size_t End, InputRest Rest) {
  ScoutReport Report{End, Rest};
  (void)!write(Answer, &Report, sizeof Report);
  _exit(0);
}

// All of the text has been read.
void Scout::tellAtEnd(InputRest Rest) {
  // What Clang could not understand it may have read over.
  if (!Text.Missing.empty() && (HasFailed || Rest != InputRest::Nothing))
    Rest = Text.isBeyondRepair() ? InputRest::Wrong : InputRest::Incomplete;
  tell(Rest == InputRest::Nothing ? Text.Text.size() : 0, Rest);
}

// The input ends with this token, or, outside of brackets and #if groups, with the next that
// ends its line.
void Scout::endWith(size_t Index) {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  for (; Index < Tokens.size(); ++Index)
    if (Tokens[Index].Brackets <= 0 && Tokens[Index].Conditionals == 0 &&
        Text.endsLine(Index)) {
      if (Whole)
        tellAtEnd(InputRest::Nothing);
      tell(Text.endOfLine(Index), InputRest::Nothing);
    }
  tellAtEnd(InputRest::Incomplete);
}

// Offset in the text, or its size for what is after it.
size_t Scout::offsetOf(SourceLocation Place) const {
  SourceManager &Sources = CI.getSourceManager();
  Place = Sources.getExpansionLoc(Place);
  while (Place.isValid() && Sources.getFileID(Place) != File)
    Place = Sources.getIncludeLoc(Sources.getFileID(Place));
  return Place.isValid() ? Sources.getFileOffset(Place) : Text.Text.size();
}

// Whether the name, which is no type, is a value in the scope in which Clang has looked for it.
static bool scopeHasValue(const Diagnostic &Info) {
  if (Info.getID() != diag::err_typename_nested_not_found)
    return false;
  DeclarationName Name;
  DeclContext *Scope = nullptr;
  for (unsigned Index = 0; Index < Info.getNumArgs(); ++Index)
    if (Info.getArgKind(Index) == DiagnosticsEngine::ak_declarationname)
      Name = DeclarationName::getFromOpaqueInteger(Info.getRawArg(Index));
    else if (Info.getArgKind(Index) == DiagnosticsEngine::ak_identifierinfo)
      Name = Info.getArgIdentifier(Index);
    else if (Info.getArgKind(Index) == DiagnosticsEngine::ak_declcontext)
      Scope = reinterpret_cast<DeclContext *>(Info.getRawArg(Index));
  return Scope && Name && llvm::any_of(Scope->lookup(Name), llvm::IsaPred<ValueDecl>);
}

void Scout::HandleDiagnostic(DiagnosticsEngine::Level Level, const Diagnostic &Info) {
  if (Level < DiagnosticsEngine::Error)
    return;
  HasFailed = true;
  HasFailedExpression |= isInExpression();
  HasUnknownName |= isUnknownName(Info.getID());
  size_t Offset = offsetOf(Info.getLocation());
  size_t At = Text.tokenAt(Offset);
  if (Info.getID() == diag::err_unknown_typename ||
      Info.getID() == diag::err_typename_nested_not_found ||
      (Info.getID() == diag::err_undeclared_var_use && At == First))
    tellIfValue(At,
                namesValue(Text.Tokens[At].Name, CI.getSema()) || scopeHasValue(Info));
  if (!isOfSyntax(Info.getID()))
    return;
  // What is wrong may begin before the place where that is found.
  for (const CharSourceRange &Range : Info.getRanges()) {
    size_t Begin = Text.tokenAt(offsetOf(Range.getBegin()));
    if (Begin < At && Text.Tokens[Begin].AtLineStart && Begin > First &&
        llvm::StringRef(Text.Text)
                .slice(Text.Tokens[Begin].Begin, Offset)
                .count('\n') == 0)
      Offset = Text.Tokens[Begin].Begin;
  }
  tellAfterError(Info.getID(), Offset);
}

void Scout::tellAfterError(unsigned ID, size_t Offset) {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  bool IsExpression = ID == diag::err_expected_semi_after_expr;
  if (Offset >= Tokens.back().End || parser().getCurToken().is(tok::eof)) {
    if (IsExpression)
      tellAtEnd(InputRest::Value);
    bool MayEnd = isMissingSemicolon(ID) || HasUnknownName;
    tellAtEnd(MayEnd ? InputRest::Open : InputRest::Incomplete);
  }
  size_t At = std::max(Text.tokenAt(Offset), First), Last = At;
  if (At > First && Tokens[At].AtLineStart) {
    for (Last = At - 1; Last > First && Text.isDirective(Last);)
      --Last;
    if (Tokens[Last].Brackets > 0 || Tokens[Last].Conditionals > 0)
      Last = At;
  }
  endWith(IsExpression || isInExpression() ? firstBareLine(Last) : Last);
}

// A word on a line of its own, with anything after it, is for Clang a type, also if it knows
// it for something else, and if it does not know it and no declarator follows.
void Scout::tellIfValue(size_t At, bool HasValue) {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  if (At + 1 >= Tokens.size() || !Text.endsLine(At) || Tokens[At].Brackets > 0)
    return;
  tok::TokenKind Next = Tokens[At + 1].Kind;
  bool IsHead =
      Next == tok::identifier && At + 2 < Tokens.size() &&
      (Tokens[At + 2].Kind == tok::l_paren || Tokens[At + 2].Kind == tok::coloncolon);
  bool MayDeclare =
      IsHead || Next == tok::star || Next == tok::amp || Next == tok::ampamp;
  if (!MayDeclare || HasValue)
    endWith(At);
}

// Whether the parser is in a statement that begins as an expression does.
bool Scout::isInExpression() const {
  const InputToken &Begin = Text.Tokens[statementAt(
      Text.tokenAt(offsetOf(parser().getCurToken().getLocation())))];
  if (Begin.Name && !tok::isAnyIdentifier(Begin.Kind))
    return false; // it begins with a keyword
  for (const Scope *Each = CI.getSema().getCurScope(); Each; Each = Each->getParent())
    if (DeclContext *Entity = Each->getEntity())
      return isa<TopLevelStmtDecl>(Entity);
  return false;
}

// The first token of the statement or declaration of the input that this token is in.
size_t Scout::statementAt(size_t Index) const {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  for (Index = std::min(Index, Tokens.size() - 1); Index > First; --Index)
    if (Tokens[Index - 1].Kind == tok::semi && Tokens[Index - 1].Brackets <= 0)
      return Index;
  return First;
}

// Whether a line that begins so goes on with the one before, or not.
bool Scout::mayBeAnew(const InputToken &T) const {
  const MacroInfo *Macro = T.Name ? CI.getPreprocessor().getMacroInfo(T.Name) : nullptr;
  return isBinaryOrPrefix(
      Macro && !Macro->tokens_empty() ? Macro->tokens().front().getKind() : T.Kind);
}

// An expression without `;` ends with its line, if the next one can be read as something
// new.
size_t Scout::firstBareLine(size_t Last) const {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  size_t Begin = statementAt(Last);
  for (size_t Index = Begin; Index < Last; ++Index) {
    const InputToken &Each = Tokens[Index];
    if (Each.Brackets <= 0 && Each.Conditionals == 0 && Text.endsLine(Index) &&
        endsOperand(Text, Index) && mayBeAnew(Tokens[Index + 1]) &&
        Text.column(Index + 1) <= Text.column(First))
      return Index;
  }
  return Last;
}

// The same, unless the first line changes something: what is assigned or written may well
// go on in the next.
size_t Scout::lastOfExpression(size_t Last) const {
  size_t Line = firstBareLine(Last);
  for (size_t Index = statementAt(Last); Index <= Line; ++Index) {
    const InputToken &Each = Text.Tokens[Index];
    const char *Spelling = tok::getPunctuatorSpelling(Each.Kind);
    bool Compares = Each.Kind == tok::equalequal || Each.Kind == tok::exclaimequal ||
                    Each.Kind == tok::lessequal || Each.Kind == tok::greaterequal;
    bool Assigns = Spelling && llvm::StringRef(Spelling).ends_with("=") && !Compares;
    if (Each.Brackets <= 0 &&
        (Assigns || Each.Kind == tok::lessless || Each.Kind == tok::greatergreater))
      return Last;
  }
  return Line;
}

// The parser has taken something, and looks at the token after it.
void Scout::judge(size_t Before, const Decl *Parsed) {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  const Token &Next = parser().getCurToken();
  bool AtEnd = Next.isOneOf(tok::eof, tok::annot_repl_input_end);
  size_t At = AtEnd ? Tokens.size() : Text.tokenAt(offsetOf(Next.getLocation()));
  if (At <= First)
    return;
  // Directives before the next token are not of this input, except for an #endif of its own.
  size_t Last = At - 1;
  while (Last > Before && Last > First && Text.isDirective(Last))
    --Last;
  while (Tokens[Last].Conditionals > 0 && Last + 1 < At)
    ++Last;
  const auto *Statement = dyn_cast_or_null<TopLevelStmtDecl>(Parsed);
  // Of an expression without a meaning the parser makes nothing.
  bool IsExpression =
      Statement ? isa_and_nonnull<Expr>(Statement->getStmt()) : HasFailedExpression;
  if (IsExpression && !Whole)
    Last = lastOfExpression(Last);
  if (Tokens[Last].Conditionals > 0 || !Text.endsLine(Last))
    return;
  if (Last + 1 < Tokens.size())
    return Whole ? void() : tell(Text.endOfLine(Last), InputRest::Nothing);
  const auto *Function = dyn_cast_or_null<FunctionDecl>(Parsed);
  const Stmt *Body = Statement ? Statement->getStmt() : nullptr;
  if (Function && Function->doesThisDeclarationHaveABody())
    Body = isa_and_nonnull<CXXTryStmt>(Function->getBody()) ? Function->getBody()
                                                            : nullptr;
  tellAtEnd(mayGoOn(Body) ? InputRest::Open : InputRest::Nothing);
}

// As Clang's incremental parser does it.
void Scout::enter() {
  // Clang takes no statement that begins with a sign; other operators will do.
  std::string Copy = Text.Text;
  for (size_t Index = First; Index < Text.Tokens.size(); ++Index) {
    const InputToken &Each = Text.Tokens[Index];
    bool StartsStatement =
        Index == First || (Text.Tokens[Index - 1].Kind == tok::semi &&
                           Text.Tokens[Index - 1].Brackets <= 0);
    if (StartsStatement && (Each.Kind == tok::plus || Each.Kind == tok::minus))
      Copy[Each.Begin] = '~';
    // Their statement is judged without them.
    if (isOpenMPStatement(Text, Index, CI.getPreprocessor()))
      for (size_t At = Each.Begin; At < Each.End; ++At)
        if (Copy[At] != '\n')
          Copy[At] = ' ';
  }
  size_t Begin = Text.beginOfLine(First);
  for (size_t At = 0; At < Begin; ++At) // what has been judged already
    if (Copy[At] != '\n')
      Copy[At] = ' ';
  SourceManager &Sources = CI.getSourceManager();
  Preprocessor &PP = CI.getPreprocessor();
  // The parser knows what to do at the end of a file, and not, inside of something, at the
  // end of an input.
  PP.setTokenWatcher([](const Token &T) {
    if (T.is(tok::annot_repl_input_end))
      const_cast<Token &>(T).setKind(tok::eof);
  });
  SourceLocation Includer = Sources.getLocForStartOfFile(Sources.getMainFileID());
  File = Sources.createFileID(llvm::MemoryBuffer::getMemBufferCopy(Copy, "scout"),
                              SrcMgr::C_User, 0, 0, Includer);
  CI.getDiagnostics().setClient(this, /*ShouldOwnClient=*/false);
  CI.getLangOpts().SpellChecking = false;
  PP.EnterSourceFile(File, nullptr, Includer);
  if (beginsWithoutType(Text, First, PP)) {
    FileID Prefix = Sources.createFileID(
        llvm::MemoryBuffer::getMemBuffer(ImplicitIntPrefix, "prefix"), SrcMgr::C_User,
        0, 0, Includer);
    PP.EnterSourceFile(Prefix, nullptr, Includer); // is read first
  }
}

void Scout::run() {
  enter();
  Sema &S = CI.getSema();
  Parser &P = parser();
  Sema::GlobalEagerInstantiationScope Global(S, /*Enabled=*/true, /*AtEndOfTU=*/true);
  Sema::LocalEagerInstantiationScope Local(S, /*AtEndOfTU=*/true);
  S.getASTContext().addTranslationUnitDecl();
  if (P.getCurToken().is(tok::annot_repl_input_end)) {
    P.ConsumeAnyToken();
    P.ExitScope();
    S.CurContext = nullptr;
    P.EnterScope(Scope::DeclScope);
    S.ActOnTranslationUnitScope(P.getCurScope());
  }
  Parser::DeclGroupPtrTy Group;
  Sema::ModuleImportState State;
  size_t Before = First;
  if (P.getCurToken().is(tok::eof)) { // nothing but pragmas
    bool Waits = isOpenMPStatement(Text, Text.Tokens.size() - 1, CI.getPreprocessor());
    tellAtEnd(Waits ? InputRest::Incomplete : InputRest::Open);
  }
  bool AtEnd = P.ParseFirstTopLevelDecl(Group, State);
  while (true) {
    const Decl *Parsed = nullptr;
    if (Group)
      for (Decl *Each : Group.get())
        Parsed = Each;
    judge(Before, Parsed);
    if (AtEnd)
      tellAtEnd(InputRest::Nothing);
    Before = Text.tokenAt(offsetOf(P.getCurToken().getLocation()));
    AtEnd = P.ParseTopLevelDecl(Group, State);
  }
}

} // namespace

void forkrepl::parseAsScout(const InputTokens &Text, size_t First, bool Whole,
                            CompilerInstance &CI, int Answer) {
  Scout(Text, First, Whole, CI, Answer).run();
}
