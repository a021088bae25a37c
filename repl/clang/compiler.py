"""Text to machine code, by Clang and LLVM, and whatever else they are asked.

What ``pipeline`` has done ahead is dropped when it turns out that it was not wanted.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Concatenate, Literal, ParamSpec, Protocol, TypeVar

from repl.caching.stamps import Dependencies, read_dependencies
from repl.clang.code_generator import CodeGenerator
from repl.clang.frontend import Frontend
from repl.clang.frontend_copies import FrontendCopy
from repl.clang.inputs import FrontendState, JoinedInput, ParsedInput
from repl.clang.pipeline import CompiledInput, Pipeline
from repl.clang.protocol import DescribeName, Rebind, ReplyType, Request, TellDependencies
from repl.errors import CodegenError, CompileError, CompilerDied, ShellError
from repl.input.input_ends import InputEnds
from repl.input.open_brackets import opening_of, unclosed_bracket
from repl.input.seen_file import SeenFile
from repl.input.source import Source

_QUERY_TIMEOUT = 10  # s
_MOST_BRACKETS = 256  # of one kind that Clang nests


class InputCompiler(Protocol):
    """What a session needs to take inputs: this, or ``Compiler``, where there is Clang."""

    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """See ``Compiler``; so are the others."""

    def rollback(self, length: int) -> None: ...

    def snapshot(self, length: int | None = None) -> FrontendState: ...

    def restore(self, state: FrontendState) -> None: ...

    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None: ...

    def separate(self, joined: Sequence[JoinedInput]) -> Iterator[tuple[str, bytes]]: ...

    def prepare(self) -> None: ...

    def wait_until_ready(self) -> None: ...


P = ParamSpec("P")
R = TypeVar("R")


def _alone(
    method: Callable[Concatenate[Compiler, P], R],
) -> Callable[Concatenate[Compiler, P], R]:
    """A method that waits until no other thread asks the processes for something, and sees the
    inputs in force and nothing beside them."""

    @wraps(method)
    def wrapped(self: Compiler, /, *arguments: P.args, **named: P.kwargs) -> R:
        with self._turn:
            self._leave_beside()
            return method(self, *arguments, **named)

    return wrapped


class Compiler:
    """Compiles inputs one after another; ``rollback`` forgets the newest ones.

    Other threads may ask for ``scratch`` and ``ask`` while an input runs (a notebook's Tab).

    ``level``: of optimisation, 0 to 3. ``most_joined``: the number of inputs, if the next ones
    are known, that may become one object. The processes stay the caller's to end.
    """

    def __init__(
        self,
        frontend: Frontend,
        codegen: CodeGenerator,
        level: int,
        most_joined: Callable[[], int] = lambda: 1,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        self._frontend = frontend
        self._codegen = codegen
        self._meanwhile = meanwhile
        self._pipeline = Pipeline(frontend, codegen, level, most_joined, meanwhile)
        self._turn = threading.RLock()
        self._before_beside: int | None = None  # how many inputs there are without what is beside

    @property
    def length(self) -> int:
        """How many inputs are in force."""
        return self._pipeline.length if self._before_beside is None else self._before_beside

    @property
    def level(self) -> int:
        """Of optimisation, for the next inputs."""
        return self._pipeline.level

    @_alone
    def compile(self, source: Source, upcoming: Sequence[Source] = ()) -> CompiledInput:
        """Compile an input. ``upcoming``: those that will probably be next.

        Raises CompileError or CodegenError; then the input is forgotten.
        """
        _check_brackets(source)
        if not self._pipeline.goes_on_with(source):
            self._pipeline.drop()
        next_ones = itertools.takewhile(lambda each: not _missing_bracket(each.text), upcoming)
        before = self.length
        try:
            return self._pipeline.take([source, *next_ones])
        except BaseException:  # Ctrl-C too
            self.rollback(before)
            raise

    def compile_beside(self, prelude: Source, source: Source) -> tuple[bytes, int]:
        """The machine code of what is no input, and where to ``note_defined`` it. It sees the
        inputs in force, ``prelude``, and what was compiled beside them before; all that is
        forgotten when anything else is compiled, or by ``leave_beside``.

        Raises CompileError or CodegenError.
        """
        with self._turn:
            if self._before_beside is None:
                self._pipeline.drop()
                self._before_beside = self._pipeline.length
                self._frontend.begin_beside()
                self._pipeline.take([prelude])
            before = self._pipeline.length
            try:
                return self._pipeline.take([source]).machine_code, before
            except BaseException:  # Ctrl-C too
                self._pipeline.drop()
                self._frontend.rollback(before)
                raise

    @_alone
    def leave_beside(self) -> None:
        """Forget what was compiled beside the inputs."""

    def _leave_beside(self) -> None:
        before, self._before_beside = self._before_beside, None
        if before is not None:
            self._pipeline.drop()
            self._frontend.end_beside()

    def note_defined_beside(self, index: int, symbols: tuple[str, ...]) -> None:
        """See ``note_defined``; of what was compiled beside the inputs last."""
        with self._turn:
            if self._before_beside is not None:
                self._frontend.note_defined(index, symbols)

    @_alone
    def rollback(self, length: int) -> None:
        """Forget all inputs but the first ``length``."""
        self._pipeline.drop()
        self._frontend.rollback(length)

    @_alone
    def note_defined(self, index: int, symbols: tuple[str, ...]) -> None:
        """See ``Frontend.note_defined``."""
        self._frontend.note_defined(index, symbols)

    @_alone
    def snapshot(self, length: int | None = None) -> FrontendState:
        """The inputs in force, or the first ``length`` of them, to come back to."""
        state = self._frontend.snapshot()
        return FrontendState(state.inputs[: self.length if length is None else length])

    @_alone
    def restore(self, state: FrontendState) -> None:
        """Go to exactly that state, from whatever has been compiled since."""
        self._pipeline.drop()
        self._frontend.restore(state)

    @_alone
    def prepare(self) -> None:
        """Begin to make ready for the next input what the last one has left damaged."""
        self._frontend.prepare()

    def wait_until_ready(self) -> None:
        """Wait for Clang to have started. Raises SetupError if it cannot."""
        if not self._frontend.is_ready():
            self._meanwhile()
        self._frontend.wait_until_ready()

    @contextmanager
    def scratch(self) -> Iterator[FrontendCopy]:
        """See ``Frontend.scratch``; not while there is an input that is compiled ahead."""
        with ExitStack() as stack:
            with self._turn:
                self._leave_beside()
                copy = stack.enter_context(self._frontend.scratch())
            try:
                yield copy
            finally:
                with self._turn:
                    stack.close()

    def ask(self, request: Request[ReplyType], text: str = "") -> ReplyType:
        """Ask Clang about what is in force; nothing changes.

        Raises ShellError if Clang crashes over it or takes too long.
        """
        with self._turn:
            if not isinstance(request, DescribeName):  # about one name: others do not matter
                self._leave_beside()
            return self._ask(request, text)

    def _ask(self, request: Request[ReplyType], text: str) -> ReplyType:
        self._pipeline.drop()
        encoded = text.encode("utf-8", "surrogateescape")
        with self._frontend.scratch() as copy:
            try:
                return copy.ask(request, encoded, _QUERY_TIMEOUT)[0]
            except CompilerDied:
                raise ShellError("Clang crashed over this question; the session goes on") from None

    @_alone
    def dependencies(self) -> Dependencies | None:
        """What the inputs in force depend on; None if that cannot be known."""
        self._pipeline.drop()
        try:
            with self._frontend.scratch() as copy:
                told = copy.ask(TellDependencies(), b"", _QUERY_TIMEOUT)[1]
        except ShellError:
            return None
        return read_dependencies(told.decode("utf-8", "surrogateescape"))

    @_alone
    def input_ends(self, text: bytes, *, whole: bool = False, limit: float = 2) -> InputEnds:
        """Where the inputs of a text end: see ``Frontend.input_ends``."""
        self._pipeline.drop()
        return self._frontend.input_ends(text, whole=whole, limit=limit)

    def separate(self, joined: Sequence[JoinedInput]) -> Iterator[tuple[str, bytes]]:
        """The objects of a batch one by one, each with its name. Raises CodegenError."""
        with self._turn:
            self._leave_beside()
            self._pipeline.drop()
        for each in joined:
            with self._turn:
                made = self._pipeline.generate(each.bitcode)
            yield each.name, made

    @_alone
    def parse_again(self, source: Source, known: Sequence[SeenFile]) -> ParsedInput:
        """Only let Clang take an input; files that are ``known`` are as they were. Raises
        CompileError."""
        _check_brackets(source)
        return self._frontend.parse(source, known)

    @_alone
    def object_of(self, bitcode: bytes) -> bytes:
        """The machine code of an input; see ``CompiledInput``. Raises CodegenError."""
        return self._pipeline.generate(bitcode)

    @_alone
    def rebound(self, bitcode: bytes, kept: Sequence[str]) -> bytes:
        """The same for a program that has the symbols ``kept`` already: they are declared only,
        and statements do not run. Raises CodegenError."""
        with self._frontend.scratch() as copy:
            reply, rebound = copy.ask(Rebind(tuple(kept)), bitcode, _QUERY_TIMEOUT)
        if not reply.ok:
            raise CodegenError(reply.rendered)
        return self._pipeline.generate(rebound)

    @_alone
    def object_for_debugger(self, source: Source, flags: Sequence[str], before: int) -> bytes:
        """The object of an input after the first ``before``, with these flags and optimised by
        nothing; what is in force stays as it is. Raises CompileError and CodegenError."""
        self._pipeline.drop()
        with self._frontend.with_flags(flags, before) as other:
            bitcode = other.parse(source).bitcode
        self._codegen.begin([bitcode], 0)
        return self._codegen.finish()

    @_alone
    def generate(self, bitcode: bytes, level: int, output: Literal["assembly", "ir"]) -> str:
        """An input's code as text. Raises CodegenError."""
        self._pipeline.drop()
        self._codegen.begin([bitcode], level, output=output)
        return self._codegen.finish().decode("utf-8", "replace")

    @_alone
    def reconfigure(self, flags: Sequence[str], level: int, check: Callable[[], None]) -> None:
        """Other flags for Clang and another level for LLVM, for the next inputs.

        Raises ShellError if an input in force is rejected with these flags, or Clang does
        not start, and what ``check`` raises, which may ask Clang about the inputs as they are
        now; then nothing has changed.
        """
        self._pipeline.drop()
        self._frontend.restart(flags, check)
        self._pipeline.level = level


def _check_brackets(source: Source) -> None:
    """Raises CompileError if there is a bracket to which there is no other."""
    if missing := _missing_bracket(source.text):
        opener, row = opening_of(source.text, missing)
        last = source.line + source.text.rstrip("\n").count("\n")
        raise CompileError(
            f"{source.name}:{last}: error: expected '{missing}'\n"
            f"{source.name}:{source.line + row}: note: to match this '{opener}'",
            (),
        )


@functools.lru_cache(maxsize=256)
def _missing_bracket(text: str) -> str:
    """Among brackets beyond number Clang's parser calls itself until its stack is full: the
    closing one that the end of the text waits for, or nothing."""
    if max(map(text.count, "([{")) <= _MOST_BRACKETS:
        return ""
    return unclosed_bracket(text)
