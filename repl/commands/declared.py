"""What the inputs in force have declared, and the values of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

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


class Declared(Struct, frozen=True):
    """A declaration, as the frontend describes it (``frontend_process/declarations.h``).

    ``kind``: variable, function, type ...; ``input``: the index of the one that has it, -1
    if none has; ``size``: bytes, 0 for what has none; ``symbol``: the linker's name of a
    variable; ``constant``: its value, where Clang knows it.
    """

    kind: str
    name: str
    type: str
    size: int
    file: str
    line: int
    input: int
    symbol: str
    value_type: dict[str, Any] | None
    is_reference: bool
    constant: str | None

    @staticmethod
    def from_json(description: dict[str, Any]) -> Declared:
        """Read the frontend's description; the frontend is trusted to be ours."""
        get = description.get
        return Declared(
            kind=description["kind"],
            name=description["name"],
            type=as_users_write(get("type", "")),
            size=int(get("size", 0)),
            file=get("file", ""),
            line=int(get("line", 0)),
            input=int(get("input", -1)),
            symbol=get("symbol", ""),
            value_type=get("value_type"),
            is_reference=bool(get("is_reference")),
            constant=get("constant"),
        )


def declared_names(session: Session) -> list[Declared]:
    """All that inputs in force declare and no later one has redefined, oldest first.

    What was declared several times is there once, as it was last.
    """
    reply = session.compiler.ask("declarations")
    newest: dict[tuple[str, ...], Declared] = {}
    for each in reply["found"]:
        declared = Declared.from_json(each)
        overload = declared.type if declared.kind == "function" else ""
        key = (declared.kind, declared.name, overload)
        newest.pop(key, None)
        newest[key] = declared
    return list(newest.values())


def value_of(session: Session, variable: Declared) -> str:
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


def _address_of(session: Session, variable: Declared) -> int | None:
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


def _value_at(session: Session, variable: Declared, address: int) -> str:
    """The value at an address, as text."""
    assert variable.value_type is not None
    type_ = ValueType.from_json(variable.value_type)
    memory = ProgramMemory(session.program)
    text = format_value(type_, ExecutorAddress(address), memory, session.options.limits)
    return text.removeprefix(f"({type_.name})").lstrip()
