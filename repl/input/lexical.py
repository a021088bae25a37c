"""Lexical analysis of C and C++, as deep as telling complete inputs from incomplete ones needs.

`Lexer` is fed physical lines and keeps its state between them, so a text of n characters costs
O(n) however many lines it comes in. It knows comments, string, character and raw string literals,
digit separators, line splices, preprocessor directives, digraphs and brackets. What stands inside
brackets is skipped: a caller sees only the tokens outside, and each bracketed group as one token.

No token is ever rejected: diagnosing errors is the compiler's work.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a token is."""

    WORD = auto()  # identifier or keyword
    NUMBER = auto()
    STRING = auto()  # string or character literal; the text is not kept
    OPERATOR = auto()
    CLOSE_ANGLE = (
        auto()
    )  # a `>` found (later, by the reader of the tokens) to end template arguments
    OPEN = auto()  # an opening bracket outside all others
    GROUP = auto()  # the same bracket now closed; the text is "()", "[]" or "{}"
    STRAY = auto()  # a closing bracket with nothing open
    DIRECTIVE = auto()  # a preprocessor directive; the text is its name


class Detail(Enum):
    """What the start of a bracketed group, or of a directive's operand, looks like."""

    NONE = auto()
    EMPTY = auto()  # ()
    PARAMETERS = auto()  # (int a, or (Foo x, or (Foo &x
    ATTRIBUTE = auto()  # [[
    FALSE = auto()  # #if 0


class Token(NamedTuple):
    """One token outside all brackets; `spaced`: white space stood before it."""

    kind: Kind
    text: str
    spaced: bool = False
    detail: Detail = Detail.NONE


class Bracket(NamedTuple):
    """An open bracket; a linked list, so that a snapshot of all that are open costs O(1)."""

    closer: str
    outer: Bracket | None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CLASS_KEYS = _words("struct class union enum")

TYPE_KEYWORDS = _words(
    """auto bool char char8_t char16_t char32_t const consteval constexpr constinit double explicit
    extern float friend inline int long mutable register restrict short signed static thread_local
    typedef unsigned virtual void volatile wchar_t _Bool _Complex __int128 _Thread_local"""
)

# Words that begin a declaration but are not its type.
SPECIFIERS = _words("static inline extern const constexpr consteval constinit virtual friend")

BINARY_WORDS = _words("and and_eq bitand bitor not_eq or or_eq xor xor_eq")

# Words that come before an expression: `return x`, unlike `int x`, declares nothing.
EXPRESSION_LEADERS = BINARY_WORDS | _words(
    """not compl return throw new delete sizeof alignof typeid goto case co_await co_return co_yield
    operator asm __asm __asm__ __extension__ typename requires import template"""
)

# Words before a `(` that is not the parameter list of a function so called.
NOT_FUNCTION_NAMES = (
    EXPRESSION_LEADERS
    | TYPE_KEYWORDS
    | CLASS_KEYS
    | _words("alignas decltype noexcept typeof __typeof__ __attribute__ __declspec")
)

# Words that a statement cannot end with.
DEMANDING_WORDS = (
    (EXPRESSION_LEADERS - _words("return throw co_return"))
    | TYPE_KEYWORDS
    | CLASS_KEYS
    | _words("alignas concept decltype namespace template using export")
)

