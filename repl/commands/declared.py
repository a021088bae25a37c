"""What the inputs in force have declared, and the values of variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl.clang.protocol import Declaration, FindDeclarations
from repl.display.inspect import inspect
from repl.display.limits import Limits
from repl.display.names import as_users_write
from repl.display.nodes import Node
from repl.display.text import render
from repl.display.types import ValueType
from repl.errors import ShellError
from repl.program.at_rest import ProgramAtRest
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError

if TYPE_CHECKING:
    from repl.session.live_session import LiveSession

_POINTER = 8  # bytes
_BINDING_WITHOUT_ADDRESS = "<a bit-field or the like: its name shows it>"
_NOT_READABLE = "<cannot read its memory>"


def as_shown(declaration: Declaration) -> Declaration:
    """The same, with its type as users write it."""
    return replace(declaration, type=as_users_write(declaration.type))


def declared_names(session: LiveSession) -> list[Declaration]:
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


def value_of(program: ProgramAtRest, variable: Declaration, limits: Limits) -> str:
    """The value of a variable as text, without its type. Runs nothing.

    Raises ExecutorDied if the program has ended.
    """
    if variable.value_type is None:
        return ""
    if not variable.symbol:
        return _BINDING_WITHOUT_ADDRESS
    try:
        address = _address_of(program, variable)
        if address is None:
            return variable.constant or "<not in memory>"
        return render(_node_at(program, variable, address, limits)).lstrip()
    except (ShellError, ExecutorError):
        return _NOT_READABLE


def _address_of(program: ProgramAtRest, variable: Declaration) -> ExecutorAddress | None:
    """Where the variable is, or what a reference refers to; None if it has no memory."""
    definition = program.find_definition(variable.symbol)
    if definition is not None and definition.module:
        return None  # each thread has its own
    address = program.lookup(variable.symbol) if definition is None else definition.address
    if not address:
        return None
    if variable.is_reference:
        pointer = program.read(address, _POINTER)
        address = ExecutorAddress(int.from_bytes(pointer, "little"))
        if len(pointer) < _POINTER:
            return ExecutorAddress(0)
    return ExecutorAddress(address + variable.offset)


def node_of(program: ProgramAtRest, variable: Declaration, limits: Limits) -> Node | None:
    """The value of a variable, for other forms than text; None if it has none. Runs nothing.

    Raises ExecutorDied if the program has ended, and ShellError or ExecutorError for memory that
    cannot be read.
    """
    if variable.value_type is None or not variable.symbol:
        return None
    address = _address_of(program, variable)
    return None if address is None else _node_at(program, variable, address, limits)


def _node_at(
    program: ProgramAtRest, variable: Declaration, address: ExecutorAddress, limits: Limits
) -> Node:
    assert variable.value_type is not None
    return inspect(ValueType.from_table(variable.value_type), address, program, limits)
