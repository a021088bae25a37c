#include "input_scanner.h"

#include "implicit_int.h"

#include "clang/Lex/MacroInfo.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Sema.h"

using namespace clang;
using namespace forkrepl;

static constexpr int DeepestMacro = 8;

static bool isWord(const InputToken &T) {
  return T.Kind == tok::identifier || T.Kind == tok::raw_identifier;
}

static bool isOperandWord(tok::TokenKind Kind) {
  return Kind == tok::kw_this || Kind == tok::kw_true || Kind == tok::kw_false ||
         Kind == tok::kw_nullptr;
}

bool forkrepl::isBinaryOrPrefix(tok::TokenKind Kind) {
  switch (Kind) {
  case tok::plus:
  case tok::minus:
  case tok::star:
  case tok::amp:
  case tok::ampamp:
  case tok::plusplus:
  case tok::minusminus:
  case tok::l_paren:
  case tok::l_square:
  case tok::coloncolon:
    return true;
  default:
    return false;
  }
}

bool forkrepl::namesValue(const IdentifierInfo *Name, Sema &S) {
  if (!Name)
    return false;
  LookupResult Found(S, Name, SourceLocation(), Sema::LookupOrdinaryName);
  Found.suppressDiagnostics();
  S.LookupName(Found, S.TUScope);
  return !Found.empty() && llvm::all_of(Found, [](const NamedDecl *Each) {
    return isa<ValueDecl>(Each->getUnderlyingDecl());
  });
}

bool forkrepl::endsOperand(const InputTokens &Text, size_t Index) {
  const InputToken &T = Text.Tokens[Index];
  switch (T.Kind) {
  case tok::r_paren:
  case tok::r_square:
  case tok::r_brace:
    return true;
  case tok::plusplus:
  case tok::minusminus:
    return Index > 0 && endsOperand(Text, Index - 1);
  default:
    return isWord(T) || tok::isLiteral(T.Kind) || isOperandWord(T.Kind);
  }
}

// Keywords that nothing but a declaration or a statement begins with, and that nothing but
// a function's head has before its body.
static bool beginsAnew(tok::TokenKind Kind) {
  switch (Kind) {
  case tok::kw_auto:
  case tok::kw_bool:
  case tok::kw_break:
  case tok::kw_char:
  case tok::kw_class:
  case tok::kw_constexpr:
  case tok::kw_delete:
  case tok::kw_do:
  case tok::kw_double:
  case tok::kw_enum:
  case tok::kw_extern:
  case tok::kw_float:
  case tok::kw_for:
  case tok::kw_if:
  case tok::kw_inline:
  case tok::kw_int:
  case tok::kw_long:
  case tok::kw_namespace:
  case tok::kw_new:
  case tok::kw_return:
  case tok::kw_short:
  case tok::kw_sizeof:
  case tok::kw_static:
  case tok::kw_static_assert:
  case tok::kw_struct:
  case tok::kw_switch:
  case tok::kw_template:
  case tok::kw_typedef:
  case tok::kw_union:
  case tok::kw_unsigned:
  case tok::kw_using:
  case tok::kw_void:
  case tok::kw_while:
    return true;
  default:
    return isOperandWord(Kind);
  }
}

static bool isControl(tok::TokenKind Kind) {
  return Kind == tok::kw_if || Kind == tok::kw_for || Kind == tok::kw_while ||
         Kind == tok::kw_switch;
}

bool InputScanner::nextLineEnd() {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  for (Index = HasStarted ? Index + 1 : First; Index < Tokens.size(); ++Index) {
    HasStarted = true;
    add(Index);
    const InputToken &Each = Tokens[Index];
    if (Each.Brackets <= 0 && Each.Conditionals == 0 && Text.endsLine(Index))
      return true;
  }
  Index = Tokens.size() - 1;
  return false;
}

// Whether a macro leaves as many brackets open as it closes.
bool InputScanner::isShapeless(const IdentifierInfo *Name, int Depth) const {
  const MacroInfo *Macro = PP.getMacroInfo(Name);
  if (!Macro)
    return true;
  std::string Open;
  for (const Token &T : Macro->tokens()) {
    if (T.is(tok::l_paren) || T.is(tok::l_square) || T.is(tok::l_brace))
      Open += T.is(tok::l_paren) ? ')' : T.is(tok::l_square) ? ']' : '}';
    if (T.is(tok::r_paren) || T.is(tok::r_square) || T.is(tok::r_brace)) {
      if (Open.empty() || Open.back() != (T.is(tok::r_paren)    ? ')'
                                          : T.is(tok::r_square) ? ']'
                                                                : '}'))
        return false;
      Open.pop_back();
    }
    const IdentifierInfo *Used = T.getIdentifierInfo();
    if (Used && Used != Name && Used->hasMacroDefinition() &&
        (Depth == 0 || !isShapeless(Used, Depth - 1)))
      return false;
  }
  return Open.empty();
}

