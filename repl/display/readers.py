"""Which classes are not shown by their members, but by what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from repl.display.types import ValueType

if TYPE_CHECKING:
    from repl.display.libstdcxx.reader import Reader


@cache
def all_readers() -> dict[str, tuple[Reader, ...]]:
    """By the names of their classes. They are imported when a class is first to be shown."""
    from repl.display import libcxx, libstdcxx

    tables = libstdcxx.READERS, libcxx.READERS
    names = {name for table in tables for name in table}
    return {name: tuple(table[name] for table in tables if name in table) for name in names}


def find_readers(type_: ValueType) -> tuple[Reader, ...]:
    """The readers for a class: one for each C++ library that it may be of."""
    return all_readers().get(type_.qualified, ()) if type_.kind == "record" else ()


def types_to_ask_about(type_: ValueType) -> list[ValueType]:
    """The classes and enumerations that may be shown with a value of this type: for
    these the user may have written a printer."""
    found: dict[int, ValueType] = {}
    ahead = [type_]
    while ahead:
        each = ahead.pop()
        if each.index in found:
            continue
        found[each.index] = each
        ahead += _parts(each)
    return [each for _, each in sorted(found.items()) if each.kind in ("record", "enum")]


def _parts(type_: ValueType) -> Iterator[ValueType]:
    """The types that are shown as parts of one."""
    if type_.element is not None:
        yield type_.element
    yield from type_.derived
    readers = find_readers(type_)
    if readers:
        yield from readers[0].parts(type_)
        return
    for field in type_.fields:
        yield field.type
    for base in type_.bases:
        yield base.type
