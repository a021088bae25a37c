"""Reading 64-bit little-endian ELF relocatable objects into arrays (System V gABI, chapter 4).

An object is bytes that somebody else made: every offset and index that the rest
of the linker will use without looking is checked here, once, for whole columns.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec import Struct

from runtime.errors import ObjectFormatError
from runtime.objects.foreign_files import ELF_MAGIC, check_machine, describe_foreign
from runtime.objects.input_files import Contents
from runtime.protocol.machine import OWN_MACHINE

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
"""A structured or plain numpy array; docstrings say which dtype."""

# e_type
ET_REL = 1
ET_DYN = 3
ET_NAMES = {0: "no file type", 2: "an executable", 3: "a shared object", 4: "a core file"}

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

_LOADED_COMPRESSED = SHF_ALLOC | SHF_COMPRESSED
_MOST_ALIGNMENT = 1 << 32
_MOST_SIZE = 1 << 46  # bytes: half of a process's address space

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
    ``machine``: its ``e_machine``.
    """

    name: str
    data: Contents
    sections: Array
    section_names: list[str]
    symbols: Array
    symbol_sections: Array
    strings: bytes
    global_names: list[str]
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
    """The same for many. Raises ValueError if one has no end."""
    if not table.isascii():
        return [string_at(table, offset) for offset in offsets.tolist()]
    text = table.decode("ascii")  # of which every byte is a character
    return [text[start : text.index("\0", start)] for start in offsets.tolist()]


def read_object(name: str, data: Contents, machine: int = OWN_MACHINE) -> ObjectFile:
    """Parse a relocatable object for a machine.

    Raises:
        ObjectFormatError: it is something else, or damaged; the message names
            the file and what is wrong with it.
    """
    try:
        return _read(name, data, machine)
    except (ValueError, IndexError, struct.error, OverflowError) as error:
        raise ObjectFormatError(f"{name}: damaged ELF object ({error})") from error


def _read(name: str, data: Contents, machine: int) -> ObjectFile:
    sections = _section_table(name, data, machine)
    header = EHDR.unpack_from(data)
    string_index = header[13] if header[13] != 0xFFFF else int(sections[0]["link"])
    names_table = _section_bytes(data, sections[string_index])
    section_names = strings_at(names_table, sections["name"])
    symbols, strings = _symbol_table(name, data, sections)
    if b"\0__gnu_lto_slim\0" in strings:
        raise ObjectFormatError(
            f"{name}: GCC's intermediate code instead of machine code "
            "(compile without -flto, or with -ffat-lto-objects)"
        )
    symbol_sections = _symbol_sections(name, data, sections, symbols)
    _check_sections(name, sections, len(symbols))
    global_names = _global_names(symbols, strings)
    return ObjectFile(
        name,
        data,
        sections,
        section_names,
        symbols,
        symbol_sections,
        strings,
        global_names,
        machine,
    )


def _global_names(symbols: Array, strings: bytes) -> list[str]:
    names = strings_at(strings, symbols["name"][symbols["info"] >= STB_GLOBAL << 4])
    return [name.partition("@@")[0] for name in names] if b"@@" in strings else names


def _section_table(name: str, data: Contents, machine: int) -> Array:
    if data[: len(ELF_MAGIC)] != ELF_MAGIC:
        what = describe_foreign(bytes(data[:4096]))
        raise ObjectFormatError(f"{name}: not an ELF object file: {what}")
    if len(data) < EHDR.size:
        raise ObjectFormatError(f"{name}: truncated ELF object ({len(data)} bytes)")
    _, kind, _, _, _, _, offset, _, _, _, _, entsize, count, _ = EHDR.unpack_from(data)
    check_machine(name, data, machine)
    if kind != ET_REL:
        what = ET_NAMES.get(kind, f"e_type {kind}")
        raise ObjectFormatError(f"{name}: {what}, not a relocatable object (compile with -c)")
    if entsize != SECTION.itemsize or offset == 0:
        raise ObjectFormatError(f"{name}: no section table")
    if count == 0:  # more than 0xff00 sections: the count is in the first one
        count = int(np.frombuffer(data, SECTION, 1, offset)[0]["size"])
    if count == 0 or offset + count * SECTION.itemsize > len(data):
        raise ObjectFormatError(f"{name}: truncated: its section table ends past the file's end")
    sections = np.frombuffer(data, SECTION, count, offset)
    starts, kind = sections["offset"], sections["type"]
    ends = starts + sections["size"]
    outside = (ends > len(data)) | (ends < starts)
    if (outside & (kind != SHT_NOBITS) & (kind != 0)).any():
        raise ObjectFormatError(f"{name}: truncated: a section ends past the file's end")
    return sections


