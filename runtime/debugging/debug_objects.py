"""What debuggers get to see: a unit's object files, with the addresses filled in.

Debuggers read relocatable objects, and relocate the debug sections themselves: by
the addresses of sections (``sh_addr``) and the values of symbols.
"""

from __future__ import annotations

import numpy as np

from runtime.errors import LinkError
from runtime.linker.link_graph import LinkGraph
from runtime.objects import elf
from runtime.objects.elf import Array
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
    return [_debug_object(graph, number, addresses[number]) for number in range(len(addresses))]


def _debug_object(graph: LinkGraph, number: int, addresses: Array) -> bytes:
    source = graph.objects[number]
    contents = bytearray(source.data)
    table_offset = elf.EHDR.unpack_from(contents)[6]
    sections = np.frombuffer(contents, elf.SECTION, len(source.sections), table_offset)
    sections["addr"] = addresses
    # What was discarded has no address: to a debugger it is nothing of the program.
    sections["flags"][addresses == 0] &= ~np.uint64(elf.SHF_ALLOC)
    _place_common(graph, number, contents)
    return bytes(contents)


def _place_common(graph: LinkGraph, number: int, contents: bytearray) -> None:
    """Give tentative definitions, which have no section in the file, their addresses."""
    source = graph.objects[number]
    common = np.flatnonzero(source.symbol_sections == elf.COMMON)
    if not len(common):
        return
    table = source.sections[np.flatnonzero(source.sections["type"] == elf.SHT_SYMTAB)[0]]
    symbols = np.frombuffer(contents, elf.SYMBOL, len(source.symbols), int(table["offset"]))
    symbols["shndx"][common] = elf.SHN_ABS
    canonical = graph.symbol_canonical[graph.symbol_base[number] + common]
    symbols["value"][common] = graph.symbol_address[canonical]
