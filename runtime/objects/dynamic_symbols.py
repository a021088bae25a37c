"""Which libraries define a symbol, found quickly, for advice.

A shared library has a hash table of its symbols, of which a lookup reads a few pages (gABI,
"Dynamic Linking", and the DT_GNU_HASH of GNU ld); an archive has an index at its beginning.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import BinaryIO

from msgspec import Struct

_LIBRARY = re.compile(r"lib(?P<name>.+?)\.(?P<kind>so|a)(?P<version>(?:\.[\d.]+)?)")
_EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")
_DYNAMIC = struct.Struct("<qQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_HASH = struct.Struct("<IIII")
_ARCHIVE_HEADER = struct.Struct("8s16s12s6s6s8s10s2s")
_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_STRTAB, _DT_SYMTAB, _DT_GNU_HASH = 5, 6, 0x6FFFFEF5
_MOST_DYNAMIC = 1000  # entries
_LONGEST_CHAIN = 10_000


def library_with(symbol: str, folders: Sequence[str], is_late: Callable[[], bool]) -> str:
    """The NAME of a library (``-lNAME``) in these folders that defines a symbol; "" if there is
    none, or it is not found before ``is_late``.

    Those with a development file come first, and of these the one with the shortest name.
    """
    wanted = symbol.encode("utf-8", "surrogateescape")
    for name, path in _libraries(tuple(folders)):
        if _has(path, wanted):
            return name
        if is_late():
            break
    return ""


@lru_cache(maxsize=4)
def _libraries(folders: tuple[str, ...]) -> list[tuple[str, str]]:
    """NAME and path; what programs are linked to comes before what only runs."""
    matches = [
        (match, os.path.join(folder, match[0]))
        for folder in folders
        for match in map(_LIBRARY.fullmatch, _entries(folder))
        if match
    ]
    matches.sort(key=lambda each: len(each[0]["name"]))
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for wants_version, kind in ((False, "so"), (False, "a"), (True, "so")):
        for match, path in matches:
            if bool(match["version"]) == wants_version and match["kind"] == kind:
                real = os.path.realpath(path)
                # An archive beside a shared library has the same.
                if real not in seen and (kind != "a" or match["name"] not in seen):
                    seen.update((real, match["name"]))
                    found.append((match["name"], real))
    return found


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _has(path: str, symbol: bytes) -> bool:
    try:
        if path.endswith(".a"):
            return b"\0" + symbol + b"\0" in _index_of_archive(path)
        with _open(path) as file:
            if file.read(6) != b"\x7fELF\2\1":
                return False
            # Not kept open: there are hundreds, and descriptors may be few.
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                if path not in _tables:
                    _tables[path] = _SymbolTable.of(data)
                return _tables[path].defines(symbol, data)
    except (OSError, struct.error, ValueError, IndexError, ArithmeticError):
        return False  # damaged, or something else


def _open(path: str) -> BinaryIO:
    """Without waiting for somebody who writes, should it be a pipe."""
    return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _index_of_archive(path: str) -> bytes:
    with _open(path) as file:
        start = file.read(_ARCHIVE_HEADER.size)
        _, name, *_, size, _ = _ARCHIVE_HEADER.unpack(start)
        return b"\0" + file.read(int(size)) if name.rstrip() == b"/" else b""


class _SymbolTable(Struct, frozen=True):
    """Where a shared library has its hash table, symbols and names.

    Raises struct.error, ValueError, IndexError or ArithmeticError for one that is damaged.
    """

    table: int
    symbols: int
    strings: int

    @classmethod
    def of(cls, data: mmap.mmap) -> _SymbolTable:
        """Found by its program header."""
        header = _EHDR.unpack_from(data)
        places = [_PHDR.unpack_from(data, header[5] + n * _PHDR.size) for n in range(header[10])]
        segments = [(p[3], p[2], p[5]) for p in places if p[0] == _PT_LOAD]
        (dynamic,) = (p[2] for p in places if p[0] == _PT_DYNAMIC)
        values: dict[int, int] = {}
        for number in range(_MOST_DYNAMIC):
            tag, value = _DYNAMIC.unpack_from(data, dynamic + number * _DYNAMIC.size)
            if tag == 0:
                break
            values[tag] = value
        tags = (_DT_GNU_HASH, _DT_SYMTAB, _DT_STRTAB)
        return cls(*(_offset(segments, values.get(tag, 0)) for tag in tags))

    def defines(self, symbol: bytes, data: mmap.mmap) -> bool:
        """Whether a program that is linked to it finds a symbol in it."""
        buckets, first, words, shift = _HASH.unpack_from(data, self.table)
        value = _gnu_hash(symbol)
        bloom = self.table + _HASH.size
        (word,) = struct.unpack_from("<Q", data, bloom + value // 64 % words * 8)
        if not (word >> value % 64 & word >> (value >> shift) % 64 & 1):
            return False
        chains = bloom + words * 8 + buckets * 4
        (number,) = struct.unpack_from("<I", data, bloom + words * 8 + value % buckets * 4)
        for index in range(number, number + _LONGEST_CHAIN if number else 0):
            (candidate,) = struct.unpack_from("<I", data, chains + (index - first) * 4)
            if candidate | 1 == value | 1 and self._is_definition(index, symbol, data):
                return True
            if candidate & 1:  # the last of its bucket
                break
        return False

    def _is_definition(self, index: int, symbol: bytes, data: mmap.mmap) -> bool:
        name, _, _, section, _, _ = _SYMBOL.unpack_from(data, self.symbols + index * _SYMBOL.size)
        start = self.strings + name
        return bool(section) and data[start : start + len(symbol) + 1] == symbol + b"\0"


def _gnu_hash(name: bytes) -> int:
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


_tables: dict[str, _SymbolTable] = {}
"""Of the libraries that have been looked at, by path."""


def _offset(segments: list[tuple[int, int, int]], address: int) -> int:
    for start, offset, size in segments:
        if start <= address < start + size:
            return address - start + offset
    raise ValueError("no segment holds this address")
