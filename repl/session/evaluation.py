"""Running what has been compiled, and looking at values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, cast

from repl.clang.pipeline import CompiledInput, JoinedInput
from repl.display.inspect import format_value
from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from repl.errors import ShellError
from repl.input.source import Source
from repl.program.allocators import allocator_warnings
from repl.program.printing import InputValue, Inspect
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


class Evaluation:
    """Loads an input's machine code and runs it; looks at its value while the program waits."""

    def __init__(self, state: SessionState, survival: Survival) -> None:
        self._state = state
        self._survival = survival

    def evaluate(self, expression: str, inspect: Inspect[V]) -> V:
        """What ``inspect`` makes of the value of an expression. It runs, but nothing is
        declared and ``_`` stays. Raises ValueError if it has no value."""
        state = self._state
        source = Source(expression, "value", keeps_value=False)
        compiled = state.compiler.compile(source)
        try:
            if compiled.value_type is None:
                raise ValueError(f"{expression!r} has no value: is it an expression without ;?")
            loaded, value = self.load_and_run(compiled, source, inspect)
            if loaded.unit is not None:
                with self._survival.running_program():
                    outcome = state.unload(loaded.unit, keeps_members=True)
                self._survival.program_changed()
                raise_exception(outcome, state)
        finally:
            state.compiler.rollback(len(state.steps))
        return cast(V, value)

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
    ) -> tuple[Loaded, Any]:
        """What was loaded, and what ``inspect`` made of the value; None if there is none.
        ``watch``: runs it in this context.

        After an exception, also of the program's or of ``inspect``, it is gone.
        """
        self._survival.attend()
        state, name = self._state, source.unit_name
        if not compiled.machine_code:
            return Loaded(None, state.waiting), None
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
            if compiled.joined:
                return self._load_and_run_joined(compiled, name, value), value.result
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
            return loaded, value.result

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

    def _run(self, unit: LoadedUnit, value: InputValue, *, keeps_unit: bool = False) -> None:
        """Initialize a unit. If that fails the unit goes, or not, and the error is raised."""
        state = self._state
        for problem in state.program.libraries.take_problems():
            state.warn(f"warning: {problem}")
        for warning in allocator_warnings(unit):
            state.warn(warning)
        outcome = state.program.initialize(unit, value.look)
        state.note_reports()
        value.keep(unit)
        error = uncaught_exception(outcome, state)
        if error is not None or value.failure is not None:
            if not keeps_unit:
                state.unload(unit, keeps_members=True)
                self._survival.program_changed()
            if error is not None:
                raise error
            if value.failure is not None:
                raise value.failure

    def _load_and_run_joined(self, compiled: CompiledInput, name: str, value: InputValue) -> Loaded:
        """Several inputs as one unit, or one after another if they cannot be linked so."""
        state = self._state
        try:
            unit = state.program.load(name, compiled.machine_code, is_run_next=True)
        except LinkError:
            return self._load_and_run_separately(compiled.joined, value)
        # If one of them fails it has registered nothing that would have to go with it.
        self._run(unit, value, keeps_unit=True)
        return Loaded(unit, state.waiting)

    def _load_and_run_separately(self, joined: Sequence[JoinedInput], value: InputValue) -> Loaded:
        state = self._state
        loaded = Loaded(None, state.waiting)
        nothing = InputValue(state.program, "")
        for number, (name, machine_code) in enumerate(state.compiler.separate(joined), 1):
            if machine_code:
                loaded = load(state.program, name, machine_code, loaded.waiting, is_run_next=True)
                if loaded.unit is not None:
                    self._run(loaded.unit, value if number == len(joined) else nothing)
        return loaded
