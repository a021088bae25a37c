"""Running what has been compiled, and looking at values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from repl.clang.pipeline import CompiledInput
from repl.display.inspect import format_value
from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from repl.errors import ShellError
from repl.input.source import Source
from repl.program.allocators import allocator_warnings
from repl.program.printing import InputValue, Inspect
from repl.session.batches import Batches, Part
from repl.session.state import SessionState
from repl.session.steps import V
from repl.session.survival import Survival
from repl.session.uncaught_exceptions import raise_exception, uncaught_exception
from repl.session.waiting import Loaded, WaitingInput, load
from runtime.addresses import ExecutorAddress
from runtime.errors import LinkError

if TYPE_CHECKING:
    from runtime.units.unit_journal import LoadedUnit

Watch = Callable[["LoadedUnit"], AbstractContextManager[None]]


class Ran(Struct, frozen=True):
    """What has been loaded for an input, and what ``inspect`` made of its value. ``emitted``: a
    unit that the compiler need not bring again. ``has_changed``: the program is not as before.
    ``is_moment``: before it is a moment to go back to, if others are lost."""

    loaded: Loaded
    value: Any
    emitted: LoadedUnit | None
    has_changed: bool
    is_moment: bool = True


class Evaluation:
    """Loads an input's machine code and runs it; looks at its value while the program waits."""

    def __init__(self, state: SessionState, survival: Survival, batches: Batches) -> None:
        self._state = state
        self._survival = survival
        self._batches = batches

    def evaluate(self, expression: str, inspect: Inspect[V]) -> V:
        """What ``inspect`` makes of the value of an expression. It runs, but nothing is
        declared and ``_`` stays. Raises ValueError if it has no value."""
        state = self._state
        source = Source(expression, "value", keeps_value=False)
        compiled = state.compiler.compile(source)
        try:
            if compiled.value_type is None:
                raise ValueError(f"{expression!r} has no value: is it an expression without ;?")
            ran = self.load_and_run(compiled, source, inspect)
            if ran.loaded.unit is not None:
                with self._survival.running_program():
                    outcome = state.unload(ran.loaded.unit, keeps_members=True)
                self._survival.program_changed()
                raise_exception(outcome, state)
        finally:
            state.compiler.rollback(len(state.steps))
        return cast(V, ran.value)

    def run_main(self, waiting: Sequence[tuple[WaitingInput, str]], *, goes_on: bool) -> int | None:
        """See ``LiveSession.run_main``. ``waiting``: what inputs wait for."""
        for each, needs in waiting:
            if "main" in each.defines:
                raise LinkError(f"{each.name}: main cannot run: it waits for {needs}")
        self._survival.attend()
        with self._survival.running_program():
            outcome = self._state.program.run_main()
        if outcome is None:
            return None
        if goes_on:
            self._survival.program_changed()
        raise_exception(outcome, self._state)
        return outcome.status

    def format(self, type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        """A value as the shell prints it: for ``load_and_run`` and ``evaluate``."""
        return format_value(type_, address, view, self._state.options.limits)

    def load_and_run(
        self,
        compiled: CompiledInput,
        source: Source,
        inspect: Inspect[Any],
        watch: Watch | None = None,
    ) -> Ran:
        """What comes of it. ``watch``: runs it in this context.

        After an exception, also of the program's or of ``inspect``, it is gone; then
        ``leave_batch``.
        """
        if compiled.joined or not compiled.part:
            self.leave_batch()
        self._survival.attend()
        state, name = self._state, source.unit_name
        if not (compiled.machine_code or compiled.part):
            return Ran(Loaded(None, state.waiting), None, None, has_changed=False)
        state.program.forget_crash()
        value = InputValue(
            state.program,
            compiled.parsed.value_symbol,
            compiled.value_type,
            inspect,
            compiled.printers,
            state.options.limits,
            source.number,
        )
        with self._survival.running_program():
            if compiled.part:
                return self._run_part(compiled, value)
            loaded = load(
                state.program,
                name,
                compiled.machine_code,
                state.waiting,
                is_run_next=watch is None,
            )
            if loaded.unit is not None:
                with self._watched(loaded.unit, watch):
                    self._run(loaded.unit, value)
            return Ran(loaded, value.result, loaded.unit, loaded.unit is not None)

    def leave_batch(self) -> None:
        """What comes next is not the next one of the batch, if one has begun."""
        if self._batches.leave():
            self._survival.program_changed()

    @contextmanager
    def _watched(self, unit: LoadedUnit, watch: Watch | None) -> Iterator[None]:
        """The context of a ``Watch``; if it cannot be entered the unit goes."""
        with ExitStack() as stack:
            if watch is not None:
                try:
                    stack.enter_context(watch(unit))
                except ShellError:
                    self._state.unload(unit, keeps_members=True)
                    raise
            yield

    def _run(self, unit: LoadedUnit, value: InputValue, part: Part | None = None) -> None:
        """Initialize a unit, or a part of it. If that fails the unit goes, unless other parts
        have run before, and the error is raised."""
        state = self._state
        for problem in state.program.libraries.take_problems():
            state.warn(f"warning: {problem}")
        for warning in allocator_warnings(unit):
            state.warn(warning)
        functions = part.functions if part is not None else None
        outcome = state.program.initialize(unit, value.look, functions)
        state.note_reports()
        value.keep(unit)
        error = uncaught_exception(outcome, state)
        if error is not None or value.failure is not None:
            if part is None or part.is_first:
                state.unload(unit, keeps_members=True)
            self._survival.program_changed()
            if error is not None:
                raise error
            if value.failure is not None:
                raise value.failure

    def _run_part(self, compiled: CompiledInput, value: InputValue) -> Ran:
        """An input of which no object of its own was made."""
        loaded, part = self._batches.take(compiled)
        if part is None:
            if loaded.unit is not None:
                self._run(loaded.unit, value)
            return Ran(loaded, value.result, loaded.unit, loaded.unit is not None)
        if part.functions:
            self._run(part.unit, value, part)
        emitted = part.unit if part.is_last else None
        has_changed = bool(part.is_first or part.functions)
        return Ran(loaded, value.result, emitted, has_changed, is_moment=part.is_first)
