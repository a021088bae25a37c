"""Pointers to functions and to members."""

from __future__ import annotations

from repl.display.names import as_users_write
from repl.display.nodes import Node, Plain, Pointer
from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from runtime.addresses import ExecutorAddress


def function_name(address: int, view: ProgramView) -> str:
    """``<square(int)>``, or nothing if there is no function known."""
    name = view.symbol(ExecutorAddress(address)) if address else None
    return f"<{as_users_write(name)}>" if name else ""


def data_member_pointer(type_: ValueType, data: bytes) -> Node:
    """``&S::x``; in memory an offset, -1 for null (Itanium C++ ABI, 2.3.1)."""
    offset = int.from_bytes(data, "little", signed=True)
    if offset == -1:
        return Plain("nullptr", None)
    name = _member_at(type_.owner, 8 * offset) if type_.owner else ""
    owner = type_.owner.name if type_.owner else "?"
    return Plain(f"&{owner}::{name}" if name else f"<offset {offset} in {owner}>", offset)


def _member_at(owner: ValueType, offset: int) -> str:
    for field in owner.fields:
        if field.offset == offset and field.width is None and field.name:
            return field.name
        if not field.name and field.offset <= offset:
            name = _member_at(field.type, offset - field.offset)
            if name:
                return name
    for base in owner.bases:
        if base.vtable_offset is None and 8 * base.offset <= offset:
            name = _member_at(base.type, offset - 8 * base.offset)
            if name:
                return name
    return ""


def member_function_pointer(type_: ValueType, data: bytes, view: ProgramView) -> Node:
    """``0x... <S::f(int)>``; of a virtual function the place in the virtual table, plus 1
    (Itanium C++ ABI, 2.3.2)."""
    pointer = int.from_bytes(data[:8], "little")
    owner = type_.owner.name if type_.owner else "?"
    if not pointer:
        return Plain("nullptr", None)
    if pointer & 1:
        return Plain(f"<virtual function {pointer // 8} of {owner}>", pointer)
    return Pointer(ExecutorAddress(pointer), function_name(pointer, view))