_SPACE = r"[ \t\r\f\v\n]"
_WORD = r"[^\W\d][\w$]*+"
_NUMBER = r"\.?\d(?:[eEpP][+-]|'?\w|\.)*+"
_PREFIX = r"(?:u8|[uUL])?"
# `<::` is `<` and `::` unless followed by `:` or `>` ([lex.pptoken]).
_OPEN = r"[(\[{]|<%|<:(?!:(?![:>]))"
_CLOSE = r"[)\]}]|%>|:>"
_TOKEN = rf"""
    (?P<space>{_SPACE}++)
  | (?P<raw>{_PREFIX}R"(?P<delimiter>[^()\\\s"]{{0,16}})\()
  | (?P<string>{_PREFIX}(?P<quote>["'])(?:(?!(?P=quote))[^\\]|\\.)*+(?:(?P<ended>(?P=quote))\w*+)?)
  | (?P<word>{_WORD})
  | (?P<number>{_NUMBER})
  | (?P<line_comment>//)
  | (?P<block_comment>/\*)
  | (?P<open>{_OPEN})
  | (?P<close>{_CLOSE})
  | (?P<operator><=>|<<=|>>=|\.\.\.|->\*|\.\*|::|->|\+\+|--|<<|>>|&&|\|\||[-+*/%&|^=!<>]=|.)
"""
_TOKENS = re.compile(_TOKEN, re.VERBOSE | re.DOTALL)
# Inside brackets: swallow in one go all that cannot begin a raw string, a comment or a bracket, and
# the innermost groups made of plain characters and simple strings.
_PLAIN = r"""[^()\[\]{}"'/<:%]"""
_SIMPLE_STRING = r'"[^"\\\n]*+"'
_INNERMOST = rf"(?:{_PLAIN}|(?<!R){_SIMPLE_STRING})*+"
_RUN = re.compile(
    rf"""(?:{_WORD}(?!["'])|{_NUMBER}|(?!\w){_PLAIN}|/(?![/*])|<(?![:%])|::|:(?!>)|%(?![:>])
        |{_SIMPLE_STRING}\w*+
        |\({_INNERMOST}\)|\{{{_INNERMOST}\}}|\[{_INNERMOST}\])++""",
    re.VERBOSE,
)
_DIRECTIVE = re.compile(
    rf"(?:{_SPACE}++|/\*.*?\*/)*+(?:\#|%:){_SPACE}*+(?P<name>\w*+){_SPACE}*+(?P<false>(?:0|false)\b)?"
)
_PARAMETERS = re.compile(
    rf"""{_SPACE}*+(?:
        (?:{"|".join(sorted(TYPE_KEYWORDS | CLASS_KEYS))})\b(?!{_SPACE}*\()
      | [\w:]++ (?:<[^()]{{0,200}}>)? (?:{_SPACE}++ | {_SPACE}*+[&*]++{_SPACE}++ | {_SPACE}++[&*]++)
        (?!(?:{"|".join(sorted(BINARY_WORDS))})\b) {_WORD} {_SPACE}*+ [,)=]
    )""",
    re.VERBOSE,
)
_EMPTY = re.compile(rf"{_SPACE}*+\)")
# The middle of a line longer than twice this is treated like the inside of brackets: following
# statements costs microseconds a token, which 10 MB of generated data on one line cannot afford.
_EDGE = 1 << 16
_SKIPPED = Token(Kind.NUMBER, "0")  # stands for all tokens of the middle

_OPENERS = {"(": ")", "[": "]", "{": "}", "<:": "]", "<%": "}"}
_CLOSERS = {")": "()", "]": "[]", "}": "{}"}
_DIGRAPHS = {":>": "]", "%>": "}"}


