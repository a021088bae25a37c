"""What debuggers get to see: a unit's object files, with the addresses filled in.

Debuggers read relocatable objects, and relocate the debug sections themselves: by
the addresses of sections (``sh_addr``) and the values of symbols.
"""

from __future__ import annotations

import itertools
import os
import struct
from collections.abc import Iterable, Iterator

import numpy as np

from runtime.errors import LinkError
from runtime.kernel_calls.memory_files import create_memory_file
from runtime.linker.link import LinkedUnit
from runtime.linker.link_graph import LinkGraph
from runtime.objects import elf
from runtime.objects.elf import Array, ObjectFile
from runtime.protocol.wire import MAX_PAYLOAD, WORD

_LARGEST = MAX_PAYLOAD - WORD.size  # bytes in one message


def debug_objects(graph: LinkGraph) -> list[bytes]:
    """A changed copy of each object of a graph whose addresses are fixed.

    Raises LinkError for an object that is too large to be sent.
    """
    for candidate in graph.objects:
        if len(candidate.data) > _LARGEST:
            raise LinkError(
                f"{candidate.name}: {len(candidate.data) >> 20} MiB are too large to be shown "
                "to debuggers: link it without -g"
            )
    addresses = graph.loaded_addresses()
    return [
        _debug_object(source, addresses[number], graph.symbol_addresses_of(number))
        for number, source in enumerate(graph.objects)
    ]


def shown_objects(units: Iterable[LinkedUnit]) -> int:
    """A memfd with the objects of units that are loaded, for ``forkrepl_debugger_show``: each
    behind the entry of gdb's JIT interface that it needs. The caller's to close."""
    descriptor = create_memory_file("forkrepl-debug")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            for contents in itertools.chain.from_iterable(map(_of_unit, units)):
                file.write(_ENTRY.pack(0, 0, 0, len(contents)))
                file.write(contents)
                file.write(bytes(-len(contents) % 16))
    except BaseException:  # there is no memory left; Ctrl-C
        os.close(descriptor)
        raise
    return descriptor


_ENTRY = struct.Struct("<QQQQ")  # struct jit_code_entry


def _of_unit(unit: LinkedUnit) -> Iterator[bytes]:
    for placed in unit.objects:
        addresses = placed.symbol_addresses.copy()
        for number in np.flatnonzero(placed.file.symbol_sections == elf.COMMON):
            definition = unit.definitions.get(placed.file.symbol_name(int(number)))
            addresses[number] = definition.address if definition is not None else 0
        yield _debug_object(placed.file, placed.section_addresses, addresses)


def _debug_object(source: ObjectFile, addresses: Array, symbol_addresses: Array) -> bytes:
    contents = bytearray(source.data)
    table_offset = elf.EHDR.unpack_from(contents)[6]
    sections = np.frombuffer(contents, elf.SECTION, len(source.sections), table_offset)
    sections["addr"] = addresses
    # What was discarded has no address: to a debugger it is nothing of the program.
    sections["flags"][addresses == 0] &= ~np.uint64(elf.SHF_ALLOC)
    _place_common(source, symbol_addresses, contents)
    return bytes(contents)


def _place_common(source: ObjectFile, symbol_addresses: Array, contents: bytearray) -> None:
    """Give tentative definitions, which have no section in the file, their addresses."""
    common = np.flatnonzero(source.symbol_sections == elf.COMMON)
    if not len(common):
        return
    table = source.sections[np.flatnonzero(source.sections["type"] == elf.SHT_SYMTAB)[0]]
    symbols = np.frombuffer(contents, elf.SYMBOL, len(source.symbols), int(table["offset"]))
    symbols["shndx"][common] = elf.SHN_ABS
    symbols["value"][common] = symbol_addresses[common]
