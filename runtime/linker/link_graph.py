"""The link graph, by columns: everything that one link knows, as arrays.

One graph holds a batch of objects. Sections, symbols and relocations of all of
them are numbered through, and each property is one array over those numbers, so
that a pass is a few operations on whole arrays. Columns are filled in by the
passes, in the order of ``linker.link``; each says below who fills it.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np
from msgspec import Struct, field

from runtime.addresses import RO, RW, RX, Protection
from runtime.errors import ObjectFormatError, printable
from runtime.linker.machines.machine import Machine
from runtime.objects import elf
from runtime.objects.elf import Array, ObjectFile

SEGMENTS: tuple[Protection, ...] = (RX, RO, RW)
"""What sections are gathered into: one segment for each protection."""

NOT_LOADED = -1

# Written by the linker alone (addresses are final before the code runs), so the
# running program may not.
_RELRO_PREFIXES = (".data.rel.ro", ".ctors", ".dtors")
_RELRO_TYPES = (elf.SHT_INIT_ARRAY, elf.SHT_FINI_ARRAY, elf.SHT_PREINIT_ARRAY)


class LinkGraph(Struct):
    """See the module. n sections, m symbols, r relocations of loaded sections."""

    machine: Machine
    objects: list[ObjectFile]
    section_base: list[int]  # of each object: the number of its first section
    symbol_base: list[int]

    # read
    section_names: list[str]
    section_object: Array  # int64[n]
    section_type: Array  # uint32[n]
    section_flags: Array  # uint64[n]
    section_offset: Array  # int64[n], in the object's bytes
    section_size: Array  # int64[n], bytes
    section_align: Array  # int64[n]
    section_segment: Array  # int8[n], index into SEGMENTS or NOT_LOADED
    symbol_section: Array  # int64[m], section number, elf.UNDEFINED or elf.ABSOLUTE
    symbol_value: Array  # int64[m], offset in its section, or the address
    symbol_size: Array  # int64[m]
    symbol_info: Array  # uint8[m], binding << 4 | type
    symbol_visibility: Array  # uint8[m], STV_DEFAULT ...
    symbol_common: Array  # bool[m], a tentative definition, in a section made for it
    global_symbols: Array  # int64[], numbers of the symbols that are not local
    global_names: list[str]  # their names
    relocation_section: Array  # int64[r], the section to be changed
    relocation_offset: Array  # int64[r], in that section
    relocation_type: Array  # uint32[r]
    relocation_symbol: Array  # int64[r]
    relocation_addend: Array  # int64[r]

    # resolve
    symbol_canonical: Array  # int64[m], the symbol that stands for all of its name
    symbol_external: Array  # bool[m], lies outside of this graph, at symbol_address
    symbol_address: Array  # int64[m]; external ones now, the others by assign_addresses;
    # of a thread-local variable its offset in the thread's block (see symbol_module)
    symbol_module: Array  # int64[m], of a thread-local variable
    linker_symbols: dict[str, int]  # names that the linker defines, and the symbol of each

    # lay out
    section_position: Array  # int64[n], offset in its segment
    segment_size: list[int] = field(default_factory=lambda: [0] * len(SEGMENTS))
    segment_align: list[int] = field(default_factory=lambda: [1] * len(SEGMENTS))

    # allocate
    section_address: Array = field(default_factory=lambda: np.zeros(0, np.int64))

    def loaded_addresses(self) -> list[Array]:
        """For each object the addresses (int64) of the sections of its file, 0 for those
        that are not loaded."""
        addresses = np.where(self.section_segment != NOT_LOADED, self.section_address, 0)
        return [
            addresses[first : first + len(source.sections)]
            for first, source in zip(self.section_base, self.objects, strict=True)
        ]

    def symbol_addresses_of(self, number: int) -> Array:
        """The addresses of the symbols of an object, where they are found."""
        first = self.symbol_base[number]
        count = len(self.objects[number].symbols)
        return self.symbol_address[self.symbol_canonical[first : first + count]]

    def symbol_name(self, symbol: int) -> str:
        """The name of symbol number ``symbol``."""
        owner = self.symbol_object(symbol)
        return self.objects[owner].symbol_name(symbol - self.symbol_base[owner])

    def symbol_object(self, symbol: int) -> int:
        """Which object a symbol belongs to."""
        return int(np.searchsorted(self.symbol_base, symbol, side="right")) - 1

    def describe_place(self, relocation: int) -> str:
        """Where a relocation is: object, section and offset."""
        section = int(self.relocation_section[relocation])
        owner = self.objects[int(self.section_object[section])].name
        offset = int(self.relocation_offset[relocation])
        return f"{owner}: {printable(self.section_names[section])}+{offset:#x}"

    def describe_largest_section(self) -> str:
        """The one that takes most room, with its alignment: object, section and size."""
        room = np.maximum(self.section_size, self.section_align)
        section = int(np.argmax(np.where(self.section_segment == NOT_LOADED, 0, room)))
        owner = self.objects[int(self.section_object[section])].name
        size, align = int(self.section_size[section]), int(self.section_align[section])
        name = printable(self.section_names[section])
        return f"{owner}: {name} has {size} bytes, aligned to {align}"


def build(objects: list[ObjectFile], machine: Machine) -> LinkGraph:
    """Number the sections, symbols and relocations of a batch of objects through."""
    numbers = np.arange(len(objects))
    section_counts = [len(o.sections) for o in objects]
    symbol_counts = [len(o.symbols) for o in objects]
    section_base, symbol_base = _bases(section_counts), _bases(symbol_counts)
    symbols = _concatenate([o.symbols for o in objects])
    count = len(symbols)
    symbol_section = _symbol_sections(objects, np.repeat(section_base, symbol_counts))
    common = symbol_section == elf.COMMON
    added = _sections_for_common(symbols[common])
    sections = _concatenate([*(o.sections for o in objects), added])
    symbol_section[common] = np.arange(len(sections) - len(added), len(sections))
    names = [name for o in objects for name in o.section_names] + [".common"] * len(added)
    owners = np.repeat(numbers, symbol_counts)
    section_object = np.concatenate([np.repeat(numbers, section_counts), owners[common]])
    segment = _choose_segments(sections, names)
    relocations = _gather_relocations(
        objects, sections, section_object, np.array(section_base), np.array(symbol_base), segment
    )
    return LinkGraph(
        machine=machine,
        objects=objects,
        section_base=section_base,
        symbol_base=symbol_base,
        section_names=names,
        section_object=section_object,
        section_type=sections["type"],
        section_flags=sections["flags"],
        section_offset=sections["offset"].astype(np.int64),
        section_size=sections["size"].astype(np.int64),
        section_align=np.maximum(sections["align"], 1).astype(np.int64),
        section_segment=segment,
        symbol_section=symbol_section,
        symbol_value=np.where(common, 0, symbols["value"].astype(np.int64)),
        symbol_size=symbols["size"].astype(np.int64),
        symbol_info=symbols["info"],
        symbol_visibility=symbols["other"] & 3,
        symbol_common=common,
        global_symbols=np.flatnonzero(symbols["info"] >= elf.STB_GLOBAL << 4),
        global_names=[name for o in objects for name in o.global_names],
        relocation_section=relocations[0],
        relocation_offset=relocations[1],
        relocation_type=relocations[2],
        relocation_symbol=relocations[3],
        relocation_addend=relocations[4],
        symbol_canonical=np.arange(count),
        symbol_external=np.zeros(count, bool),
        symbol_address=np.zeros(count, np.int64),
        symbol_module=np.zeros(count, np.int64),
        linker_symbols={},
        section_position=np.zeros(len(sections), np.int64),
    )


def _bases(sizes: list[int]) -> list[int]:
    return list(accumulate(sizes, initial=0))[:-1]


def _concatenate(arrays: list[Array]) -> Array:
    """Rows of one record dtype; as bytes, because numpy.concatenate is slow with records."""
    return np.frombuffer(b"".join(array.data for array in arrays), arrays[0].dtype)


def distinct(values: Array) -> Array:
    """The different values, sorted (numpy.unique takes 10 ms to import what it needs)."""
    if not len(values):
        return values
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return np.asarray(ordered[is_first])


def _choose_segments(sections: Array, names: list[str]) -> Array:
    flags = sections["flags"]
    segment = np.full(len(sections), NOT_LOADED, np.int8)
    loaded = (flags & elf.SHF_ALLOC) != 0
    segment[loaded] = SEGMENTS.index(RO)
    segment[loaded & ((flags & elf.SHF_EXECINSTR) != 0)] = SEGMENTS.index(RX)
    writable = loaded & ((flags & elf.SHF_WRITE) != 0)
    segment[writable] = SEGMENTS.index(RW)
    for index in np.flatnonzero(writable).tolist():
        if sections["type"][index] in _RELRO_TYPES or names[index].startswith(_RELRO_PREFIXES):
            segment[index] = SEGMENTS.index(RO)
    # What a thread starts with; its own copy is elsewhere.
    segment[loaded & ((flags & elf.SHF_TLS) != 0)] = SEGMENTS.index(RO)
    return segment


def _symbol_sections(objects: list[ObjectFile], bases: Array) -> Array:
    """``ObjectFile.symbol_sections`` of all, in the numbers of this graph. ``bases`` (int64): for
    each symbol the number of the first section of its object."""
    sections = np.concatenate([o.symbol_sections for o in objects])
    return np.where(sections >= 0, sections + bases, sections)


def _sections_for_common(symbols: Array) -> Array:
    """A zeroed section for each tentative definition; its value is the alignment."""
    sections = np.zeros(len(symbols), elf.SECTION)
    sections["type"] = elf.SHT_NOBITS
    sections["flags"] = elf.SHF_ALLOC | elf.SHF_WRITE
    sections["size"] = symbols["size"]
    sections["align"] = symbols["value"]
    return sections


def _gather_relocations(
    objects: list[ObjectFile],
    sections: Array,
    section_object: Array,
    section_base: Array,
    symbol_base: Array,
    segment: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """The relocations of all loaded sections: target, offset, type, symbol, addend."""
    tables = np.flatnonzero(sections["type"] == elf.SHT_RELA)
    targets = sections["info"][tables] + section_base[section_object[tables]]
    is_wanted = segment[targets] != NOT_LOADED
    tables, targets = tables[is_wanted], targets[is_wanted]
    lengths = sections["size"][tables].astype(np.int64) // elf.RELA.itemsize
    owners = section_object[tables]
    contents = [memoryview(o.data) for o in objects]
    starts = sections["offset"][tables].tolist()
    sizes = (lengths * elf.RELA.itemsize).tolist()
    pieces = [
        contents[owner][start : start + size]
        for owner, start, size in zip(owners.tolist(), starts, sizes, strict=True)
    ]
    table = np.frombuffer(b"".join(pieces), elf.RELA)
    owner = np.repeat(owners, lengths)
    _check_symbols(objects, table["symbol"], owner)
    return (
        np.repeat(targets, lengths),
        table["offset"].astype(np.int64),
        table["type"].copy(),
        table["symbol"] + symbol_base[owner],
        table["addend"].copy(),
    )


def _check_symbols(objects: list[ObjectFile], symbols: Array, owners: Array) -> None:
    """Raise ObjectFormatError for a relocation whose symbol its object does not have."""
    wrong = symbols >= np.array([len(o.symbols) for o in objects])[owners]
    if wrong.any():
        name = objects[int(owners[np.flatnonzero(wrong)[0]])].name
        raise ObjectFormatError(f"{name}: a relocation against a symbol that is not there")
