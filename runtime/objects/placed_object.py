"""What stays known of an object that has been linked: which of its sections and symbols
are at an address.

Kept small, as there are many: the bytes, which are parsed again when somebody asks.
"""

from __future__ import annotations

import functools

import numpy as np
from msgspec import Struct

from runtime.objects import elf
from runtime.objects.elf import Array, ObjectFile
from runtime.objects.input_files import Contents
from runtime.objects.object_reader import read_object
from runtime.protocol.machine import EM_AARCH64, EM_X86_64

_DEBUG_RELOCATIONS = {  # their sizes in bytes
    EM_X86_64: {1: 8, 10: 4},  # R_X86_64_64, R_X86_64_32
    EM_AARCH64: {257: 8, 258: 4},  # R_AARCH64_ABS64, R_AARCH64_ABS32
}


class PlacedObject(Struct, frozen=True, eq=False, dict=True):
    """An object for a machine (``e_machine``), and the addresses (int64) of its sections, 0
    where one is not loaded."""

    name: str
    data: Contents
    machine: int
    section_addresses: Array

    @functools.cached_property
    def file(self) -> ObjectFile:
        """The object, parsed."""
        return read_object(self.name, self.data, self.machine)

    @functools.cached_property
    def symbol_addresses(self) -> Array:
        """int64, for each symbol; 0 for one that is not in a loaded section."""
        section = self.file.symbol_sections
        start = np.where(section >= 0, self.section_addresses[section], 0)
        return np.where(start != 0, start + self.file.symbols["value"].astype(np.int64), 0)

    def holds(self, address: int) -> bool:
        """Whether an address lies in one of its sections."""
        offset = address - self.section_addresses
        inside = (offset >= 0) & (offset < self.file.sections["size"].astype(np.int64))
        return bool((inside & (self.section_addresses != 0)).any())

    def symbol_at(self, address: int, kind: int) -> tuple[str, int] | None:
        """The name, and the offset from its start, of the symbol of a kind (``STT_FUNC``
        ...) that covers an address."""
        symbols = self.file.symbols
        offset = address - self.symbol_addresses
        covers = (offset >= 0) & (offset < symbols["size"].astype(np.int64))
        covers &= (symbols["info"] & 0xF == kind) & (self.symbol_addresses != 0)
        found = np.flatnonzero(covers)
        if not len(found):
            return None
        # Constructors have several symbols; a global name says more than a local one.
        best = int(found[np.argmax(symbols["info"][found] >> 4)])
        return self.file.symbol_name(best), int(offset[best])

    def debug_section(self, name: str) -> bytes | None:
        """The contents of a debug section with addresses filled in; None if there is none
        that can be read."""
        if name not in self.file.section_names:
            return None
        number = self.file.section_names.index(name)
        section = self.file.sections[number]
        if section["flags"] & elf.SHF_COMPRESSED:
            return None
        start = int(section["offset"])
        contents = np.frombuffer(self.data, np.uint8, int(section["size"]), start).copy()
        is_target = self.file.sections["info"] == number
        for table in np.flatnonzero(is_target & (self.file.sections["type"] == elf.SHT_RELA)):
            self._relocate(contents, np.frombuffer(self.file.relocations(int(table)), elf.RELA))
        return contents.tobytes()

    def _relocate(self, contents: Array, entries: Array) -> None:
        """Of what debug sections have: absolute addresses, and offsets in other sections."""
        symbols = self.file.symbols["value"].astype(np.int64)
        values = np.where(self.symbol_addresses != 0, self.symbol_addresses, symbols)
        for kind, size in _DEBUG_RELOCATIONS[self.machine].items():
            chosen = entries[entries["type"] == kind]
            chosen = chosen[chosen["symbol"] < len(symbols)]
            chosen = chosen[chosen["offset"] <= len(contents) - size]
            results = values[chosen["symbol"]] + chosen["addend"]
            places = chosen["offset"].astype(np.int64)[:, None] + np.arange(size)
            contents[places] = results.astype("<i8")[:, None].view(np.uint8)[:, :size]
