"""Inputs on their way from text to machine code, several at a time.

The frontend and the code generator are two processes. So in a script, where the next inputs
are known, they work ahead: while inputs are linked and run, code for the next ones is
generated, and those after them are parsed. And what comes next may be joined to a batch, of
which one object is made: to generate, link and run sixteen inputs takes little longer than
one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from msgspec import Struct

from repl.clang.code_generator import CodeGenerator
from repl.clang.frontend import Frontend
from repl.clang.inputs import JoinedInput, ParsedInput
from repl.clang.printer_questions import AskedPrinters, PrinterCode, ask_for_printers
from repl.display.types import ValueType
from repl.errors import CodegenError, CompileError
from repl.input.source import Source

_PATIENCE = 0.03  # s, for which an input that could run waits for others to be parsed
_MUCH_CODE = 1 << 16  # bytes of bitcode: the next inputs may need the same instances


class CompiledInput(Struct, frozen=True):
    """``machine_code``: a relocatable object, empty if there is no code or data, or if it is
    part of the object of an earlier input.

    ``before``: the compiler's ``length`` without this input. ``value_type``: of the value
    that it hands over, if it does; ``printers``: what users have written for that;
    ``level``: of optimisation; ``joined``: the inputs that the object is made of, this one the
    first, if they are several; ``part``: of such an object the priority of what this input
    runs, 0 if it has one of its own.
    """

    parsed: ParsedInput
    machine_code: bytes
    value_type: ValueType | None
    printers: PrinterCode | None
    before: int
    level: int
    joined: tuple[JoinedInput, ...] = ()
    part: int = 0


class _ParsedAhead(Struct, frozen=True):
    """An input that has been parsed, or was rejected; ``before`` as in ``CompiledInput``."""

    source: Source
    before: int
    parsed: ParsedInput | CompileError
    value_type: ValueType | None = None
    printers: AskedPrinters | None = None

    @property
    def bitcode(self) -> bytes:
        """Empty if there is nothing to compile."""
        return b"" if isinstance(self.parsed, CompileError) else self.parsed.bitcode

    @property
    def priority(self) -> int:
        """Of its initializers among those of other inputs; 0 if it is not to be joined."""
        return 0 if isinstance(self.parsed, CompileError) else self.parsed.joins

    @property
    def may_come_later(self) -> bool:
        """Whether it may be in a batch after another input."""
        return self.priority != 0

    @property
    def may_come_earlier(self) -> bool:
        """Whether it may be in one before another: then nothing is to be said when it has run."""
        return (
            not isinstance(self.parsed, CompileError)
            and self.priority != 0
            and not self.parsed.value
            and not self.parsed.warnings.full
        )

    @property
    def may_be_followed(self) -> bool:
        """Whether the frontend can go on before this one has run: not if it was rejected, will
        be asked about the value, or is to be told which instances there are now."""
        return (
            not isinstance(self.parsed, CompileError)
            and self.value_type is None
            and len(self.bitcode) < _MUCH_CODE
        )


class _Ready(Struct, frozen=True):
    """An input that has been compiled, or could not be; ``before`` as in ``CompiledInput``."""

    source: Source
    before: int
    result: CompiledInput | CodegenError


class Pipeline:
    """``take`` gives out inputs in order; what is in here, ahead of it, ``drop`` forgets.

    ``level``: of optimisation. ``most_joined``: of how many inputs an object may be made.
    ``meanwhile``: what there is to do while code is generated, called each time.
    """

    def __init__(
        self,
        frontend: Frontend,
        codegen: CodeGenerator,
        level: int,
        most_joined: Callable[[], int],
        meanwhile: Callable[[], None],
    ) -> None:
        self.level = level
        self._frontend = frontend
        self._codegen = codegen
        self._most_joined = most_joined
        self._meanwhile = meanwhile
        # In the order in which they come:
        self._ready: deque[_Ready] = deque()
        self._batch: tuple[_ParsedAhead, ...] = ()  # which the code generator is at
        self._parsed: deque[_ParsedAhead] = deque()

    @property
    def length(self) -> int:
        """How many inputs are in force, without what is in here."""
        first = self._first()
        return self._frontend.length if first is None else first.before

    def goes_on_with(self, source: Source) -> bool:
        """Whether this input is what comes next, as far as is known."""
        first = self._first()
        return first is None or first.source == source

    def take(self, sources: Sequence[Source]) -> CompiledInput:
        """The first of these, compiled; the others will probably be next.

        Raises CompileError or CodegenError. After any exception ``drop`` what is in here.
        """
        if not self._ready:
            self._make_ready(sources)
        result = self._ready.popleft().result
        if isinstance(result, CodegenError):
            raise result
        return result

    def drop(self) -> None:
        """Forget what has not been given out."""
        before = self.length
        if self._batch:
            self._codegen.cancel()
        self._ready.clear()
        self._batch = ()
        self._parsed.clear()
        self._frontend.rollback(before)

    def generate(self, bitcode: bytes) -> bytes:
        """The object of one input. Raises CodegenError."""
        if not bitcode:
            return b""
        self._codegen.begin([bitcode], self.level)
        return self._codegen.finish()

    def _first(self) -> _Ready | _ParsedAhead | None:
        ahead: chain[_Ready | _ParsedAhead] = chain(self._ready, self._batch, self._parsed)
        return next(ahead, None)

    def _make_ready(self, sources: Sequence[Source]) -> None:
        """One batch of inputs; the next one is begun."""
        if not self._batch:
            self._parse(sources, wait=True)
            self._begin_batch()
        batch = self._batch
        rejected = batch[0].parsed
        if isinstance(rejected, CompileError):
            raise rejected
        later = sources[len(batch) :]
        if batch[-1].may_be_followed:
            self._parse(later)
        self._finish_batch()
        if self._parsed:
            self._begin_batch()
        ahead = (*self._batch, *self._parsed)
        if later[len(ahead) :] and (ahead or batch)[-1].may_be_followed:
            self._begin_parse(later[len(ahead)])

    def _parse(self, sources: Sequence[Source], *, wait: bool = False) -> None:
        """Parse as many of these, which come next, as may become a batch, as long as none of
        them takes too long. ``wait``: for the first one in any case."""
        deadline = time.monotonic() + _PATIENCE
        for source in sources[len(self._parsed) : self._most_joined()]:
            if self._parsed and not self._parsed[-1].may_be_followed:
                return
            if self._parsed or not wait:
                self._begin_parse(source)
                if not self._frontend.answers_by(deadline):
                    return  # goes on, for when it is wanted
            self._parsed.append(self._parse_one(source))

    def _begin_parse(self, source: Source) -> None:
        if not self._frontend.has_begun(source):
            self._frontend.begin(source)

    def _parse_one(self, source: Source) -> _ParsedAhead:
        before = self._frontend.length
        try:
            parsed = self._frontend.parse(source)
        except CompileError as error:
            return _ParsedAhead(source, before, error)
        if parsed.value is None:
            return _ParsedAhead(source, before, parsed)
        type_ = ValueType.from_table(parsed.value.type)
        asked = ask_for_printers(self._frontend, type_, parsed.value.printers)
        return _ParsedAhead(source, before, parsed, type_, asked)

    def _begin_batch(self) -> None:
        """Set the code generator to work on what has been parsed, as far as it fits together."""
        batch = [self._parsed.popleft()]
        while (
            self._parsed
            and len(batch) < self._most_joined()
            and batch[-1].may_come_earlier
            and self._parsed[0].may_come_later
        ):
            batch.append(self._parsed.popleft())
        self._batch = tuple(batch)
        modules = [each.bitcode for each in batch if each.bitcode]
        if modules:
            self._codegen.begin(modules, self.level)

    def _finish_batch(self) -> None:
        self._meanwhile()
        batch, self._batch = self._batch, ()
        try:
            code = self._codegen.finish() if any(each.bitcode for each in batch) else b""
        except CodegenError as error:
            if len(batch) == 1:
                self._ready.append(_Ready(batch[0].source, batch[0].before, error))
            else:  # they do not fit together, or there is a fault in one
                self._ready.extend(self._generate_singly(batch))
            return
        first, *later = batch
        if not (code and later):
            self._ready.extend(self._compiled(each, code) for each in batch)
            return
        joined = [JoinedInput(e.source.unit_name, e.bitcode, e.priority) for e in batch]
        self._ready.append(self._compiled(first, code, tuple(joined), first.priority))
        self._ready.extend(self._compiled(each, b"", part=each.priority) for each in later)

    def _generate_singly(self, batch: Sequence[_ParsedAhead]) -> Iterator[_Ready]:
        for each in batch:
            try:
                yield self._compiled(each, self.generate(each.bitcode))
            except CodegenError as error:
                yield _Ready(each.source, each.before, error)
                return

    def _compiled(
        self,
        ahead: _ParsedAhead,
        code: bytes,
        joined: tuple[JoinedInput, ...] = (),
        part: int = 0,
    ) -> _Ready:
        assert isinstance(ahead.parsed, ParsedInput)
        asked = ahead.printers
        compiled = CompiledInput(
            parsed=ahead.parsed,
            machine_code=code,
            value_type=ahead.value_type,
            printers=asked.compile(self._codegen, self.level) if asked else None,
            before=ahead.before,
            level=self.level,
            joined=joined,
            part=part,
        )
        return _Ready(ahead.source, ahead.before, compiled)
