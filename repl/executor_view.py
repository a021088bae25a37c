"""The program in the executor, for the display."""

from __future__ import annotations

from repl.display.inspect import format_value
from repl.display.nodes import Node
from repl.display.types import ValueType
from repl.frontend import ParsedInput
from repl.program import Program
from runtime.addresses import ExecutorAddress
from runtime.wire import Value


class ExecutorView:
    """A ProgramView without printers of the user's, which knows functions of inputs."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def read(self, address: ExecutorAddress, size: int) -> bytes:
        """See ProgramView."""
        return self._program.executor.read_memory(address, size)

    def symbol(self, address: ExecutorAddress) -> str | None:
        """See ProgramView."""
        places = self._program.execution().describe_address(address)
        return places[-1].function or None if places else None

    def show(self, type_: ValueType, address: ExecutorAddress) -> Node | None:
        """See ProgramView."""
        return None


def show_value(program: Program, parsed: ParsedInput, value: Value) -> str | None:
    """``(type) value`` of an input that handed one over."""
    if parsed.value_type is None:
        return None
    type_ = ValueType.from_json(parsed.value_type)
    # A copy of its bytes will do for a scalar; classes may point into themselves.
    is_there = parsed.is_lvalue and type_.kind in ("record", "array")
    address = ExecutorAddress(value.address if is_there else value.storage)
    return format_value(type_, address, ExecutorView(program))
