"""Whether C or C++ input is complete, and where a script divides into complete inputs.

Three layers, each fed by the one before: `lexical.Lexer` makes tokens, `statements.Statement`
follows the statement that the tokens outside all brackets belong to, `_Analyzer` adds `#if` groups.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from repl.input.command_lines import CommandLines
from repl.input.lexical import Bracket, Detail, Kind, Lexer, Token
from repl.input.simple_statements import Status
from repl.input.statements import Phase, Statement


class _Snapshot(NamedTuple):
    brackets: Bracket | None
    braces: int
    malformed: bool
    statement: Statement


class _Conditional(Struct):
    """An open `#if`. Its branches are alternatives: each starts from the state before the first."""

    before: _Snapshot
    chosen: _Snapshot | None  # the state after the first branch that is not `#if 0`
    dead: bool  # in the branch of an `#if 0`


class _Analyzer:
    """Lexer and statement automaton together, with the branches of `#if` groups."""

    def __init__(self) -> None:
        self.lexer = Lexer()
        self.statement = Statement()
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
    def status(self) -> Status:
        if self.lexer.in_progress or self.conditionals or self.lexer.brackets is not None:
            return Status.INCOMPLETE
        return self.statement.status


def _analyze(text: str) -> _Analyzer:
    analyzer = _Analyzer()
    for line in text.removesuffix("\n").split("\n"):
        analyzer.add(analyzer.lexer.feed(line))
    return analyzer


def is_complete(text: str, commands: CommandLines) -> bool:
    """Whether what has been typed can be submitted. Errors are complete: the compiler explains."""
    if commands.is_command(text.lstrip()):
        code = commands.code_offset(text)
        text = text[code:] if code is not None else text.strip().partition("\n")[2]
    analyzer = _analyze(text)
    if analyzer.lexer.malformed and not analyzer.lexer.in_progress:
        return True
    return analyzer.status is not Status.INCOMPLETE


def unclosed_bracket(text: str) -> str:
    """The closing bracket that the end of `text` is waiting for, or nothing."""
    lexer = Lexer()
    for line in text.removesuffix("\n").split("\n"):
        lexer.feed(line)
    return lexer.brackets.closer if lexer.brackets is not None and not lexer.malformed else ""


def open_braces(text: str) -> int:
    """How many braces are open at the end of `text`, for indentation.

    None where white space would change a raw string or a spliced line.
    """
    lexer = _analyze(text).lexer
    return 0 if lexer.in_progress and not lexer.in_comment else lexer.braces


class ScriptInput(Struct, frozen=True):
    """One input of a script: its text, newlines included, and the 1-based line it starts on."""

    text: str
    line: int


class InputSplitter:
    """Cuts a script into complete inputs, each given out as soon as it is known to be complete.

    Blank and comment-only lines between inputs are dropped. An unterminated literal or a bracket
    that does not match never ends an input while brackets are open: the rest of a function with
    a mistake in it must not run as statements of their own.
    """

    def __init__(self, commands: CommandLines) -> None:
        self._commands = commands
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
        if len(self._pending) - 1 != self._droppable or not self._commands.is_command(line):
            return False
        if not self._open_until:
            return len(self._pending) == 1
        # An indented `.size();` or `? b : c;` rather goes on with the declaration above it.
        return not line[0].isspace() or self._analyzer.statement.phase is not Phase.SIMPLE

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
        if status is Status.COMPLETE:
            return [self._take(len(self._pending))]
        self._open_until = len(self._pending) if status is Status.OPEN else 0
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
