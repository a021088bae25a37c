"""Printers that users have written for their types.

A user overloads ``forkrepl_print(const T &)``, or ``operator<<`` for streams, or has
``begin()`` and ``end()``. Which types have what is asked of a copy of the frontend, and
only if there are hints that some have it (``frontend_process/printers.h``). The code that
it makes is loaded when the first object is to be printed, and goes with the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from repl.clang.printer_questions import PrinterCode
from repl.display.inspect import inspect
from repl.display.limits import Limits
from repl.display.nodes import Node, Plain, Problem, Sequence
from repl.display.program_view import ProgramView
from repl.display.redefined_names import as_written
from repl.display.types import ValueType
from repl.errors import signal_name
from repl.program.program import Program
from runtime.addresses import ExecutorAddress
from runtime.errors import RuntimeFailure, told
from runtime.protocol.wire import Ending, Printed

if TYPE_CHECKING:
    from runtime.units.unit_journal import LoadedUnit

_PATIENCE = 20.0  # s, for Clang
_LONGEST_REASON = 1000  # characters
_MOST_SECONDS = 2  # that a printer may take: executor_process/printer.c


class Printers:
    """Those of one value. ``close`` when the program has gone on."""

    def __init__(self, program: Program, code: PrinterCode, limits: Limits) -> None:
        """``limits``: for the elements of ranges."""
        self._program = program
        self._code = code
        self._limits = limits
        self._unit: LoadedUnit | None = None
        self._failure = ""

    def show(self, type_: ValueType, address: ExecutorAddress, view: ProgramView) -> Node | None:
        """What the printer of a type says; None if it has none. ``view``: reads the
        program's memory, and while elements are shown the printer's.

        Raises KeyboardInterrupt if Ctrl-C has ended the printer."""
        if type_.printer is None:
            return None
        self._load()
        execution = self._program.execution()
        function = execution.find_symbol(f"__forkrepl_print_{type_.index}")
        if self._unit is None or function is None:
            return Problem(f"the printer of {type_.name} cannot be used: {self._failure}")
        items: list[Node] = []

        def look(element: ExecutorAddress, text: str | None) -> bool:
            if len(items) < self._limits.elements:
                element_type = self._code.elements[type_.index]
                items.append(
                    Plain(text, text)
                    if text is not None
                    else inspect(element_type, element, view, self._limits)
                )
                return True
            items.append(Plain("...", None))  # there are more
            return False

        printed = self._program.executor.print_value(
            function, address, execution.initializers(self._unit), look
        )
        if type_.printer == "range" and printed.ending in (Ending.PRINTED, Ending.TOO_MUCH):
            if printed.ending == Ending.TOO_MUCH:  # for the text of one element
                items += [Plain(printed.text + "...", printed.text), Plain("...", None)]
            shown = items[: self._limits.elements]
            return Sequence(tuple(shown), is_cut=len(items) > len(shown))
        return _node(type_, printed)

    def close(self) -> None:
        """Unload the printers' code. Raises ExecutorDied."""
        unit, self._unit = self._unit, None
        if unit is not None:
            self._program.unload(unit)

    def _load(self) -> None:
        if self._unit is not None or self._failure:
            return
        try:
            code = [("the printers", self._code.machine_code)]
            # While the program waits, initializers run only in the copy of it.
            self._unit = self._program.libraries.static.load(code, at_once=True)
        except RuntimeFailure as error:
            self._failure = as_written(getattr(error, "brief", str(error)))


def _node(type_: ValueType, printed: Printed) -> Node:
    match printed.ending:
        case Ending.PRINTED:
            return Plain(printed.text.removesuffix("\n"), printed.text)
        case Ending.INTERRUPTED:
            raise KeyboardInterrupt
        case Ending.TOO_MUCH:
            return Plain(printed.text + "...", printed.text)
        case Ending.THREW:
            reason = f"threw {told(as_written(printed.text), _LONGEST_REASON)}"
        case Ending.CRASHED:
            reason = f"crashed: {signal_name(printed.signal).partition(' ')[0]}"
        case Ending.TOO_SLOW:
            reason = f"took longer than {_MOST_SECONDS} s"
        case _:
            reason = "ended the process"
    return Problem(f"the printer of {type_.name} {reason}")
