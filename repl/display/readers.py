"""Which classes are not shown by their members, but by what they mean."""

from __future__ import annotations

from collections.abc import Iterator

from repl.display.libstdcxx import READERS
from repl.display.libstdcxx.reader import Reader
from repl.display.types import ValueType


def find_reader(type_: ValueType) -> Reader | None:
    """The reader for a class or enumeration, or None."""
    return READERS.get(type_.qualified) if type_.kind == "record" else None


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
    reader = find_reader(type_)
    if reader is not None:
        yield from reader.parts(type_)
        return
    for field in type_.fields:
        yield field.type
    for base in type_.bases:
        yield base.type
