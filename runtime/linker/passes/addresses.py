"""Addresses of sections and symbols, once the memory is there."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from runtime.addresses import RO, RW, RX, ExecutorAddress, ThreadLocalImage
from runtime.linker.link_graph import SEGMENTS, LinkGraph
from runtime.linker.passes.layout import GOT_ENTRY_SIZE, SegmentMemory, Tables
from runtime.linker.passes.linker_symbols import (
    DATA_END,
    DSO_HANDLE,
    END,
    GLOBAL_OFFSET_TABLE,
    TEXT_END,
    TLS_MODULE_BASE,
    boundary_address,
)
from runtime.objects import elf
from runtime.objects.elf import Array

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)
_RW = SEGMENTS.index(RW)


def assign_addresses(
    graph: LinkGraph,
    tables: Tables,
    segments: list[SegmentMemory],
    thread_locals: ThreadLocalImage,
) -> None:
    """Fill ``section_address`` and ``symbol_address``.

    An indirect function's address is its resolver's until ``redirect``.
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
    graph.symbol_address[thread_local] += thread_locals.offset - thread_locals.address
    graph.symbol_module[thread_local] = thread_locals.module
    for variable, offset in tables.moved:
        graph.symbol_address[list(variable.symbols)] = segments[_RW].address + offset
    _define_linker_symbols(graph, tables, segments, thread_locals.module)
    _spread(graph)


class Redirection(Struct, frozen=True):
    """``targets``: what each redirected symbol stood for, int64; ``indirect``: (slot,
    resolver), where what the resolver returns belongs into the slot."""

    targets: Array
    indirect: tuple[tuple[ExecutorAddress, ExecutorAddress], ...]


def redirect(graph: LinkGraph, tables: Tables, segments: list[SegmentMemory]) -> Redirection:
    """Give indirect functions, and those out of reach, the address of their PLT entry."""
    symbols = tables.redirected_symbols
    targets = graph.symbol_address[symbols]
    number = np.arange(len(symbols))
    entries = len(tables.plt_symbols) + number
    graph.symbol_address[symbols] = (
        segments[_RX].address + tables.plt_offset + graph.machine.plt_entry_size * entries
    )
    if len(symbols):
        _spread(graph)
    first_slot = segments[_RW].address + tables.slots_offset
    resolvers = targets[: tables.indirect_count].tolist()
    return Redirection(
        targets,
        tuple(
            (ExecutorAddress(first_slot + GOT_ENTRY_SIZE * index), ExecutorAddress(resolver))
            for index, resolver in enumerate(resolvers)
        ),
    )


def _define_linker_symbols(
    graph: LinkGraph, tables: Tables, segments: list[SegmentMemory], module: int
) -> None:
    code, data = segments[_RX], segments[_RW]
    addresses = {
        DSO_HANDLE: segments[_RO].address,
        GLOBAL_OFFSET_TABLE: segments[_RO].address + tables.got_offset,
        **dict.fromkeys(TEXT_END, code.address + code.size),
        **dict.fromkeys(DATA_END, data.address + tables.data_size),
        **dict.fromkeys(END, data.address + data.size),
        TLS_MODULE_BASE: 0,  # what offsets of variables are relative to
    }
    for name, symbol in graph.linker_symbols.items():
        boundary = boundary_address(graph, name)
        graph.symbol_address[symbol] = addresses[name] if boundary is None else boundary
        if name == TLS_MODULE_BASE:
            graph.symbol_module[symbol] = module


def _spread(graph: LinkGraph) -> None:
    """From the symbol that stands for a name to all of that name."""
    used = graph.global_symbols
    graph.symbol_address[used] = graph.symbol_address[graph.symbol_canonical[used]]
    graph.symbol_module[used] = graph.symbol_module[graph.symbol_canonical[used]]
