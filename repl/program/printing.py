"""What becomes of an input's value: it is looked at while the program waits, and kept
for ``_``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from repl.clang.printer_questions import PrinterCode
from repl.display.inspect import format_value
from repl.display.limits import TO_BE_READ, Limits
from repl.display.nodes import Node
from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from repl.program.program import Program
from repl.program.user_printers import Printers
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorDied, ExecutorError
from runtime.protocol.wire import MAX_PAYLOAD, Value

if TYPE_CHECKING:
    from runtime.units.unit_journal import LoadedUnit

V = TypeVar("V")

Inspect = Callable[[ValueType, ExecutorAddress, ProgramView], V]
"""Makes something of a value while the program waits."""

_ADDRESSES = 1 << 64
_SYMBOL = "__forkrepl_value_"


_OF_INPUT = rf"{_SYMBOL}\d+_(?:of|at)_(\d+)"


def is_last_value(symbol: str) -> bool:
    """Whether an undefined symbol is what ``_`` or ``Out[3]`` stands for: see
    ``value_capture.cpp``."""
    return symbol.startswith(_SYMBOL)


def number_of_value(symbol: str) -> int:
    """The 3 of ``Out[3]``; 0 if it is ``_``."""
    match = re.fullmatch(_OF_INPUT, symbol)
    return int(match[1]) if match else 0


class ProgramMemory:
    """A ``ProgramView`` of a program at rest: nothing of it runs."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def read(self, address: ExecutorAddress, size: int) -> bytes:
        """See ``ProgramView``."""
        if not 0 <= address < _ADDRESSES or size <= 0:
            return b""
        return self._program.executor.read_memory(address, min(size, MAX_PAYLOAD))

    def known(self, address: ExecutorAddress, size: int) -> bytes:
        """See ``ProgramView``."""
        return b""

    def symbol(self, address: ExecutorAddress) -> str | None:
        """See ``ProgramView``."""
        return self._program.execution().symbol_at(address)

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        """See ``ProgramView``."""
        return None


class WaitingProgram(ProgramMemory):
    """A program that waits while its value is printed."""

    def __init__(self, program: Program, value: Value, printers: Printers | None) -> None:
        super().__init__(program)
        self._value = value
        self._printers = printers

    def known(self, address: ExecutorAddress, size: int) -> bytes:
        """The bytes that came with the value cost no round trip."""
        offset = address - self._value.address
        if offset >= 0 and offset + size <= len(self._value.data):
            return self._value.data[offset : offset + size]
        return b""

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        """What the user's own printer makes of an object; None if there is none."""
        if self._printers is None:
            return None
        nothing_known = replace(self._value, data=b"")
        view = WaitingProgram(self._program, nothing_known, printers=None)
        return self._printers.show(type_, address, view)


class InputValue:
    """The value of one input, if it has one: ``look`` is told of it, and ``result`` is
    what ``inspect`` has made of it."""

    def __init__(
        self,
        program: Program,
        symbol: str,
        type_: ValueType | None = None,
        inspect: Inspect[Any] = format_value,
        printers: PrinterCode | None = None,
        limits: Limits = TO_BE_READ,
        number: int = 0,
    ) -> None:
        """``type_``: without it the value is only kept. ``limits``: of what users' printers
        show. ``number``: of the input, if it has one."""
        self._program = program
        self._type = type_
        self._symbol = symbol
        self._number = number
        self._inspect = inspect
        self._printers = Printers(program, printers, limits) if printers else None
        self._value: Value | None = None
        self.result: Any = None
        self.failure: Exception | None = None
        """What ``inspect`` has raised."""

    def look(self, value: Value) -> None:
        """See ``ExecutorProcessControl.run``."""
        if self._value is not None:  # the program's own code has called ours
            return
        self._value = value
        if self._type is None:
            return
        view = WaitingProgram(self._program, value, self._printers)
        try:
            self.result = self._inspect(self._type, ExecutorAddress(value.address), view)
        except KeyboardInterrupt:  # of the printing; the input has done its work
            self.result = f"({self._type.name}) <interrupted>"
            raise
        except ExecutorError as error:
            self.result = f"({self._type.name}) <{error}>"
        except ExecutorDied:
            raise
        except Exception as error:
            self.failure = error

    def keep(self, unit: LoadedUnit) -> None:
        """The input has run, also if it threw at last: the next one may use ``_``."""
        if self._printers is not None:
            self._printers.close()
        if self._value is not None:
            self._program.execution().keep_value(unit, self._symbol, self._value, self._number)
