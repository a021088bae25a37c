"""Whether C or C++ input is complete, and where a script divides into complete inputs.

Three layers, each fed by the one before: `lexical.Lexer` makes tokens, `_Simple` and `_Statement`
follow the statement that the tokens outside all brackets belong to, `_Analyzer` adds `#if` groups.
There is no symbol table: where only types could tell (`a *f(x)`), spelling and spacing decide, and
doubt means "complete", because the compiler explains better than a silent prompt.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from .lexical import (
    BINARY_WORDS,
    CLASS_KEYS,
    DEMANDING_WORDS,
    EXPRESSION_LEADERS,
    NOT_FUNCTION_NAMES,
    SPECIFIERS,
    TYPE_KEYWORDS,
    Bracket,
    Detail,
    Kind,
    Lexer,
    Token,
)

# `.5` is a number and `!(a` an expression, but no C++ begins with `%` or `?` (save `%:`, a `#`).
_COMMAND = re.compile(r"[ \t]*(?:%(?!:)|\?|[.!][A-Za-z]|![./])")
_DEMANDING = frozenset("+-*/%&|^=!<>?:,.~")
_BINARY = frozenset("+-*/%&|^=<>?:,.")


class _Status(Enum):
    INCOMPLETE = auto()
    OPEN = auto()  # complete, but the next line may go on with it: `if (x) {}` with `else`
    COMPLETE = auto()


class _Step(Enum):
    """What one more token means to a simple statement."""

    WITHIN = auto()
    ENDS = auto()
    LABEL = auto()  # the statement labelled begins after it
    TRY = auto()  # a function-try-block


def _is(token: Token | None, text: str) -> bool:
    return token is not None and token.text == text


def _is_operand(token: Token | None) -> bool:
    return token is not None and token.kind is not Kind.OPERATOR


def _is_name(token: Token | None) -> bool:
    return token is not None and token.kind in (Kind.WORD, Kind.CLOSE_ANGLE)


@dataclass(slots=True)
class _Simple:
    """An expression statement or a declaration, as far as it has been seen."""

    previous: Token | None = None
    before: Token | None = None  # the one before `previous`
    first: str = ""
    qualifier: str = ""  # the A of the latest `A::`
    angles: int = 0  # open template argument lists
    template_depth: int | None = None  # inside `template <...>`: how many `<` are open
    template: bool = False
    declaration: bool = False  # two names side by side, as in `int x`
    pointer: Token | None = None  # the first of the `*` and `&` that stand before `previous`
    function: bool = False  # a parameter list has been seen
    initializers: bool = False  # A::A() : x(1)
    class_head: bool = False
    class_body: bool = False
    namespace: bool = False
    assigned: bool = False
    streamed: bool = False  # `<<` or `>>`
    conditional: bool = False  # ?
    requirement: bool = False  # `requires (T x)` whose { } is no body
    lambda_head: bool = False

    def add(self, token: Token) -> _Step:
        """Take one token; the caller must drop this object when the statement has ended."""
        if self.template_depth is not None and self._add_to_template_head(token):
            return _Step.WITHIN
        if token.detail is Detail.ATTRIBUTE:
            return _Step.WITHIN
        if _is(self.previous, "operator") and token.text != "::":
            self._add_operator_name(token)
            return _Step.WITHIN
        if token.text == ";" or (token.text == "{}" and self._is_body()):
            return _Step.ENDS
        if token.text == "try" and self.function:
            return _Step.TRY
        if token.text == ":" and self._is_label():
            return _Step.LABEL
        self._remember(self._note(token))
        return _Step.WITHIN

    def _remember(self, token: Token) -> None:
        self.first = self.first or token.text
        self.before, self.previous = self.previous, token

    def _add_to_template_head(self, token: Token) -> bool:
        if self.template_depth == 0 and token.text != "<":
            self.template_depth, self.template = None, False  # an explicit instantiation
            return False
        assert self.template_depth is not None
        self.template_depth += {"<": 1, ">": -1, ">>": -2}.get(token.text, 0)
        if self.template_depth <= 0:
            self.template_depth = self.previous = None
            self.declaration = True
        return True

    def _add_operator_name(self, token: Token) -> None:
        """Make `operator ==`, `operator ()` or `operator bool` one name."""
        if _is(self.before, "::") and token.kind is Kind.WORD:
            self.declaration = True  # A::operator bool() is only ever a definition
        self.previous = Token(Kind.WORD, f"operator {token.text}")

    def _is_label(self) -> bool:
        if self.first in ("case", "default"):
            return not self.conditional
        return self.before is None and _is_name(self.previous)

    def _is_body(self) -> bool:
        """Whether a `{}` now is a body, which ends the statement without a `;`."""
        if self.requirement or self.assigned or self.lambda_head:
            return False
        if self.initializers:
            return not _is_name(self.previous)  # x{1} initializes x
        if self.function or self.namespace or self._is_linkage():
            return True
        called = self.before is not None and self.before.kind is Kind.WORD
        return called and _is(self.previous, "()") and not self._is_excluded(self.before)

    def _is_linkage(self) -> bool:
        return _is(self.previous, '""') and _is(self.before, "extern")

    @staticmethod
    def _is_excluded(name: Token | None) -> bool:
        return name is None or name.text in NOT_FUNCTION_NAMES

    def _note(self, token: Token) -> Token:
        """Draw conclusions from a token; return it, or what it turns out to be."""
        match token.kind:
            case Kind.WORD:
                self._note_word(token)
            case Kind.OPERATOR:
                token = self._note_operator(token)
            case Kind.GROUP:
                self._note_group(token)
            case _:
                pass
        return token

    def _note_word(self, token: Token) -> None:
        text, previous = token.text, self.previous
        if text == "template" and not (previous and previous.text in (".", "->", "::")):
            self.template, self.template_depth = True, 0
        elif text in CLASS_KEYS and not self.assigned:
            self.class_head |= previous is None or previous.kind is Kind.WORD
        elif text == "namespace":
            self.namespace = self.first != "using"
        elif text == "requires":
            after_operator = previous is not None and previous.kind is Kind.OPERATOR
            self.requirement |= after_operator or _is(previous, "requires")
        elif text == "operator" and self.pointer is not None:
            self.declaration = True
        if previous is None or text in BINARY_WORDS:
            return
        if previous.kind is Kind.CLOSE_ANGLE or (
            previous.kind is Kind.WORD
            and previous.text not in EXPRESSION_LEADERS
            and previous.text not in CLASS_KEYS
        ):
            self.declaration = True

    def _note_operator(self, token: Token) -> Token:
        text, previous = token.text, self.previous
        if text in (">", ">>") and self.angles >= len(text):
            self.angles -= len(text)
            return token._replace(kind=Kind.CLOSE_ANGLE)
        if text == "<" and _is_name(previous):
            self.angles += 1
        elif text in ("&&", "||"):
            self.angles = 0
        elif text in ("<<", ">>"):
            self.streamed = True
        elif text == "?":
            self.conditional = True
        elif text == "::":
            self.qualifier = previous.text if previous else ""
        elif text == ":" and not self.conditional:
            self.initializers |= _is(previous, "()") or _is(previous, "noexcept")
        elif text[-1] == "=" and text not in ("==", "!=", "<=", ">="):
            self.assigned = True
        if text in ("*", "&", "&&"):
            if _is_name(previous):
                self.pointer = token
                self.declaration |= previous is not None and previous.text in TYPE_KEYWORDS
        elif text not in ("::", "~"):
            self.pointer = None
        return token

    def _note_group(self, token: Token) -> None:
        if token.text == "()":
            self.function |= not self.assigned and self._names_function(token.detail)
        elif token.text == "{}":
            self.class_body |= self.class_head and not self.lambda_head
            self.requirement = self.lambda_head = False
        elif not _is_operand(self.previous) and not (self.declaration and not self.assigned):
            self.lambda_head = True  # not auto &[a, b]

    def _names_function(self, detail: Detail) -> bool:
        """Whether `()` after `previous` is the parameter list of a function being declared."""
        name = self.previous
        if not _is_name(name) or self._is_excluded(name) or name is None:
            return False
        if self.declaration:
            return True
        if self.before is not None and self.before.text in ("::", "~") and self.qualifier:
            return name.text == self.qualifier  # A::A() and A::~A()
        if self.pointer is None:
            return False
        if detail is Detail.PARAMETERS:
            return True
        # `Foo *f()` is a declaration by its spacing, `a * f()` an expression.
        lopsided = self.pointer.spaced != name.spaced
        return lopsided and detail is Detail.EMPTY

    def _demands_more(self) -> bool:
        last = self.previous
        if last is None or last.kind is Kind.WORD:
            return last is None or last.text in DEMANDING_WORDS
        if last.kind is not Kind.OPERATOR or last.text == "...":
            return False
        if last.text in ("++", "--"):
            return not _is_operand(self.before)
        return last.text[0] in _DEMANDING

    @property
    def status(self) -> _Status:
        """Whether the statement could end here, without a `;`."""
        if self.template_depth is not None or self.requirement or self.lambda_head:
            return _Status.INCOMPLETE
        if self._demands_more():
            return _Status.INCOMPLETE
        if self.assigned:
            return _Status.OPEN
        if self.function or self.initializers or self.namespace or self._is_linkage():
            return _Status.INCOMPLETE
        if self.class_head:
            return _Status.OPEN if self.class_body else _Status.INCOMPLETE
        if self.template:
            return _Status.INCOMPLETE
        if self.declaration or self.streamed or _is(self.previous, "{}"):
            return _Status.OPEN
        return _Status.COMPLETE

    def continues(self, token: Token) -> bool:
        """Whether the next line, beginning with `token`, goes on with an `OPEN` statement."""
        text = token.text
        match token.kind:
            case Kind.OPERATOR:
                binary = text[0] in _BINARY and text not in ("++", "--", "::")
                return binary or text in (";", "!=")
            case Kind.STRING:
                return _is(self.previous, '""')
            case Kind.WORD:
                declarator = self.class_body and _is(self.previous, "{}")
                # static T
                # f(...)
                declarator |= self.first in SPECIFIERS and not self.assigned
                return text in BINARY_WORDS or declarator
            case Kind.OPEN:
                return self.declaration and not self.assigned
            case _:
                return False


class _Control(NamedTuple):
    """A control statement whose substatement is being read; a linked list, innermost first."""

    keyword: str
    outer: _Control | None
    in_do: bool  # it is a `do`, or inside one, which is never complete before its `while`


class _Phase(Enum):
    """Where in a statement the next token stands."""

    START = auto()
    SIMPLE = auto()
    CONDITION = auto()  # after `if`, `for`, `while`, `switch`
    AFTER_IF = auto()  # an `else` may follow
    AFTER_DO = auto()  # a `while` must follow
    DO_CONDITION = auto()
    DO_END = auto()  # a `;` should follow
    TRY = auto()
    AFTER_TRY = auto()  # a `catch` must follow
    CATCH = auto()
    AFTER_CATCH = auto()  # another `catch` may follow


# What a phase needs in order to go on; any other token ends the statement it is in.
_EXPECTED = {
    _Phase.AFTER_IF: "else",
    _Phase.AFTER_DO: "while",
    _Phase.DO_END: ";",
    _Phase.AFTER_TRY: "catch",
    _Phase.AFTER_CATCH: "catch",
}


@dataclass(slots=True)
class _Statement:
    """The statement that the tokens so far end in: a pushdown automaton over control statements."""

    phase: _Phase = _Phase.START
    control: _Control | None = None
    simple: _Simple = field(default_factory=_Simple)

    def snapshot(self) -> _Statement:
        return _Statement(self.phase, self.control, copy.copy(self.simple))

    def add(self, token: Token) -> None:
        if token.kind is Kind.STRAY:
            self.phase, self.control = _Phase.START, None
        elif token.kind is not Kind.OPEN:
            self._end_unless_expected(token)
            self._advance(token)

    def _advance(self, token: Token) -> None:
        text = token.text
        match self.phase:
            case _Phase.START:
                self._start(token)
            case _Phase.SIMPLE:
                self._add_to_simple(token)
            case _Phase.CONDITION:
                self._add_to_condition(token)
            case _Phase.AFTER_IF:
                self._leave()
                self._enter("else", _Phase.START)
            case _Phase.AFTER_DO:
                self._leave()
                self.phase = _Phase.DO_CONDITION
            case _Phase.DO_CONDITION:
                self.phase = _Phase.DO_END
            case _Phase.DO_END:
                self._finish()
            case _Phase.TRY if text == "{}":
                self.phase = _Phase.AFTER_TRY
            case _Phase.AFTER_TRY | _Phase.AFTER_CATCH:
                self.phase = _Phase.CATCH
            case _Phase.CATCH if text == "{}":
                self.phase = _Phase.AFTER_CATCH
            case _:
                pass

    def _end_unless_expected(self, token: Token) -> None:
        while self.phase in _EXPECTED and token.text != _EXPECTED[self.phase]:
            if self.phase in (_Phase.AFTER_IF, _Phase.AFTER_DO):
                self._leave()
            self._finish()

    def _enter(self, keyword: str, phase: _Phase) -> None:
        in_do = keyword == "do" or (self.control is not None and self.control.in_do)
        self.control = _Control(keyword, self.control, in_do)
        self.phase = phase

    def _leave(self) -> None:
        assert self.control is not None
        self.control = self.control.outer

    def _finish(self) -> None:
        """End a statement, and with it the control statements whose last substatement it is."""
        while self.control is not None and self.control.keyword not in ("if", "do"):
            self._leave()
        if self.control is None:
            self.phase = _Phase.START
        else:
            self.phase = _Phase.AFTER_IF if self.control.keyword == "if" else _Phase.AFTER_DO

    def _start(self, token: Token) -> None:
        text = token.text
        if text in ("if", "for", "while", "switch"):
            self._enter(text, _Phase.CONDITION)
        elif text in ("else", "do"):
            self._enter(text, _Phase.START)
        elif text == "try":
            self.phase = _Phase.TRY
        elif text in ("{}", ";"):
            self._finish()
        else:
            self._start_simple(token)

    def _start_simple(self, token: Token) -> None:
        self.phase, self.simple = _Phase.SIMPLE, _Simple()
        self._add_to_simple(token)

    def _add_to_simple(self, token: Token) -> None:
        match self.simple.add(token):
            case _Step.ENDS:
                self._finish()
            case _Step.LABEL:
                self._enter("label", _Phase.START)
            case _Step.TRY:
                self.phase = _Phase.TRY
            case _Step.WITHIN:
                pass

    def _add_to_condition(self, token: Token) -> None:
        if token.text == "()":
            self.phase = _Phase.START
        elif token.text == "{}":
            self._finish()  # if consteval {}
        elif token.text not in ("constexpr", "consteval", "co_await", "!", "not"):
            self._leave()  # a syntax error, for the compiler to explain
            self._start_simple(token)

    @property
    def status(self) -> _Status:
        if self.control is not None and self.control.in_do:
            return _Status.INCOMPLETE
        match self.phase:
            case _Phase.START:
                return _Status.COMPLETE if self.control is None else _Status.INCOMPLETE
            case _Phase.SIMPLE:
                return self.simple.status
            case _Phase.AFTER_IF | _Phase.AFTER_CATCH | _Phase.DO_END:
                return _Status.OPEN
            case _:
                return _Status.INCOMPLETE

    def continues(self, token: Token) -> bool:
        """Whether the next line, beginning with `token`, goes on with an `OPEN` statement."""
        if self.phase is _Phase.SIMPLE:
            return self.simple.continues(token)
        probe = self.snapshot()
        probe._end_unless_expected(token)
        return probe.phase is not _Phase.START


class _Snapshot(NamedTuple):
    brackets: Bracket | None
    braces: int
    malformed: bool
    statement: _Statement


@dataclass(slots=True)
class _Conditional:
    """An open `#if`. Its branches are alternatives: each starts from the state before the first."""

    before: _Snapshot
    chosen: _Snapshot | None  # the state after the first branch that is not `#if 0`
    dead: bool  # in the branch of an `#if 0`


class _Analyzer:
    """Lexer and statement automaton together, with the branches of `#if` groups."""

    def __init__(self) -> None:
        self.lexer = Lexer()
        self.statement = _Statement()
        self.conditionals: list[_Conditional] = []

    def add(self, tokens: list[Token]) -> None:
        """Take the tokens that the lexer has made of a line."""
        for token in tokens:
            if token.kind is Kind.DIRECTIVE:
                self._direct(token)
            else:
                self.statement.add(token)

    def _direct(self, token: Token) -> None:
        if token.text in ("if", "ifdef", "ifndef"):
            self.conditionals.append(_Conditional(self._save(), None, token.detail is Detail.FALSE))
        elif not self.conditionals:
            return
        elif token.text.startswith("el"):
            innermost = self.conditionals[-1]
            if innermost.chosen is None and not innermost.dead:
                innermost.chosen = self._save()
            self._restore(innermost.before)
            innermost.dead = False
        elif token.text == "endif":
            innermost = self.conditionals.pop()
            if innermost.chosen is not None or innermost.dead:
                self._restore(innermost.chosen or innermost.before)

    def _save(self) -> _Snapshot:
        lexer = self.lexer
        return _Snapshot(lexer.brackets, lexer.braces, lexer.malformed, self.statement.snapshot())

    def _restore(self, saved: _Snapshot) -> None:
        self.lexer.brackets = saved.brackets
        self.lexer.braces = saved.braces
        self.lexer.malformed = saved.malformed
        self.statement = saved.statement.snapshot()

    @property
    def status(self) -> _Status:
        if self.lexer.in_progress or self.conditionals or self.lexer.brackets is not None:
            return _Status.INCOMPLETE
        return self.statement.status


def _analyze(text: str) -> _Analyzer:
    analyzer = _Analyzer()
    for line in text.removesuffix("\n").split("\n"):
        analyzer.add(analyzer.lexer.feed(line))
    return analyzer


def is_complete(text: str) -> bool:
    """Whether what has been typed can be submitted. Errors are complete: the compiler explains."""
    if _COMMAND.match(text.lstrip()):
        _, _, text = text.strip().partition("\n")
    analyzer = _analyze(text)
    if analyzer.lexer.malformed and not analyzer.lexer.in_progress:
        return True
    return analyzer.status is not _Status.INCOMPLETE


def open_braces(text: str) -> int:
    """How many braces are open at the end of `text`, for indentation.

    None where white space would change a raw string or a spliced line.
    """
    lexer = _analyze(text).lexer
    return 0 if lexer.in_progress and not lexer.in_comment else lexer.braces


@dataclass(frozen=True, slots=True)
class ScriptInput:
    """One input of a script: its text, newlines included, and the 1-based line it starts on."""

    text: str
    line: int


class InputSplitter:
    """Cuts a script into complete inputs, each given out as soon as it is known to be complete.

    Blank and comment-only lines between inputs are dropped. An unterminated literal or a bracket
    that does not match never ends an input while brackets are open: the rest of a function with
    a mistake in it must not run as statements of their own.
    """

    def __init__(self) -> None:
        self._next_line = 1
        self._reset()

    def _reset(self) -> None:
        self._analyzer = _Analyzer()
        self._pending: list[str] = []
        self._significant = False  # whether `_pending` has anything but comments
        self._open_until = 0  # if not 0: that many lines of `_pending` are an OPEN input
        self._droppable = 0  # lines of `_pending` up to which no comment extends into the next

    def feed(self, line: str) -> list[ScriptInput]:
        """Take the next line, newline included; return the inputs now known to be complete."""
        self._next_line += 1
        self._pending.append(line)
        ready: list[ScriptInput] = []
        if self._is_command(line):
            if self._open_until:
                ready.append(self._cut())
            return [*ready, self._take(len(self._pending))]
        tokens = self._analyzer.lexer.feed(line)
        if tokens and self._open_until and not self._analyzer.statement.continues(tokens[0]):
            ready.append(self._cut())
        self._analyzer.add(tokens)
        if not self._analyzer.lexer.in_progress:
            ready += self._judge(bool(tokens))
        return ready

    def finish(self) -> list[ScriptInput]:
        """Return the rest at the end of the file, complete or not."""
        if not self._pending:
            return []
        is_open = self._open_until and not self._analyzer.lexer.in_progress
        return [self._take(self._open_until if is_open else len(self._pending))]

    def _is_command(self, line: str) -> bool:
        """Whether the line now last in `_pending` is a command rather than part of an input."""
        if len(self._pending) - 1 != self._droppable or not _COMMAND.match(line):
            return False
        if not self._open_until:
            return len(self._pending) == 1
        # An indented `.size();` or `? b : c;` rather goes on with the declaration above it.
        return not line[0].isspace() or self._analyzer.statement.phase is not _Phase.SIMPLE

    def _judge(self, significant: bool) -> list[ScriptInput]:
        """Decide what becomes of the pending lines, now that no comment is open."""
        self._significant |= significant
        if not self._significant:
            self._pending.clear()
            return []
        self._droppable = len(self._pending)
        if not significant:
            return []
        status = self._analyzer.status
        if status is _Status.COMPLETE:
            return [self._take(len(self._pending))]
        self._open_until = len(self._pending) if status is _Status.OPEN else 0
        return []

    def _take(self, count: int) -> ScriptInput:
        """Give out the first `count` of the pending lines and drop the rest."""
        first_line = self._next_line - len(self._pending)
        taken = ScriptInput("".join(self._pending[:count]), first_line)
        self._reset()
        return taken

    def _cut(self) -> ScriptInput:
        """Give out the `OPEN` input, drop the comments after it, keep the rest.

        The lexer has already read the line that begins the rest, so it stays.
        """
        rest, lexer = self._pending[self._droppable :], self._analyzer.lexer
        taken = self._take(self._open_until)
        self._pending, self._analyzer.lexer = rest, lexer
        return taken
