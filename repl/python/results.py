"""What a wrapper has put into the frame, as Python's object (``repl/python/glue.hpp``)."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from repl.errors import ShellError
from repl.python.frame import FRAME
from runtime.addresses import ExecutorAddress
from runtime.objects.demangle import demangle

_RESULT = struct.Struct("<QQQQQQ")
_DOUBLE = struct.Struct("<d")
_COMPLEX = struct.Struct("<dd")
_MOST_NAME = 4096  # bytes of a type's name
_MOST_TEXT = 1 << 30

NOTHING, BOOL, SIGNED, UNSIGNED, FLOATING, COMPLEX, CHARACTER, ENUMERATOR = range(8)
TEXT, ADDRESS, REFERENCE, OWNED, NULL_POINTER, TEXT_MADE = range(8, 14)


class Place(Struct, frozen=True):
    """Where an object is. ``type_name``: as it is declared; ``dynamic``: what it really is, with
    ``whole``, where that begins; ``is_owned``: it has been made for us."""

    address: ExecutorAddress
    type_name: str
    dynamic: str
    whole: ExecutorAddress
    is_owned: bool


class Reader(Protocol):
    """What results need of the program."""

    def read_memory(self, address: int, size: int) -> bytes:
        """Exactly so many bytes. Raises ShellError."""

    def read_name(self, address: int, most: int) -> bytes:
        """Up to a zero."""

    def free_text(self, address: ExecutorAddress) -> None:
        """Of a TEXT_MADE."""

    def object_at(self, place: Place) -> Any:
        """A proxy."""

    def enumerator(self, type_name: str, value: int) -> Any:
        """A value of an enumeration."""

    def address_of(self, address: ExecutorAddress, type_name: str) -> Any:
        """A pointer to what is no object of a class."""


Names = dict[int, str]
"""The types of a wrapper's results, by where their names are."""


def read_result(block: memoryview, offset: int, names: Names, reader: Reader) -> Any:
    """Raises ShellError for what makes no sense: the program may have written it."""
    tag, value, size, type_, dynamic, unit = _RESULT.unpack_from(block, offset)
    simple = _SIMPLE.get(tag)
    if simple is not None:
        return simple(value, size)
    if tag == FLOATING:
        return _DOUBLE.unpack_from(block, offset + 8)[0]
    if tag == COMPLEX:
        return complex(*_COMPLEX.unpack_from(block, offset + 8))
    if tag in (TEXT, TEXT_MADE):
        return _text(_bytes_of_text(block, offset, tag, value, size, reader), unit)
    if tag == ENUMERATOR:
        number = _signed(value, size) if size else value
        return reader.enumerator(_name_at(type_, names, reader), number)
    if tag == ADDRESS:
        return reader.address_of(ExecutorAddress(value), _name_at(type_, names, reader))
    if tag in (REFERENCE, OWNED):
        type_name = _name_at(type_, names, reader)
        found = _dynamic_name(dynamic, names, reader) if dynamic else ""
        whole = size if found else value
        return reader.object_at(
            Place(ExecutorAddress(value), type_name, found, ExecutorAddress(whole), tag == OWNED)
        )
    raise ShellError(f"the program answered a call with nonsense ({tag})")


def _signed(value: int, _: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _character(value: int, size: int) -> str | int:
    """Of what is no character of Unicode, the number."""
    if size == 1:
        return chr(value & 0xFF)
    return chr(value) if value <= sys.maxunicode else value


_SIMPLE: dict[int, Callable[[int, int], Any]] = {
    NOTHING: lambda value, size: None,
    NULL_POINTER: lambda value, size: None,
    BOOL: lambda value, size: bool(value),
    SIGNED: _signed,
    UNSIGNED: lambda value, size: value,
    CHARACTER: _character,
}


_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 4: "utf-32-le"}
"""By the bytes of a character."""


def _bytes_of_text(
    block: memoryview, offset: int, tag: int, value: int, size: int, reader: Reader
) -> bytes:
    if tag == TEXT:
        begin = offset + value
        if value + size > FRAME:
            raise ShellError("the program answered a call with nonsense (a text)")
        return bytes(block[begin : begin + size])
    if size > _MOST_TEXT:
        raise ShellError(f"a text of {size} bytes is too long to be read")
    data = reader.read_memory(value, size)
    reader.free_text(ExecutorAddress(value))
    return data


def _text(data: bytes, unit: int) -> str | bytes:
    try:
        return data.decode(_ENCODINGS[unit], "strict" if unit == 1 else "surrogatepass")
    except KeyError:
        raise ShellError("the program answered a call with nonsense (a text)") from None
    except UnicodeDecodeError:
        return data


def _name_at(address: int, names: Names, reader: Reader) -> str:
    """Of a type, from what ``__PRETTY_FUNCTION__`` is in ``name``."""
    found = names.get(address)
    if found is None:
        text = reader.read_name(address, _MOST_NAME).decode("utf-8", "replace")
        found = names[address] = text.partition("[T = ")[2].removesuffix("]")
    return found


def _dynamic_name(address: int, names: Names, reader: Reader) -> str:
    found = names.get(address)
    if found is None:
        mangled = reader.read_name(address, _MOST_NAME).decode("utf-8", "replace")
        whole = demangle(f"_ZTS{mangled.lstrip('*')}")
        found = names[address] = whole.removeprefix("typeinfo name for ")
    return found
