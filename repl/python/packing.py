"""Lists and dicts as memory that C++ makes containers of (``List`` in ``repl/python/glue.hpp``)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from repl.python.errors import CallError
from repl.python.frame import Frame, Room
from repl.python.glue import GLUE
from runtime.addresses import ExecutorAddress


class Codec(Struct, frozen=True):
    """How elements lie side by side. ``cpp``: their type, of which C++ can make ``owning``;
    ``size`` and ``align`` in bytes."""

    cpp: str
    owning: str
    size: int
    align: int
    encode: Callable[[Any, Room], bytes]


class PackedList(Struct, frozen=True):
    """``cpp`` and ``owning``: of the elements, empty if there are none."""

    cpp: str
    owning: str
    count: int
    place: Callable[[Frame], ExecutorAddress]


def pack_list(values: Sequence[Any] | Mapping[Any, Any]) -> PackedList:
    """Elements of one type: numbers, strings, objects, or lists, pairs and dicts of those.

    Raises CallError for what has no common type.
    """
    elements = list(values.items() if isinstance(values, Mapping) else values)
    if not elements:
        return PackedList("", "", 0, lambda frame: ExecutorAddress(0))
    codec = _codec(elements)

    def place(frame: Frame) -> ExecutorAddress:
        return _place(codec, elements, frame.room)

    return PackedList(codec.cpp, codec.owning, len(elements), place)


def _place(codec: Codec, elements: Sequence[Any], room: Room) -> ExecutorAddress:
    return room.put(b"".join(codec.encode(each, room) for each in elements))


def _number(cpp: str, code: str) -> Codec:
    layout = struct.Struct(f"<{code}")
    return Codec(cpp, cpp, layout.size, layout.size, lambda value, _: layout.pack(value))


_BOOL, _DOUBLE = _number("bool", "?"), _number("double", "d")
_INTEGERS = (
    (-(1 << 31), (1 << 31) - 1, _number("int", "i")),
    (-(1 << 63), (1 << 63) - 1, _number("long", "q")),
    (0, (1 << 64) - 1, _number("unsigned long", "Q")),
)


def _encode_complex(value: complex, _: Room) -> bytes:
    return struct.pack("<dd", value.real, value.imag)


_COMPLEX = Codec("::std::complex<double>", "::std::complex<double>", 16, 8, _encode_complex)


def _encode_text(value: str | bytes, room: Room) -> bytes:
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if b"\0" in data:
        raise CallError("a string in a list cannot have a zero in it")
    return struct.pack("<Q", room.put(data + b"\0", 1))


_TEXT = Codec("const char *", "::std::string", 8, 8, _encode_text)


def _codec(elements: Sequence[Any]) -> Codec:
    """Of elements, at least one."""
    kinds = {_kind(each) for each in elements}
    if kinds <= {"bool"}:
        return _BOOL
    if kinds <= {"bool", "int"}:
        low, high = min(elements), max(elements)
        for first, last, codec in _INTEGERS:
            if first <= low and high <= last:
                return codec
        raise OverflowError("the numbers of this list have no type that all fit into")
    if kinds <= {"bool", "int", "float"}:
        return _DOUBLE
    if kinds <= {"bool", "int", "float", "complex"}:
        return _COMPLEX
    if kinds == {"text"}:
        return _TEXT
    if kinds == {"list"}:
        return _of_lists(elements)
    if kinds == {"pair"}:
        return _of_pairs(elements)
    if kinds == {"object"}:
        return _of_objects(elements)
    names = ", ".join(sorted({type(each).__name__ for each in elements}))
    raise CallError(f"a list of {names} cannot be passed to C++: its elements need one type")


def _kind(value: Any) -> str:
    if hasattr(value, "_cpp_argument"):
        return "object"
    for kind, types in _KINDS:
        if isinstance(value, types):
            return (
                "pair"
                if kind == "list" and isinstance(value, tuple) and len(value) == 2
                else (kind)
            )
    return "item" if not hasattr(value, "item") else _kind(value.item())


_KINDS: tuple[tuple[str, type[Any] | tuple[type[Any], ...]], ...] = (
    ("bool", bool),
    ("int", int),
    ("float", float),
    ("complex", complex),
    ("text", (str, bytes)),
    ("list", (list, tuple, range, Mapping)),
)


def _items(value: Any) -> Sequence[Any]:
    return list(value.items()) if isinstance(value, Mapping) else list(value)


def _of_lists(elements: Sequence[Any]) -> Codec:
    inner = [item for each in elements for item in _items(each)]
    codec = _codec(inner) if inner else _DOUBLE

    def encode(value: Any, room: Room) -> bytes:
        items = _items(value)
        return struct.pack("<QQ", _place(codec, items, room) if items else 0, len(items))

    return Codec(f"{GLUE}::List<{codec.cpp}>", f"::std::vector<{codec.owning}>", 16, 8, encode)


def _of_pairs(elements: Sequence[tuple[Any, Any]]) -> Codec:
    first, second = _codec([each[0] for each in elements]), _codec([each[1] for each in elements])
    gap = -first.size % second.align
    align = max(first.align, second.align)
    rest = -(first.size + gap + second.size) % align

    def encode(value: tuple[Any, Any], room: Room) -> bytes:
        return b"".join(
            (first.encode(value[0], room), bytes(gap), second.encode(value[1], room), bytes(rest))
        )

    return Codec(
        f"{GLUE}::Pair<{first.cpp}, {second.cpp}>",
        f"::std::pair<{first.owning}, {second.owning}>",
        first.size + gap + second.size + rest,
        align,
        encode,
    )


def _of_objects(elements: Sequence[Any]) -> Codec:
    types = {each._cpp_type for each in elements}
    if len(types) > 1:
        raise CallError(f"a list of {', '.join(sorted(types))} cannot be passed to C++")
    (cpp,) = types

    def encode(value: Any, _: Room) -> bytes:
        return struct.pack("<Q", value._cpp_place())

    return Codec(f"{GLUE}::Either<{cpp}>", cpp, 8, 8, encode)
