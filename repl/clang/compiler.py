"""Text to machine code: the frontend and the code generator, one after the other.

They are two processes, so in a script, where the next inputs are known, they work
ahead: while an input is linked and run the next one is compiled, and the one after that
is parsed. What was done ahead is dropped when it turns out that it was not wanted.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from msgspec import Struct

from repl.caching.stamps import Dependencies, read_dependencies
from repl.clang.code_generator import CodeGenerator
from repl.clang.frontend import Frontend, FrontendState, ParsedInput
from repl.clang.frontend_copies import FrontendCopy
from repl.clang.printer_questions import AskedPrinters, PrinterCode, ask_for_printers
from repl.clang.protocol import ReplyType, Request, TellDependencies
from repl.display.types import ValueType
from repl.errors import CompileError, CompilerDied, ShellError
from repl.input.input_ends import InputEnds
from repl.input.open_brackets import unclosed_bracket
from repl.input.source import Source

_QUERY_TIMEOUT = 10  # s
_MOST_BRACKETS = 256  # of one kind that Clang nests


class CompiledInput(Struct, frozen=True):
    """``machine_code``: a relocatable object, empty if there is no code or data.

    ``before``: the compiler's ``length`` without this input. ``value_type``: of the value
    that it hands over, if it does; ``printers``: what users have written for that;
    ``level``: of optimisation.
    """

    parsed: ParsedInput
    machine_code: bytes
    value_type: ValueType | None
    printers: PrinterCode | None
    before: int
    level: int


class InputCompiler(Protocol):
    """What a session needs to take inputs: this, or ``Compiler``, where there is Clang."""

    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """See ``Compiler``; so are the others."""

    def rollback(self, length: int) -> None: ...

    def snapshot(self, length: int | None = None) -> FrontendState: ...

    def restore(self, state: FrontendState) -> None: ...

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None: ...

    def prepare(self) -> None: ...

    def wait_until_ready(self) -> None: ...


class _Ahead(Struct, frozen=True):
    """An input that has been parsed, and is being compiled, or was rejected."""

    source: Source
    before: int
    parsed: ParsedInput | CompileError
    value_type: ValueType | None = None
    printers: AskedPrinters | None = None

    @property
    def is_asked_about(self) -> bool:
        """Whether the frontend must not go on: it has rejected the input, or will be asked
        about its value."""
        return isinstance(self.parsed, CompileError) or self.value_type is not None


class Compiler:
    """Compiles inputs one after another; ``rollback`` forgets the newest ones.

    ``level``: of optimisation, 0 to 3. The processes stay the caller's to end.
    """

    def __init__(self, frontend: Frontend, codegen: CodeGenerator, level: int) -> None:
        self._frontend = frontend
        self._codegen = codegen
        self._level = level
        self._ahead: _Ahead | None = None

    @property
    def length(self) -> int:
        """How many inputs are in force."""
        return self._ahead.before if self._ahead else self._frontend.length

    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """Compile an input. ``upcoming``: those that will probably be next.

        Raises CompileError or CodegenError; then the input is forgotten.
        """
        missing = _missing_bracket(source)
        if missing:
            raise CompileError(f"{source.name}:{source.line}: error: expected '{missing}'", ())
        next_ones = list(itertools.takewhile(lambda each: not _missing_bracket(each), upcoming))
        ahead, self._ahead = self._ahead, None
        if ahead is None or ahead.source != source:
            self._drop(ahead)
            ahead = self._start(source)
        if isinstance(ahead.parsed, CompileError):
            raise ahead.parsed
        try:
            if next_ones and not self._frontend.has_begun(next_ones[0]):
                self._frontend.begin(next_ones[0])
            machine_code = self._codegen.finish() if ahead.parsed.bitcode else b""
            asked = ahead.printers
            printers = asked.compile(self._codegen, self._level) if asked else None
            if next_ones:
                self._ahead = self._start(next_ones[0])
            if len(next_ones) > 1 and self._ahead and not self._ahead.is_asked_about:
                self._frontend.begin(next_ones[1])
        except BaseException:  # Ctrl-C too
            self._frontend.rollback(ahead.before)
            raise
        return CompiledInput(
            ahead.parsed, machine_code, ahead.value_type, printers, ahead.before, self._level
        )

    def rollback(self, length: int) -> None:
        """Forget all inputs but the first ``length``."""
        self._forget_ahead()
        self._frontend.rollback(length)

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None:
        """See ``Frontend.note_defined``."""
        self._frontend.note_defined(index, symbols)

    def snapshot(self, length: int | None = None) -> FrontendState:
        """The inputs in force, or the first ``length`` of them, to come back to."""
        state = self._frontend.snapshot()
        return FrontendState(state.inputs[: self.length if length is None else length])

    def restore(self, state: FrontendState) -> None:
        """Go to exactly that state, from whatever has been compiled since."""
        self._forget_ahead()
        self._frontend.restore(state)

    def prepare(self) -> None:
        """Begin to make ready for the next input what the last one has left damaged."""
        self._frontend.prepare()

    def wait_until_ready(self) -> None:
        """Wait for Clang to have started. Raises SetupError if it cannot."""
        self._frontend.wait_until_ready()

    def scratch(self) -> AbstractContextManager[FrontendCopy]:
        """See ``Frontend.scratch``; not while there is an input that is compiled ahead."""
        return self._frontend.scratch()

    def ask(self, request: Request[ReplyType], text: str = "") -> ReplyType:
        """Ask Clang about what is in force; nothing changes.

        Raises ShellError if Clang crashes over it or takes too long.
        """
        self._forget_ahead()
        encoded = text.encode("utf-8", "surrogateescape")
        with self._frontend.scratch() as copy:
            try:
                return copy.ask(request, encoded, _QUERY_TIMEOUT)[0]
            except CompilerDied:
                raise ShellError("Clang crashed over this question; the session goes on") from None

    def dependencies(self) -> Dependencies | None:
        """What the inputs in force depend on; None if that cannot be known."""
        self._forget_ahead()
        try:
            with self._frontend.scratch() as copy:
                told = copy.ask(TellDependencies(), b"", _QUERY_TIMEOUT)[1]
        except ShellError:
            return None
        return read_dependencies(told.decode("utf-8", "surrogateescape"))

    def input_ends(self, text: bytes, *, whole: bool = False, limit: float = 2) -> InputEnds:
        """Where the inputs of a text end: see ``Frontend.input_ends``."""
        self._forget_ahead()
        return self._frontend.input_ends(text, whole=whole, limit=limit)

    def generate(self, bitcode: bytes, level: int, output: Literal["assembly", "ir"]) -> str:
        """An input's code as text. Raises CodegenError."""
        self._forget_ahead()
        self._codegen.begin(bitcode, level, output=output)
        return self._codegen.finish().decode("utf-8", "replace")

    def reconfigure(self, flags: Sequence[str], level: int) -> None:
        """Other flags for Clang and another level for LLVM, for the next inputs.

        Raises ShellError if an input in force is rejected with these flags, or Clang does
        not start; then nothing has changed.
        """
        self._forget_ahead()
        self._frontend.restart(flags)
        self._level = level

    def _forget_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        self._drop(ahead)

    def _start(self, source: Source) -> _Ahead:
        """Parse; set the code generator to work on the result."""
        before = self._frontend.length
        try:
            parsed = self._frontend.parse(source)
        except CompileError as error:
            return _Ahead(source, before, error)
        if parsed.bitcode:
            self._codegen.begin(parsed.bitcode, self._level)
        if parsed.value is None:
            return _Ahead(source, before, parsed)
        try:
            type_ = ValueType.from_table(parsed.value.type)
            asked = ask_for_printers(self._frontend, type_, parsed.value.printers)
        except BaseException:  # Ctrl-C
            self._frontend.rollback(before)
            raise
        return _Ahead(source, before, parsed, type_, asked)

    def _drop(self, ahead: _Ahead | None) -> None:
        if ahead is not None:
            self._codegen.cancel()
            self._frontend.rollback(ahead.before)


def _missing_bracket(source: Source) -> str:
    """Among brackets beyond number Clang's parser calls itself until its stack is full: the
    closing one that the end of the text waits for, or nothing."""
    if max(map(source.text.count, "([{")) <= _MOST_BRACKETS:
        return ""
    return unclosed_bracket(source.text)
