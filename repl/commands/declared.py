"""What the inputs in force have declared, and the values of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl.clang.protocol import Declaration, FindDeclarations
from repl.display.inspect import format_value
from repl.display.names import as_users_write
from repl.display.types import ValueType
from repl.errors import ShellError
from repl.program.printing import ProgramMemory
from runtime.addresses import ExecutorAddress
from runtime.errors import RuntimeFailure

if TYPE_CHECKING:
    from repl.session.session import Session

_POINTER = 8  # bytes
_NOT_READABLE = "<cannot read its memory>"


def as_shown(declaration: Declaration) -> Declaration:
    """The same, with its type as users write it."""
    return replace(declaration, type=as_users_write(declaration.type))


def declared_names(session: Session) -> list[Declaration]:
    """All that inputs in force declare and no later one has redefined, oldest first.

    What was declared several times is there once, as it was last.
    """
    compiler = session.compiler
    newest: dict[tuple[str, ...], Declaration] = {}
    for each in compiler.ask(FindDeclarations(compiler.length)).found:
        declared = as_shown(each)
        overload = declared.type if declared.kind == "function" else ""
        key = (declared.kind, declared.name, overload)
        newest.pop(key, None)
        newest[key] = declared
    return list(newest.values())


def value_of(session: Session, variable: Declaration) -> str:
    """The value of a variable as text, without its type. Runs nothing."""
    if variable.value_type is None:
        return ""
    try:
        address = _address_of(session, variable)
        if address is None:
            return variable.constant or "<not in memory>"
        return _value_at(session, variable, address)
    except (ShellError, RuntimeFailure):
        return _NOT_READABLE


def _address_of(session: Session, variable: Declaration) -> int | None:
    """Where the variable is, or what a reference refers to; None if it has no memory."""
    execution = session.program.loaded
    definition = execution.find_definition(variable.symbol) if execution else None
    if definition is not None and definition.module:
        return None  # each thread has its own
    if definition is not None:
        address = definition.address
    else:
        (address,) = session.program.executor.lookup([variable.symbol])
    if not address:
        return None
    if variable.is_reference:
        pointer = session.program.executor.read_memory(ExecutorAddress(address), _POINTER)
        return int.from_bytes(pointer, "little") if len(pointer) == _POINTER else 0
    return address


def _value_at(session: Session, variable: Declaration, address: int) -> str:
    """The one function that knows how values are formatted."""
    assert variable.value_type is not None
    type_ = ValueType.from_table(variable.value_type)
    memory = ProgramMemory(session.program)
    text = format_value(type_, ExecutorAddress(address), memory, session.options.limits)
    return text.removeprefix(f"({type_.name})").lstrip()