void InputScanner::add(size_t At) {
  const InputToken &T = Text.Tokens[At];
  HasOddWord |= T.Kind == tok::raw_identifier || T.Kind == tok::unknown;
  if (T.Name && T.Name->hasMacroDefinition() && !Text.isDirective(At))
    IsUneven |= !isShapeless(T.Name, DeepestMacro);
  int Before = At == First ? 0 : Text.Tokens[At - 1].Brackets;
  if (Before <= 0)
    addOutermost(At);
}

// After a semicolon what came before says nothing of what comes now.
void InputScanner::beginStatement(size_t At) {
  HasOldFunction |= mayBeOldFunction();
  Last = Statement{At};
}

bool InputScanner::mayBeOldFunction() const {
  return Last.HasOldParameters && !Last.HasAssignment &&
         !isControl(Text.Tokens[Last.First].Kind);
}

// Also the brackets themselves, when they open.
void InputScanner::addOutermost(size_t At) {
  const InputToken &T = Text.Tokens[At];
  const InputToken *Before = At == First ? nullptr : &Text.Tokens[At - 1];
  if (Before && Before->Kind == tok::semi)
    beginStatement(At);
  bool AfterOperand = Before && endsOperand(Text, At - 1);
  if (T.Name && T.Name->hasMacroDefinition())
    Last.HasMacro = true;
  if (isWord(T) || tok::isLiteral(T.Kind)) {
    Last.HasNeighbours |=
        AfterOperand && !(tok::isLiteral(T.Kind) && tok::isLiteral(Before->Kind));
    Last.HasEvidence |= tok::isLiteral(T.Kind);
    Last.HasOldParameters |= Before && Before->Kind == tok::r_paren;
    return;
  }
  switch (T.Kind) {
  case tok::l_paren:
  case tok::l_square:
  case tok::l_brace:
    Last.BeforeGroup = At == First ? At : At - 1;
    Last.HasSquare |= T.Kind == tok::l_square;
    // A call or an element; else it may be a cast, a lambda, a block.
    Last.HasEvidence |= AfterOperand && T.Kind != tok::l_brace;
    Last.HasTypeOperator |= !AfterOperand || T.Kind == tok::l_brace;
    break;
  case tok::equal:
  case tok::plusequal:
  case tok::minusequal:
  case tok::starequal:
  case tok::slashequal:
  case tok::percentequal:
  case tok::ampequal:
  case tok::pipeequal:
  case tok::caretequal:
  case tok::lesslessequal:
  case tok::greatergreaterequal:
  case tok::lessless:
  case tok::greatergreater:
    Last.HasAssignment = Last.HasEvidence = true;
    break;
  case tok::star:
  case tok::amp:
  case tok::ampamp:
  case tok::less:
  case tok::greater:
  case tok::question:
  case tok::colon:
    Last.HasTypeOperator = true;
    break;
  case tok::plus:
  case tok::minus:
  case tok::slash:
  case tok::percent:
  case tok::pipe:
  case tok::caret:
  case tok::equalequal:
  case tok::exclaimequal:
  case tok::lessequal:
  case tok::greaterequal:
  case tok::period:
  case tok::arrow:
  case tok::plusplus:
  case tok::minusminus:
    Last.HasEvidence = true;
    break;
  case tok::coloncolon:
    Last.HasColons = true;
    break;
  case tok::kw_if:
  case tok::kw_else:
    HasIf = true;
    break;
  case tok::kw_do:
    HasDo = true;
    break;
  case tok::kw_try:
    HasTry = true;
    break;
  case tok::kw_class:
  case tok::kw_struct:
  case tok::kw_union:
  case tok::kw_enum:
  case tok::kw_requires:
    Last.HasClass = true;
    break;
  default:
    break;
  }
  if (T.Name && !isOperandWord(T.Kind)) {
    Last.HasKeyword = true;
    Last.HasOldParameters |= Before && Before->Kind == tok::r_paren;
  }
}

