"""64-bit little-endian ELF relocatable objects as arrays (System V gABI, chapter 4).

``object_reader`` makes them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec import Struct

from runtime.objects.input_files import Contents

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
"""A structured or plain numpy array; docstrings say which dtype."""

# e_type
ET_REL = 1
ET_DYN = 3

# sh_type
SHT_PROGBITS = 1
SHT_SYMTAB = 2
SHT_STRTAB = 3
SHT_RELA = 4
SHT_NOBITS = 8
SHT_REL = 9
SHT_INIT_ARRAY = 14
SHT_FINI_ARRAY = 15
SHT_PREINIT_ARRAY = 16
SHT_GROUP = 17
SHT_SYMTAB_SHNDX = 18

# sh_flags
SHF_WRITE = 0x1
SHF_ALLOC = 0x2
SHF_EXECINSTR = 0x4
SHF_GROUP = 0x200
SHF_TLS = 0x400
SHF_COMPRESSED = 0x800

GRP_COMDAT = 1

# st_info, st_shndx
STB_LOCAL, STB_GLOBAL, STB_WEAK = 0, 1, 2
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE, STT_COMMON, STT_TLS = range(7)
STT_GNU_IFUNC = 10

# st_other
STV_DEFAULT, STV_PROTECTED = 0, 3
SHN_UNDEF = 0
SHN_LORESERVE = 0xFF00
SHN_ABS = 0xFFF1
SHN_COMMON = 0xFFF2
SHN_XINDEX = 0xFFFF

# What ObjectFile.symbol_sections says of a symbol that lies in no section.
UNDEFINED = -1
ABSOLUTE = -2
COMMON = -3

# What ObjectFile.global_kinds says of a global symbol: a reference that may stay unbound, one that
# may not, a tentative definition, a definition.
MAY_BE_MISSING, NEEDED, TENTATIVE, DEFINED = range(4)

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = np.dtype(
    [
        ("name", "<u4"),
        ("type", "<u4"),
        ("flags", "<u8"),
        ("addr", "<u8"),
        ("offset", "<u8"),
        ("size", "<u8"),
        ("link", "<u4"),
        ("info", "<u4"),
        ("align", "<u8"),
        ("entsize", "<u8"),
    ]
)
SYMBOL = np.dtype(
    [
        ("name", "<u4"),
        ("info", "u1"),
        ("other", "u1"),
        ("shndx", "<u2"),
        ("value", "<u8"),
        ("size", "<u8"),
    ]
)
RELA = np.dtype([("offset", "<u8"), ("type", "<u4"), ("symbol", "<u4"), ("addend", "<i8")])


class ObjectFile(Struct, frozen=True):
    """One relocatable object, as arrays over its own bytes.

    ``sections``: dtype ``SECTION``; ``symbols``: dtype ``SYMBOL``;
    ``section_names``: one for each section; ``symbol_sections`` (int64): for each
    symbol the index of its section, or UNDEFINED, ABSOLUTE or COMMON; ``strings``:
    the symbols' names; ``global_names``: of the symbols that are not local, in order.
    A definition's NAME@@VERSION, its default one, is NAME (``.symver`` in gas's manual).
    ``global_kinds``: what each of these is here, MAY_BE_MISSING to DEFINED; ``machine``: its
    ``e_machine``.
    """

    name: str
    data: Contents
    sections: Array
    section_names: list[str]
    symbols: Array
    symbol_sections: Array
    strings: bytes
    global_names: list[str]
    global_kinds: bytes
    machine: int

    def symbol_name(self, index: int) -> str:
        """Its name in the string table, or its section's for a section symbol."""
        symbol = self.symbols[index]
        section = int(self.symbol_sections[index])
        if symbol["info"] & 0xF == STT_SECTION and section >= 0:
            return self.section_names[section]
        return string_at(self.strings, int(symbol["name"]))

    def relocations(self, index: int) -> memoryview:
        """The bytes of the entries (dtype ``RELA``) of relocation section ``index``."""
        section = self.sections[index]
        start, count = int(section["offset"]), int(section["size"]) // RELA.itemsize
        return memoryview(self.data)[start : start + count * RELA.itemsize]


def string_at(table: bytes, offset: int) -> str:
    """The NUL-terminated string at ``offset`` of a string table."""
    return table[offset : table.index(0, offset)].decode("utf-8", "surrogateescape")


def strings_at(table: bytes, offsets: Array) -> list[str]:
    """The same for many. Raises IndexError or ValueError if one has no end."""
    if not table.isascii():
        return [string_at(table, offset) for offset in offsets.tolist()]
    ends = np.flatnonzero(np.frombuffer(table, np.uint8) == 0)
    which = np.searchsorted(ends, offsets)
    text = table.decode("ascii")  # of which every byte is a character
    return [
        text[start:end] for start, end in zip(offsets.tolist(), ends[which].tolist(), strict=True)
    ]