class Lexer:
    """The state between two lines of C or C++ source.

    `brackets`: those open, innermost first; `braces`: how many of them are braces;
    `malformed`: an unterminated literal or a bracket that does not match has been seen, outside of
    directives.
    """

    __slots__ = ("_closer", "_detail", "_directive", "_spliced", "braces", "brackets", "malformed")

    def __init__(self) -> None:
        self.brackets: Bracket | None = None
        self.braces = 0
        self.malformed = False
        self._spliced: list[str] = []  # lines that ended with a backslash
        self._closer = ""  # what ends the comment or raw string that the next line begins in
        self._directive = False
        self._detail = Detail.NONE  # of the outermost open bracket

    @property
    def in_comment(self) -> bool:
        """Whether a block comment is open."""
        return self._closer == "*/"

    @property
    def in_progress(self) -> bool:
        """Whether a comment, a raw string or a spliced line is still open."""
        return bool(self._closer or self._spliced)

    def feed(self, line: str) -> list[Token]:
        """Take one physical line, with or without its newline; return its tokens."""
        stripped = line.rstrip()
        if stripped.endswith("\\"):
            # Compilers also splice (and warn) when blanks follow the backslash.
            self._spliced.append(stripped[:-1])
            return []
        if self._spliced:
            line = "".join(self._spliced) + line
            self._spliced.clear()
        tokens: list[Token] = []
        position = self._begin_line(line, tokens)
        length = len(line)
        middle = range(_EDGE, length - _EDGE)
        while position < length:
            if position not in middle:
                position = self._step(line, position, tokens)
            else:
                position = self._skim(line, position, middle.stop, tokens)
        if not self._closer:
            self._directive = False
        return tokens

    def _begin_line(self, line: str, tokens: list[Token]) -> int:
        """Leave what is open from the line before, look for a directive; return where to go on."""
        position = 0
        if self._closer:
            in_raw_string = not self.in_comment
            position = self._skip_to_closer(line, 0)
            if self._closer or in_raw_string:
                return position
        directive = None if self._directive else _DIRECTIVE.match(line, position)
        if directive:
            self._directive = True
            detail = Detail.FALSE if directive["false"] else Detail.NONE
            tokens.append(Token(Kind.DIRECTIVE, directive["name"], detail=detail))
            return directive.end("name")
        return position

    def _skip_to_closer(self, line: str, position: int) -> int:
        """Skip the rest of a comment or raw string; it stays open if the line does not end it."""
        end = line.find(self._closer, position)
        if end < 0:
            return len(line)
        end += len(self._closer)
        self._closer = ""
        return end

    def _step(self, line: str, position: int, tokens: list[Token]) -> int:
        """Lex one token (or a run of hidden ones) at `position`; return where it ends."""
        hidden = self._directive or self.brackets is not None
        if hidden and (run := _RUN.match(line, position)):
            return run.end()
        match = _TOKENS.match(line, position)
        assert match is not None  # the last alternative takes any character
        kind, end = match.lastgroup, match.end()
        if kind == "line_comment":
            return len(line)
        if kind == "block_comment":
            self._closer = "*/"
            return self._skip_to_closer(line, end)
        if kind == "raw":
            self._closer = f'){match["delimiter"]}"'
            end = self._skip_to_closer(line, end)
        elif kind == "string" and not match["ended"] and not self._directive:
            self.malformed = True
        if self._directive or kind == "space":
            return end
        spaced = position == 0 or line[position - 1].isspace()
        if kind == "open":
            self._open(line, match, spaced, tokens)
        elif kind == "close":
            self._close(match.group(), tokens)
        elif not hidden:
            tokens.append(_visible(match, spaced))
        return end

    def _skim(self, line: str, position: int, stop: int, tokens: list[Token]) -> int:
        """Like `_step`, but let at most one token stand for all those up to `stop`."""
        skipped: list[Token] = []
        if run := _RUN.match(line, position, stop):
            end = run.end()
            if not (self._directive or self.brackets is not None or run.group().isspace()):
                skipped.append(_SKIPPED)
        else:
            end = self._step(line, position, skipped)
        if skipped and (not tokens or tokens[-1] is not _SKIPPED):
            tokens.append(_SKIPPED)
        return end

    def _open(self, line: str, match: re.Match[str], spaced: bool, tokens: list[Token]) -> None:
        closer = _OPENERS[match.group()]
        if self.brackets is None:
            self._detail = _detail(line, match.end(), closer)
            text = _CLOSERS[closer][0]
            tokens.append(Token(Kind.OPEN, text, spaced, self._detail))
        self.brackets = Bracket(closer, self.brackets)
        self.braces += closer == "}"

    def _close(self, text: str, tokens: list[Token]) -> None:
        """Close a bracket. A `}` also closes the brackets forgotten inside its pair of braces."""
        closer = _DIGRAPHS.get(text, text)
        if self.brackets is None:
            self.malformed = True
            tokens.append(Token(Kind.STRAY, closer))
            return
        if self.brackets.closer != closer:
            self.malformed = True
            if closer != "}" or not self.braces:
                return
            while self.brackets is not None and self.brackets.closer != "}":
                self.brackets = self.brackets.outer
        assert self.brackets is not None  # `braces` counts those in the list
        self.braces -= closer == "}"
        self.brackets = self.brackets.outer
        if self.brackets is None:
            tokens.append(Token(Kind.GROUP, _CLOSERS[closer], detail=self._detail))


def _visible(match: re.Match[str], spaced: bool) -> Token:
    match match.lastgroup:
        case "word":
            return Token(Kind.WORD, match.group(), spaced)
        case "operator":
            return Token(Kind.OPERATOR, match.group(), spaced)
        case "number":
            return Token(Kind.NUMBER, "0", spaced)
        case _:
            return Token(Kind.STRING, '""', spaced)


def _detail(line: str, position: int, closer: str) -> Detail:
    """What follows an opening bracket; looks only at the line it stands on."""
    if closer == "]":
        return Detail.ATTRIBUTE if line.startswith("[", position) else Detail.NONE
    if closer == ")" and _EMPTY.match(line, position):
        return Detail.EMPTY
    if closer == ")" and _PARAMETERS.match(line, position):
        return Detail.PARAMETERS
    return Detail.NONE
