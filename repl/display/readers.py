"""Which classes are not shown by their members, but by what they mean."""

from __future__ import annotations

from collections.abc import Iterator

from repl.display import libcxx, libstdcxx
from repl.display.libstdcxx.reader import Reader
from repl.display.types import ValueType

_READERS: dict[str, tuple[Reader, ...]] = {
    name: tuple(each[name] for each in (libstdcxx.READERS, libcxx.READERS) if name in each)
    for name in {**libstdcxx.READERS, **libcxx.READERS}
}


def find_readers(type_: ValueType) -> tuple[Reader, ...]:
    """The readers for a class: one for each C++ library that it may be of."""
    return _READERS.get(type_.qualified, ()) if type_.kind == "record" else ()


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
