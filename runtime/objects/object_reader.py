"""Reading ELF relocatable objects, many at once: their tables are joined, and looked at as columns.

An object is bytes that somebody else made: every offset and index that the rest
of the linker will use without looking is checked here, once, for whole columns.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate, pairwise

import numpy as np
from msgspec import Struct

from runtime.errors import ObjectFormatError
from runtime.objects import elf
from runtime.objects.elf import EHDR, SECTION, SYMBOL, Array, ObjectFile, strings_at
from runtime.objects.foreign_files import ELF_MAGIC, check_machine, describe_foreign
from runtime.objects.input_files import Contents
from runtime.protocol.machine import OWN_MACHINE

_TYPES = {0: "no file type", 2: "an executable", 3: "a shared object", 4: "a core file"}

_LOADED_COMPRESSED = elf.SHF_ALLOC | elf.SHF_COMPRESSED
_MOST_ALIGNMENT = 1 << 32
_MOST_SIZE = 1 << 46  # bytes: half of a process's address space

NamedContents = tuple[str, Contents]


def read_object(name: str, data: Contents, machine: int = OWN_MACHINE) -> ObjectFile:
    """Parse a relocatable object for a machine.

    Raises:
        ObjectFormatError: it is something else, or damaged; the message names
            the file and what is wrong with it.
    """
    return read_objects([(name, data)], machine)[0]


def read_objects(inputs: Sequence[NamedContents], machine: int = OWN_MACHINE) -> list[ObjectFile]:
    """The same of many, each with its name, which takes much less time than one after another."""
    if not inputs:
        return []
    try:
        return _read(inputs, machine)
    except (ValueError, IndexError, struct.error, OverflowError) as error:
        if len(inputs) == 1:
            raise ObjectFormatError(f"{inputs[0][0]}: damaged ELF object ({error})") from error
    return [read_object(name, data, machine) for name, data in inputs]  # which says whose it is


class _Joined(Struct):
    """One table of all objects, those of each after another's: the ``rows``, and for each object
    the ``bounds`` of its own."""

    rows: Array
    bounds: list[tuple[int, int]]

    def of_rows(self, values: Sequence[int]) -> Array | int:
        """For each row the value of its object; of one object, just that."""
        if len(values) == 1:
            return values[0]
        return np.repeat(np.array(values), self.counts())

    def owner(self, row: int) -> int:
        """The number of the object that a row belongs to."""
        return bisect_right(self.bounds, row, key=lambda each: each[0]) - 1

    def counts(self) -> list[int]:
        """How many rows each object has."""
        return [end - first for first, end in self.bounds]


def _join(tables: Sequence[Contents], dtype: np.dtype[np.void]) -> _Joined:
    ends = accumulate((len(table) // dtype.itemsize for table in tables), initial=0)
    rows = np.frombuffer(tables[0] if len(tables) == 1 else b"".join(tables), dtype)
    return _Joined(rows, list(pairwise(ends)))


def _read(inputs: Sequence[NamedContents], machine: int) -> list[ObjectFile]:
    sections = _section_tables(inputs, machine)
    symbols, strings = _symbol_tables(inputs, sections)
    _check_sections(inputs, sections, symbols)
    symbol_sections = _symbol_sections(inputs, sections, symbols)
    section_names = _section_names(inputs, sections)
    is_global = symbols.rows["info"] >= elf.STB_GLOBAL << 4
    global_names = _names(strings, symbols, is_global)
    kinds = _global_kinds(symbols.rows["info"][is_global], symbol_sections[is_global])
    result = []
    ended = 0
    for number, (name, data) in enumerate(inputs):
        section, symbol = slice(*sections.bounds[number]), slice(*symbols.bounds[number])
        named = slice(ended, ended + int(np.count_nonzero(is_global[symbol])))
        ended = named.stop
        names = global_names[named]
        if b"@@" in strings[number]:
            names = [each.partition("@@")[0] for each in names]
        result.append(
            ObjectFile(
                name=name,
                data=data,
                sections=sections.rows[section],
                section_names=section_names[section],
                symbols=symbols.rows[symbol],
                symbol_sections=symbol_sections[symbol],
                strings=strings[number],
                global_names=names,
                global_kinds=kinds[named],
                machine=machine,
            )
        )
    return result


def _section_tables(inputs: Sequence[NamedContents], machine: int) -> _Joined:
    tables = [_section_table(name, data, machine) for name, data in inputs]
    sections = _join(tables, SECTION)
    rows = sections.rows
    size = sections.of_rows([len(data) for _, data in inputs])
    ends = rows["offset"] + rows["size"]
    has_contents = (rows["type"] != elf.SHT_NOBITS) & (rows["type"] != 0)
    outside = has_contents & ((ends > size) | (ends < rows["offset"]))
    _refuse(inputs, sections, outside, "truncated: a section ends past the file's end")
    return sections


def _section_table(name: str, data: Contents, machine: int) -> Contents:
    """The bytes of an object's section headers. Raises ObjectFormatError if it is no object."""
    if data[: len(ELF_MAGIC)] != ELF_MAGIC:
        what = describe_foreign(bytes(data[:4096]))
        raise ObjectFormatError(f"{name}: not an ELF object file: {what}")
    if len(data) < EHDR.size:
        raise ObjectFormatError(f"{name}: truncated ELF object ({len(data)} bytes)")
    _, kind, _, _, _, _, offset, _, _, _, _, entsize, count, _ = EHDR.unpack_from(data)
    check_machine(name, data, machine)
    if kind != elf.ET_REL:
        what = _TYPES.get(kind, f"e_type {kind}")
        raise ObjectFormatError(f"{name}: {what}, not a relocatable object (compile with -c)")
    if entsize != SECTION.itemsize or offset == 0:
        raise ObjectFormatError(f"{name}: no section table")
    if count == 0:  # more than 0xff00 sections: the count is in the first one
        count = int(np.frombuffer(data, SECTION, 1, offset)[0]["size"])
    end = offset + count * SECTION.itemsize
    if count == 0 or end > len(data):
        raise ObjectFormatError(f"{name}: truncated: its section table ends past the file's end")
    return data[offset:end]