// Whether what comes next cannot go on with the input.
bool InputScanner::isAnew(const InputToken &Next) const {
  if (Next.Kind == tok::hash || Next.Kind == tok::numeric_constant ||
      Next.Kind == tok::tilde || Next.Kind == tok::exclaim)
    return true;
  if (isWord(Next))
    return Next.Name && !Next.Name->hasMacroDefinition();
  return beginsAnew(Next.Kind) && !Next.Name->hasMacroDefinition();
}

// Whether the braces that end the line are those of a function, a loop, a namespace ...
bool InputScanner::isBody() const {
  if (Last.HasAssignment || Last.HasClass || HasTry || HasDo || Last.HasSquare ||
      Last.HasMacro)
    return false;
  const std::vector<InputToken> &Tokens = Text.Tokens;
  switch (Tokens[Last.BeforeGroup].Kind) {
  case tok::r_paren:
    return Tokens[Last.First].Kind != tok::l_paren;
  case tok::kw_const:
  case tok::kw_noexcept:
  case tok::kw_else:
    return true;
  case tok::string_literal:
    return Tokens[Last.First].Kind == tok::kw_extern;
  default:
    return Tokens[Last.First].Kind == tok::kw_namespace;
  }
}

InputEnd InputScanner::judge() {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  const InputToken &End = Tokens[Index];
  bool IsDirective = Text.isDirective(First);
  if (IsDirective && Tokens[First].Name && Tokens[First].Name->isStr("pragma"))
    return InputEnd::Ask;
  if (isUneven() || HasOddWord || Text.Mismatched <= Index)
    return InputEnd::Ask;
  if (IsDirective) {
    // After an #if, what comes last in a branch may go on after it.
    for (size_t At = First + 1; At <= Index; ++At)
      if (Text.isDirective(At) && !Text.isDirective(At - 1) &&
          Tokens[At - 1].Kind != tok::semi)
        return InputEnd::Ask;
    return InputEnd::Here;
  }
  const InputToken *Next = Index + 1 < Tokens.size() ? &Tokens[Index + 1] : nullptr;
  if (HasDo || HasTry)
    return InputEnd::Ask;
  if (HasIf && (!Next || Next->Kind == tok::hash || !isAnew(*Next)))
    return InputEnd::Ask; // an `else` may follow
  if (End.Kind == tok::semi) {
    bool IsOld = (HasOldFunction || mayBeOldFunction()) && !PP.getLangOpts().CPlusPlus;
    return IsOld ? InputEnd::Ask : InputEnd::Here;
  }
  if (Next && Next->Kind == tok::l_brace)
    return End.Kind == tok::r_paren && !Last.HasAssignment && !Last.HasMacro &&
                   (Last.HasKeyword || Last.HasNeighbours)
               ? InputEnd::GoesOn
               : InputEnd::Ask;
  if (End.Kind == tok::r_brace)
    return isBody() && (!Next || isAnew(*Next)) ? InputEnd::Here : InputEnd::Ask;
  return judgeExpression(Next);
}

InputEnd InputScanner::judgeExpression(const InputToken *Next) {
  const std::vector<InputToken> &Tokens = Text.Tokens;
  const InputToken &End = Tokens[Index];
  bool IsValue = Last.HasEvidence || (Last.First == Index && Names && !Last.HasMacro &&
                                      isWord(End) && namesValue(End.Name, *Names));
  if (Last.HasKeyword || Last.HasMacro || Last.HasNeighbours || Last.HasTypeOperator ||
      !IsValue || !endsOperand(Text, Index))
    return InputEnd::Ask;
  IsExpression = Last.First == First;
  if (!Next) // C::C() may be the head of a constructor
    return Last.HasColons ? InputEnd::Ask : InputEnd::Value;
  if (Next->Name && End.Kind == tok::r_paren && !PP.getLangOpts().CPlusPlus &&
      !isWord(*Next))
    return InputEnd::Ask; // the parameters of a function in the old style
  if (beginsWithoutType(Text, First, PP))
    return InputEnd::Ask;
  if (isAnew(*Next))
    return InputEnd::Here;
  bool IsDeeper = Text.column(Index + 1) > Text.column(First);
  return isBinaryOrPrefix(Next->Kind) && !IsDeeper && !Last.HasAssignment
             ? InputEnd::Here
             : InputEnd::Ask;
}
