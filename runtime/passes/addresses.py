"""Addresses of sections and symbols, once the memory is there."""

from __future__ import annotations

import numpy as np

from runtime import elf
from runtime.addresses import RO, RW, RX, ExecutorAddress
from runtime.link_graph import SEGMENTS, LinkGraph
from runtime.passes.layout import GOT_ENTRY_SIZE, PLT_ENTRY_SIZE, SegmentMemory, Tables
from runtime.passes.resolve import DSO_HANDLE, GLOBAL_OFFSET_TABLE

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)
_RW = SEGMENTS.index(RW)


def assign_addresses(
    graph: LinkGraph, tables: Tables, segments: list[SegmentMemory], module: int
) -> None:
    """Fill ``section_address`` and ``symbol_address``; ``module`` is this unit's.

    An indirect function's address is its resolver's until ``redirect_indirect``.
    """
    bases = np.array([*(segment.address for segment in segments), 0], np.int64)  # last: not loaded
    graph.section_address = bases[graph.section_segment] + graph.section_position

    section = graph.symbol_section
    # A copy that was discarded has a section, but means the definition elsewhere.
    placed = (section >= 0) & ~graph.symbol_external
    graph.symbol_address[placed] = (
        graph.section_address[section[placed]] + graph.symbol_value[placed]
    )
    absolute = (section < 0) & ~graph.symbol_external
    graph.symbol_address[absolute] = graph.symbol_value[absolute]
    thread_local = placed & (graph.symbol_info & 0xF == elf.STT_TLS)
    graph.symbol_address[thread_local] -= segments[_RO].address + tables.thread_locals.offset
    graph.symbol_module[thread_local] = module
    _define_linker_symbols(graph, tables, segments)
    _spread(graph)


def redirect_indirect(
    graph: LinkGraph, tables: Tables, segments: list[SegmentMemory]
) -> list[tuple[ExecutorAddress, ExecutorAddress]]:
    """Give each indirect function its PLT entry's address.

    Returns (slot, resolver): what the resolver returns belongs into the slot that
    the entry jumps through.
    """
    symbols = tables.indirect_symbols
    if not len(symbols):
        return []
    resolvers = graph.symbol_address[symbols].tolist()
    number = np.arange(len(symbols))
    entries = len(tables.plt_symbols) + number
    graph.symbol_address[symbols] = (
        segments[_RX].address + tables.plt_offset + PLT_ENTRY_SIZE * entries
    )
    _spread(graph)
    slots = (segments[_RW].address + tables.slots_offset + GOT_ENTRY_SIZE * number).tolist()
    return [
        (ExecutorAddress(slot), ExecutorAddress(resolver))
        for slot, resolver in zip(slots, resolvers, strict=True)
    ]


def _define_linker_symbols(graph: LinkGraph, tables: Tables, segments: list[SegmentMemory]) -> None:
    addresses = {
        DSO_HANDLE: segments[_RO].address,
        GLOBAL_OFFSET_TABLE: segments[_RO].address + tables.got_offset,
    }
    standing_for = graph.symbol_canonical[graph.global_symbols]
    nowhere = (graph.symbol_section[standing_for] < 0) & ~graph.symbol_external[standing_for]
    for symbol in set(standing_for[nowhere].tolist()):
        name = graph.symbol_name(symbol)
        if name in addresses:
            graph.symbol_address[symbol] = addresses[name]


def _spread(graph: LinkGraph) -> None:
    """From the symbol that stands for a name to all of that name."""
    used = graph.global_symbols
    graph.symbol_address[used] = graph.symbol_address[graph.symbol_canonical[used]]
    graph.symbol_module[used] = graph.symbol_module[graph.symbol_canonical[used]]
