"""Values of expressions as text: ``(type) value``.

The frontend describes the type as JSON (``clang_frontend/value_type.cpp``), the
executor hands over the bits, and this formats them; neither needs the other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime.addresses import ExecutorAddress
from runtime.wire import Value

ReadMemory = Callable[[ExecutorAddress, int], bytes]
"""Reads the executor's memory: may return fewer bytes than asked for."""

_MOST_ELEMENTS = 100
_MOST_CHARACTERS = 1000
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class ValueType:
    """A C or C++ type, as far as formatting needs it.

    ``kind``: one of bool, int, char, float, long double, nullptr, enum, pointer,
    function pointer, array, record, other.
    ``size``: bytes. ``element``: of an array, or a pointer's character type.
    """

    kind: str
    name: str
    size: int
    signed: bool = False
    count: int = 0
    element: ValueType | None = None
    enumerators: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def from_json(description: dict[str, Any]) -> ValueType:
        """Read the frontend's description; the frontend is trusted to be ours."""
        element = description.get("element") or description.get("pointee")
        return ValueType(
            kind=description["kind"],
            name=description["name"],
            size=int(description["size"]),
            signed=bool(description.get("signed", False)),
            count=int(description.get("count", 0)),
            element=ValueType.from_json(element) if element else None,
            enumerators=tuple(
                (name, int(value)) for name, value in description.get("enumerators", [])
            ),
        )


def format_value(type_: ValueType, value: Value, is_lvalue: bool, read: ReadMemory) -> str:
    """``(int) 42``. ``is_lvalue``: the value is an object that outlives the input."""
    if type_.kind in ("record", "other"):
        where = value.address if is_lvalue else value.storage
        return f"({type_.name}) @{where:#x}"
    data = value.data
    if len(data) < value.size:
        data = read(ExecutorAddress(value.storage), value.size)
    if len(data) < value.size:
        return f"({type_.name}) <cannot read memory at {value.storage:#x}>"
    return f"({type_.name}) {_format(type_, data, read, 0)}"


def _format(type_: ValueType, data: bytes, read: ReadMemory, depth: int) -> str:
    match type_.kind:
        case "bool":
            return "true" if data[0] else "false"
        case "int":
            return str(int.from_bytes(data, "little", signed=type_.signed))
        case "char":
            return _format_character(int.from_bytes(data, "little", signed=False), type_)
        case "float":
            return _format_float(data)
        case "long double":
            return _format_extended(data)
        case "nullptr":
            return "nullptr"
        case "enum":
            return _format_enum(type_, int.from_bytes(data, "little", signed=type_.signed))
        case "pointer":
            return _format_pointer(type_, int.from_bytes(data, "little"), read)
        case "function pointer":
            return _address(int.from_bytes(data, "little"))
        case "array":
            return _format_array(type_, data, read, depth)
        case _:
            return "{...}"


def _address(address: int) -> str:
    return f"{address:#x}" if address else "nullptr"


def _format_float(data: bytes) -> str:
    code = {2: "<e", 4: "<f", 8: "<d"}.get(len(data))
    if code is None:
        return "0x" + data[::-1].hex()
    (number,) = struct.unpack(code, data)
    if code == "<d":
        return repr(number)
    # The shortest decimal that means the same number in its own format.
    for digits in range(1, 10):
        text = f"{number:.{digits}g}"
        try:
            if struct.pack(code, float(text)) == data:
                return repr(float(text))
        except OverflowError:  # rounded up past the largest number
            continue
    return repr(number)


def _format_extended(data: bytes) -> str:
    import numpy as np

    return str(np.frombuffer(data[:16], np.longdouble)[0])


def _format_enum(type_: ValueType, number: int) -> str:
    for name, value in type_.enumerators:
        if value == number:
            return name
    return str(number)


_PREFIXES = {"wchar_t": "L", "char8_t": "u8", "char16_t": "u", "char32_t": "U"}
_ESCAPES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}


def _prefix(type_: ValueType) -> str:
    return _PREFIXES.get(type_.name.replace("const ", "").replace("volatile ", ""), "")


def _escape(code: int, quote: str) -> str:
    if code in _ESCAPES:
        return _ESCAPES[code]
    if chr(code) in (quote, "\\"):
        return "\\" + chr(code)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return chr(code)


def _format_character(code: int, type_: ValueType) -> str:
    valid = code < (0x80 if type_.size == 1 else 0x110000) and not 0xD800 <= code < 0xE000
    text = _escape(code, "'") if valid else f"\\x{code:02x}"
    return f"{_prefix(type_)}'{text}'"


_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}


def _quote(data: bytes, type_: ValueType, cut: bool) -> str:
    pieces = []
    for character in data.decode(
        _ENCODINGS[type_.size], "surrogateescape" if type_.size == 1 else "replace"
    ):
        code = ord(character)
        pieces.append(f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else _escape(code, '"'))
    return f'{_prefix(type_)}"{"".join(pieces)}"' + ("..." if cut else "")


def _until_nul(data: bytes, size: int) -> bytes | None:
    """``data`` up to the first character of ``size`` bytes that is zero, if there is one."""
    for at in range(0, len(data) - size + 1, size):
        if not any(data[at : at + size]):
            return data[:at]
    return None


def _format_pointer(type_: ValueType, address: int, read: ReadMemory) -> str:
    if type_.element is None or not address:
        return _address(address)
    wanted = _MOST_CHARACTERS * type_.element.size
    data = read(ExecutorAddress(address), wanted)
    text = _until_nul(data, type_.element.size)
    if text is not None:
        return _quote(text, type_.element, cut=False)
    if len(data) == wanted:
        return _quote(data, type_.element, cut=True)
    # It ends where memory does: no string, just a pointer.
    return f"{address:#x} <not a readable string>"


def _format_array(type_: ValueType, data: bytes, read: ReadMemory, depth: int) -> str:
    element = type_.element
    if element is None or depth > _DEEPEST:
        return "{...}"
    if element.kind == "char":
        text = _until_nul(data, element.size)
        if text is None:
            text = data
        limit = _MOST_CHARACTERS * element.size
        return _quote(text[:limit], element, cut=len(text) > limit)
    if not type_.count:
        return "{}"
    pieces = [
        _format(element, data[at * element.size : (at + 1) * element.size], read, depth + 1)
        for at in range(min(type_.count, _MOST_ELEMENTS))
    ]
    if type_.count > _MOST_ELEMENTS:
        pieces.append(f"... {type_.count - _MOST_ELEMENTS} more")
    return "{ " + ", ".join(pieces) + " }"
