"""Running what has been compiled, and looking at values."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, cast

from repl.clang.compiler import CompiledInput
from repl.crashes.survival import SurvivingSession, explained
from repl.display.inspect import format_value
from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from repl.errors import ShellError
from repl.input.source import Source
from repl.printing import InputValue, Inspect
from repl.program import allocator_warnings
from repl.session_steps import V
from repl.session_values import python_value
from repl.uncaught_exceptions import raise_exception
from runtime.addresses import ExecutorAddress
from runtime.errors import UndefinedSymbolsError

if TYPE_CHECKING:
    from runtime.unit_journal import LoadedUnit


class EvaluatingSession(SurvivingSession):
    """The part of ``repl.session.Session`` that runs compiled code. ``_processes`` ends them
    all."""

    _processes: weakref.finalize[..., Any]

    def value(self, expression: str) -> Any:
        """An expression's value as a Python object, a copy.

        int, float, bool, complex, str (bytes if it is not UTF-8), None for null and what is
        empty, list, tuple, dict, EnumValue, RecordValue (``point.x``), a number for a
        pointer; a read-only numpy array for numbers side by side (``std::vector<double>``).
        The expression runs, but nothing is declared, ``_`` stays, and there is nothing to
        undo. Raises ValueError if it has no value or that cannot be read.
        """
        return self.evaluate(expression, python_value)

    def show(self, expression: str) -> str:
        """The same as the shell prints it, long values cut: ``(int) 42``."""
        return self.evaluate(expression, self._format)

    def evaluate(self, expression: str, inspect: Inspect[V]) -> V:
        """What ``inspect`` makes of the value, as for ``value``."""
        self._check_open()
        source = Source(expression, "value", keeps_value=False)
        compiled = self._compiler.compile(source)
        try:
            if compiled.value_type is None:
                raise ValueError(f"{expression!r} has no value: is it an expression without ;?")
            unit, value = self._load_and_run(compiled, source.unit_name, inspect)
            if unit is not None:
                with self._running_program():
                    outcome = self._unload(unit)
                self._program_changed()
                raise_exception(outcome)
        finally:
            self._compiler.rollback(len(self._steps))
        return cast(V, value)

    def _format(self, type_: ValueType, address: ExecutorAddress, view: ProgramView) -> str:
        return format_value(type_, address, view, self._options.limits)

    def _check_open(self) -> None:
        if not self._processes.alive:
            raise ShellError("the session is closed")

    def _load_and_run(
        self, compiled: CompiledInput, name: str, inspect: Inspect[Any]
    ) -> tuple[LoadedUnit | None, Any]:
        self.attend()
        if not compiled.machine_code:
            return None, None
        value = InputValue(
            self._program,
            compiled.parsed.value_symbol,
            compiled.value_type,
            inspect,
            compiled.printers,
            self._options.limits,
        )
        with self._running_program():
            try:
                unit = self._program.load(name, compiled.machine_code)
            except UndefinedSymbolsError as error:
                raise ShellError(explained(error)) from None
            self._warnings += allocator_warnings(unit)
            outcome = self._program.initialize(unit, value.look)
            value.keep(unit)
            if outcome.exception_type is not None or value.failure is not None:
                self._unload(unit)
                self._program_changed()
                raise_exception(outcome)
                if value.failure is not None:
                    raise value.failure
            return unit, value.result