def _section_names(inputs: Sequence[NamedContents], sections: _Joined) -> list[str]:
    tables = []
    for (_, data), (first, end) in zip(inputs, sections.bounds, strict=True):
        index = EHDR.unpack_from(data)[13]
        if index == elf.SHN_XINDEX:
            index = int(sections.rows["link"][first])
        tables.append(_contents(data, sections.rows[first:end][index]))
    for (name, _), table in zip(inputs, tables, strict=True):
        if not table.endswith(b"\0"):
            raise ObjectFormatError(f"{name}: damaged table of the names of sections")
    _check_names(inputs, sections, tables, "a section's name lies outside of the string table")
    return _names(tables, sections)


def _contents(data: Contents, section: np.void) -> bytes:
    start = int(section["offset"])
    return bytes(data[start : start + int(section["size"])])


def _symbol_tables(
    inputs: Sequence[NamedContents], sections: _Joined
) -> tuple[_Joined, list[bytes]]:
    """The symbols, and for each object the string table of their names."""
    tables: list[Contents] = [bytes(SYMBOL.itemsize)] * len(inputs)  # for those without one
    strings = [b"\0"] * len(inputs)
    rows = sections.rows
    for index in np.flatnonzero(rows["type"] == elf.SHT_SYMTAB)[::-1].tolist():  # the first counts
        number = sections.owner(index)
        name, data = inputs[number]
        table, (first, end) = rows[index], sections.bounds[number]
        start, size = int(table["offset"]), int(table["size"])
        tables[number] = data[start : start + size // SYMBOL.itemsize * SYMBOL.itemsize]
        strings[number] = _contents(data, rows[first:end][int(table["link"])])
        if not len(tables[number]) or not strings[number].endswith(b"\0"):
            raise ObjectFormatError(f"{name}: damaged symbol table")
        if b"\0__gnu_lto_slim\0" in strings[number]:
            raise ObjectFormatError(
                f"{name}: GCC's intermediate code instead of machine code "
                "(compile without -flto, or with -ffat-lto-objects)"
            )
    symbols = _join(tables, SYMBOL)
    _check_names(inputs, symbols, strings, "a symbol's name lies outside of the string table")
    return symbols, strings


def _symbol_sections(inputs: Sequence[NamedContents], sections: _Joined, symbols: _Joined) -> Array:
    """See ``ObjectFile.symbol_sections``; of all symbols."""
    shndx = symbols.rows["shndx"]
    result = shndx.astype(np.int64)
    if (shndx >= elf.SHN_LORESERVE).any():
        result[shndx == elf.SHN_ABS] = elf.ABSOLUTE
        result[shndx == elf.SHN_COMMON] = elf.COMMON
        extended = shndx == elf.SHN_XINDEX
        for number, (first, end) in enumerate(symbols.bounds):
            chosen = extended[first:end]
            if chosen.any():
                indices = _extended_indices(inputs[number][1], sections, number, end - first)
                result[first:end][chosen] = indices[chosen]
    result[shndx == elf.SHN_UNDEF] = elf.UNDEFINED
    missing = result >= symbols.of_rows(sections.counts())
    _refuse(inputs, symbols, missing, "a symbol refers to a section that does not exist")
    return result


def _extended_indices(data: Contents, sections: _Joined, number: int, count: int) -> Array:
    """Section numbers that do not fit into 16 bits (gABI, SHT_SYMTAB_SHNDX)."""
    of_object = sections.rows[slice(*sections.bounds[number])]
    (table,) = of_object[of_object["type"] == elf.SHT_SYMTAB_SHNDX]
    return np.frombuffer(data, "<u4", count, int(table["offset"]))


def _check_names(
    inputs: Sequence[NamedContents], table: _Joined, strings: Sequence[bytes], what: str
) -> None:
    _refuse(inputs, table, table.rows["name"] >= table.of_rows(list(map(len, strings))), what)


def _names(
    strings: Sequence[bytes], table: _Joined, chosen: Array | slice = slice(None)
) -> list[str]:
    """The names of the chosen rows, of which each object has its own string table."""
    names = table.rows["name"]
    if len(strings) == 1:
        return strings_at(strings[0], names[chosen])
    starts = list(accumulate(map(len, strings), initial=0))[:-1]
    return strings_at(b"".join(strings), (names + table.of_rows(starts))[chosen])


def _global_kinds(info: Array, sections: Array) -> bytes:
    """See ``ObjectFile.global_kinds``."""
    kinds = np.full(len(info), elf.DEFINED, np.uint8)
    kinds[sections == elf.COMMON] = elf.TENTATIVE
    undefined = sections == elf.UNDEFINED
    kinds[undefined] = elf.NEEDED
    kinds[undefined & (info >> 4 == elf.STB_WEAK)] = elf.MAY_BE_MISSING
    return kinds.tobytes()


def _check_sections(inputs: Sequence[NamedContents], sections: _Joined, symbols: _Joined) -> None:
    rows = sections.rows
    align, kind, flags, info = rows["align"], rows["type"], rows["flags"], rows["info"]
    relocated = (kind == elf.SHT_RELA) | (kind == elf.SHT_REL)
    counts = sections.of_rows(sections.counts())
    first = sections.of_rows([first for first, _ in sections.bounds])
    target_flags = flags[first + np.minimum(info, counts - 1)]
    problems = (
        (align & (align - np.uint64(1)) != 0, "a section's alignment makes no sense"),
        (align > _MOST_ALIGNMENT, "a section's alignment makes no sense"),
        (rows["size"] > _MOST_SIZE, "a section is larger than any address space"),
        (relocated & (info >= counts), "relocations for a section that does not exist"),
        (
            (kind == elf.SHT_REL) & ((target_flags & elf.SHF_ALLOC) != 0),
            "relocations without addends, which 64-bit machines do not have",
        ),
        (
            (flags & _LOADED_COMPRESSED) == _LOADED_COMPRESSED,
            "a compressed section that is to be loaded",
        ),
        (
            (kind == elf.SHT_GROUP) & (info >= sections.of_rows(symbols.counts())),
            "a section group's signature does not exist",
        ),
    )
    strange = reduce(np.logical_or, (wrong for wrong, _ in problems))
    if strange.any():  # asked once, because each question takes a microsecond
        for wrong, what in problems:
            _refuse(inputs, sections, wrong, what)


def _refuse(inputs: Sequence[NamedContents], table: _Joined, wrong: Array, what: str) -> None:
    """Raise ObjectFormatError, naming the first object of which a row is ``wrong`` (bool)."""
    if wrong.any():
        name = inputs[table.owner(int(np.flatnonzero(wrong)[0]))][0]
        raise ObjectFormatError(f"{name}: {what}")
