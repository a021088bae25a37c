"""Code that is compiled beside the inputs: it declares nothing, and is no input.

It is there as long as all that was declared when it was made; ``undo`` takes it away before the
input that it was made after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from repl.clang.compiler import Compiler
from repl.display.types import ValueType
from repl.errors import CompileError, ShellError
from repl.input.source import Source
from repl.program.printing import Inspect, ProgramMemory
from repl.session.calls import Calls
from repl.session.state import SessionState
from repl.session.steps import Step, V
from runtime.addresses import ExecutorAddress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtime.memory.shared import SharedMemory
    from runtime.units.execution_session import ExecutionSession
    from runtime.units.unit_journal import LoadedUnit


class Wrapper(Struct, frozen=True, eq=False):
    """A function that has been compiled. ``declared``: the newest input then that declares
    something; ``text``: what was compiled; ``machine_code``: its object."""

    symbol: str
    address: ExecutorAddress
    execution: ExecutionSession
    declared: Step | None
    text: str
    machine_code: bytes


def key_of_texts(symbol: str, texts: Sequence[str]) -> bytes:
    """The same for the same texts, whatever the function in them is called."""
    from hashlib import blake2b  # slow to import

    plain = "\0".join(texts).replace(symbol, "")
    return blake2b(plain.encode("utf-8", "surrogateescape"), digest_size=16).digest()


class SentCode(Struct, frozen=True):
    """A wrapper for another process. ``key``: see ``key_of_texts``; empty if it is only there for
    what others need of it."""

    key: bytes
    symbol: str
    machine_code: bytes


class Wrappers:
    """Compiles and loads functions, and knows which of them are still good."""

    def __init__(self, state: SessionState, calls: Calls) -> None:
        self._state = state
        self._calls = calls
        self._newest: Step | None = None  # when _declared was found
        self._declared: Step | None = None
        self._newest_unit: LoadedUnit | None = None  # of those that the next ones may refer to
        self._made: list[tuple[bytes, Wrapper]] = []
        self._sent: dict[bytes, tuple[SentCode, ...]] | None = None

    def add(self, symbol: str, prelude: str, texts: Sequence[str], told_of: int = 0) -> Wrapper:
        """Compile the first of these texts that Clang takes, which has a function of this name.
        ``prelude``: what all of them need.

        Raises CompileError for number ``told_of``, and what ``Session.run`` raises.
        """
        if self._sent is not None:
            return self._add_sent(self._sent, key_of_texts(symbol, texts))
        state = self._state
        self._calls.attend()
        if self._newest_unit is not None and not state.has_loaded(self._newest_unit):
            self._compiler().leave_beside()  # or the next would miss what that has
        text, machine_code, index = self._compile(prelude, texts, told_of)
        with self._calls.running():
            unit = state.program.load(symbol, machine_code)
        state.note_beside(unit)
        self._newest_unit = unit
        self._compiler().note_defined_beside(index, unit.weak_functions())
        self._calls.changed()
        return self._note(key_of_texts(symbol, texts), symbol, text, machine_code)

    def take_over(self, sent: tuple[SentCode, ...]) -> None:
        """There is no Clang: only these, and those of earlier times, which were all compiled in the
        same session elsewhere, can be added."""
        self._sent = {**(self._sent or {}), **{each.key: sent for each in sent if each.key}}

    def _add_sent(self, sent: dict[bytes, tuple[SentCode, ...]], key: bytes) -> Wrapper:
        together = sent.get(key)
        if together is None:
            raise CompileError(
                "it was not compiled for these arguments before it was sent: call it once with "
                "such arguments, or `prepare` it for them, where Clang is",
                (),
            )
        state = self._state
        self._calls.attend()
        code = next(each for each in together if each.key == key)
        find = state.program.execution().find_symbol
        if find(code.symbol) is None:  # all at once, as they may need one another
            new = [(e.symbol, e.machine_code) for e in together if find(e.symbol) is None]
            with self._calls.running():
                unit = state.program.load_together(new)
            state.note_beside(unit)
            self._calls.changed()
        return self._note(key, code.symbol, "", code.machine_code)

    def _note(self, key: bytes, symbol: str, text: str, machine_code: bytes) -> Wrapper:
        execution = self._state.program.execution()
        address = execution.find_symbol(symbol)
        assert address is not None
        wrapper = Wrapper(symbol, address, execution, self.declared(), text, machine_code)
        self._made.append((key, wrapper))
        return wrapper

    def loaded(self) -> list[tuple[bytes, Wrapper]]:
        """All that are in the program, each with its ``key_of_texts``, in the order in which they
        were made; one may need what earlier ones define."""
        self._made = [each for each in self._made if self._is_loaded(each[1])]
        return list(self._made)

    def _compile(self, prelude: str, texts: Sequence[str], told_of: int) -> tuple[str, bytes, int]:
        compiler = self._compiler()
        first = Source(prelude, "call", keeps_value=False)
        errors = []
        for text in texts:
            source = Source(text, "call", keeps_value=False)
            try:
                return text, *compiler.compile_beside(first, source)
            except CompileError as error:
                # Or it would keep this frame, and so the arguments, until Python collects cycles.
                errors.append(error.with_traceback(None))
        told = errors[told_of]
        errors.clear()
        try:
            raise told
        finally:
            del told

    def _compiler(self) -> Compiler:
        compiler = self._state.compiler
        if not isinstance(compiler, Compiler):
            raise ShellError("nothing can be compiled in this session: it has no Clang")
        return compiler

    def declared(self) -> Step | None:
        """The newest input in force that declares something."""
        steps = self._state.steps
        newest = steps[-1] if steps else None
        if newest is not self._newest or newest is None:
            self._newest = newest
            self._declared = next((step for step in reversed(steps) if step.declares), None)
        return self._declared

    def is_current(self, wrapper: Wrapper) -> bool:
        """Whether it is loaded, and nothing has been declared, or taken back, since."""
        return wrapper.declared is self.declared() and self._is_loaded(wrapper)

    def _is_loaded(self, wrapper: Wrapper) -> bool:
        return (
            wrapper.execution is self._state.program.loaded
            and wrapper.execution.find_symbol(wrapper.symbol) == wrapper.address
        )

    def type_of(self, expression: str) -> ValueType:
        """The type of an expression, which does not run. Raises CompileError, and ValueError if it
        has no value."""
        compiler = self._compiler()
        try:
            found = compiler.compile(Source(expression, "value", keeps_value=False)).value_type
        finally:
            compiler.rollback(len(self._state.steps))
        if found is None:
            raise ValueError(f"{expression!r} has no value")
        return found

    def read(self, address: ExecutorAddress, size: int) -> bytes:
        """Up to so many bytes of the program's memory, also in the midst of a call."""
        self._calls.attend()
        with self._calls.running():
            return self._state.program.executor.read_memory(address, size)

    def look_at(self, type_: ValueType, address: ExecutorAddress, inspect: Inspect[V]) -> V:
        """What ``inspect`` makes of a value, in whose type the program has it at an address."""
        self._calls.attend()
        with self._calls.running():
            return inspect(type_, address, ProgramMemory(self._state.program))

    @property
    def is_calling(self) -> bool:
        """Whether this is the midst of a call."""
        return self._calls.is_running

    # What is made in the program by calling them.

    def born(self) -> int:
        """Something is made in the program now: for ``is_there``."""
        return self._state.program.lineage.born()

    def is_there(self, birth: int) -> bool:
        """Whether the program has not gone back to before it was made."""
        return self._state.program.lineage.is_there(birth)

    def share(self, symbol: str, memory: SharedMemory) -> ExecutorAddress:
        """Map memory in the program, until ``unshare`` or until it goes back to before; where."""
        program = self._state.program
        self._calls.attend()
        with self._calls.running():
            program.share(symbol, memory)
        self._calls.changed()  # what it goes back to has the memory, too
        address = program.execution().find_symbol(symbol)
        assert address is not None
        return address

    def unshare(self, symbol: str) -> None:
        """Undo ``share``."""
        self._state.program.unshare(symbol)