def _section_bytes(data: Contents, section: Any) -> bytes:
    start = int(section["offset"])
    return bytes(data[start : start + int(section["size"])])


def _symbol_table(name: str, data: Contents, sections: Array) -> tuple[Array, bytes]:
    tables = np.flatnonzero(sections["type"] == SHT_SYMTAB)
    if len(tables) == 0:
        return np.zeros(1, SYMBOL), b"\0"
    table = sections[tables[0]]
    symbols = np.frombuffer(
        data, SYMBOL, int(table["size"]) // SYMBOL.itemsize, int(table["offset"])
    )
    strings = _section_bytes(data, sections[int(table["link"])])
    if len(symbols) == 0 or not strings.endswith(b"\0"):
        raise ObjectFormatError(f"{name}: damaged symbol table")
    if int(symbols["name"].max()) >= len(strings):
        raise ObjectFormatError(f"{name}: a symbol's name lies outside of the string table")
    return symbols, strings


def _symbol_sections(name: str, data: Contents, sections: Array, symbols: Array) -> Array:
    """See ``ObjectFile.symbol_sections``."""
    shndx = symbols["shndx"]
    result = shndx.astype(np.int64)
    if (shndx >= SHN_LORESERVE).any():
        result[shndx == SHN_ABS] = ABSOLUTE
        result[shndx == SHN_COMMON] = COMMON
        extended = shndx == SHN_XINDEX
        if extended.any():
            result[extended] = _extended_indices(data, sections, len(symbols))[extended]
    result[shndx == SHN_UNDEF] = UNDEFINED
    if int(result.max()) >= len(sections):
        raise ObjectFormatError(f"{name}: a symbol refers to a section that does not exist")
    return result


def _extended_indices(data: Contents, sections: Array, count: int) -> Array:
    """Section numbers that do not fit into 16 bits (gABI, SHT_SYMTAB_SHNDX)."""
    (table,) = sections[sections["type"] == SHT_SYMTAB_SHNDX]
    return np.frombuffer(data, "<u4", count, int(table["offset"]))


def _check_sections(name: str, sections: Array, symbol_count: int) -> None:
    align, kind, flags = sections["align"], sections["type"], sections["flags"]
    info = sections["info"]
    relocated = (kind == SHT_RELA) | (kind == SHT_REL)
    missing = relocated & (info >= len(sections))
    target_flags = flags[np.minimum(info, len(sections) - 1)]
    problems = (
        (align & (align - np.uint64(1)), "a section's alignment makes no sense"),
        (align > _MOST_ALIGNMENT, "a section's alignment makes no sense"),
        (sections["size"] > _MOST_SIZE, "a section is larger than any address space"),
        (missing, "relocations for a section that does not exist"),
        (
            (kind == SHT_REL) & ((target_flags & SHF_ALLOC) != 0),
            "relocations without addends, which 64-bit machines do not have",
        ),
        (
            (flags & _LOADED_COMPRESSED) == _LOADED_COMPRESSED,
            "a compressed section that is to be loaded",
        ),
        (
            (kind == SHT_GROUP) & (info >= symbol_count),
            "a section group's signature does not exist",
        ),
    )
    for wrong, what in problems:
        if wrong.any():
            raise ObjectFormatError(f"{name}: {what}")
