"""Following C and C++ statements, token by token: control statements and what they hold."""

from __future__ import annotations

import copy
from enum import Enum, auto
from typing import NamedTuple

from msgspec import Struct, field

from repl.input.lexical import Kind, Token
from repl.input.simple_statements import SimpleStatement, Status, Step


class _Control(NamedTuple):
    """A control statement whose substatement is being read; a linked list, innermost first."""

    keyword: str
    outer: _Control | None
    in_do: bool  # it is a `do`, or inside one, which is never complete before its `while`


class Phase(Enum):
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
    Phase.AFTER_IF: "else",
    Phase.AFTER_DO: "while",
    Phase.DO_END: ";",
    Phase.AFTER_TRY: "catch",
    Phase.AFTER_CATCH: "catch",
}


class Statement(Struct):
    """The statement that the tokens so far end in: a pushdown automaton over control statements."""

    phase: Phase = Phase.START
    control: _Control | None = None
    simple: SimpleStatement = field(default_factory=SimpleStatement)

    def snapshot(self) -> Statement:
        return Statement(self.phase, self.control, copy.copy(self.simple))

    def add(self, token: Token) -> None:
        if token.kind is Kind.STRAY:
            self.phase, self.control = Phase.START, None
        elif token.kind is not Kind.OPEN:
            self._end_unless_expected(token)
            self._advance(token)

    def _advance(self, token: Token) -> None:
        text = token.text
        match self.phase:
            case Phase.START:
                self._start(token)
            case Phase.SIMPLE:
                self._add_to_simple(token)
            case Phase.CONDITION:
                self._add_to_condition(token)
            case Phase.AFTER_IF:
                self._leave()
                self._enter("else", Phase.START)
            case Phase.AFTER_DO:
                self._leave()
                self.phase = Phase.DO_CONDITION
            case Phase.DO_CONDITION:
                self.phase = Phase.DO_END
            case Phase.DO_END:
                self._finish()
            case Phase.TRY if text == "{}":
                self.phase = Phase.AFTER_TRY
            case Phase.AFTER_TRY | Phase.AFTER_CATCH:
                self.phase = Phase.CATCH
            case Phase.CATCH if text == "{}":
                self.phase = Phase.AFTER_CATCH
            case _:
                pass

    def _end_unless_expected(self, token: Token) -> None:
        while self.phase in _EXPECTED and token.text != _EXPECTED[self.phase]:
            if self.phase in (Phase.AFTER_IF, Phase.AFTER_DO):
                self._leave()
            self._finish()

    def _enter(self, keyword: str, phase: Phase) -> None:
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
            self.phase = Phase.START
        else:
            self.phase = Phase.AFTER_IF if self.control.keyword == "if" else Phase.AFTER_DO

    def _start(self, token: Token) -> None:
        text = token.text
        if text in ("if", "for", "while", "switch"):
            self._enter(text, Phase.CONDITION)
        elif text in ("else", "do"):
            self._enter(text, Phase.START)
        elif text == "try":
            self.phase = Phase.TRY
        elif text in ("{}", ";"):
            self._finish()
        else:
            self._start_simple(token)

    def _start_simple(self, token: Token) -> None:
        self.phase, self.simple = Phase.SIMPLE, SimpleStatement()
        self._add_to_simple(token)

    def _add_to_simple(self, token: Token) -> None:
        match self.simple.add(token):
            case Step.ENDS:
                self._finish()
            case Step.LABEL:
                self._enter("label", Phase.START)
            case Step.TRY:
                self.phase = Phase.TRY
            case Step.WITHIN:
                pass

    def _add_to_condition(self, token: Token) -> None:
        if token.text == "()":
            self.phase = Phase.START
        elif token.text == "{}":
            self._finish()  # if consteval {}
        elif token.text not in ("constexpr", "consteval", "co_await", "!", "not"):
            self._leave()  # a syntax error, for the compiler to explain
            self._start_simple(token)

    @property
    def status(self) -> Status:
        if self.control is not None and self.control.in_do:
            return Status.INCOMPLETE
        match self.phase:
            case Phase.START:
                return Status.COMPLETE if self.control is None else Status.INCOMPLETE
            case Phase.SIMPLE:
                return self.simple.status
            case Phase.AFTER_IF | Phase.AFTER_CATCH | Phase.DO_END:
                return Status.OPEN
            case _:
                return Status.INCOMPLETE

    def continues(self, token: Token) -> bool:
        """Whether the next line, beginning with `token`, goes on with an `OPEN` statement."""
        if self.phase is Phase.SIMPLE:
            return self.simple.continues(token)
        probe = self.snapshot()
        probe._end_unless_expected(token)
        return probe.phase is not Phase.START
