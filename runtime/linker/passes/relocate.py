"""Copies the sections into memory and applies the relocations, column by column."""

from __future__ import annotations

import numpy as np

from runtime.addresses import RO, RW, RX, STATIC_MODULE
from runtime.errors import LinkError
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph, distinct
from runtime.linker.machines.kinds import Base
from runtime.linker.machines.machine import Uses, WrongInstruction
from runtime.linker.passes.addresses import Redirection
from runtime.linker.passes.layout import (
    GOT_ENTRY_SIZE,
    TLS_PAIR_SIZE,
    SegmentMemory,
    Tables,
)
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.elf import Array

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)
_RW = SEGMENTS.index(RW)
_PAGE = 4096  # of the kinds that are from page to page


def copy_sections(graph: LinkGraph, memory: Array, segments: list[SegmentMemory]) -> None:
    """Copy the contents of loaded sections into ``memory`` (uint8).

    Memory is zero before, so sections without contents need nothing.
    """
    stored = (graph.section_segment != NOT_LOADED) & (graph.section_type != elf.SHT_NOBITS)
    chosen = np.flatnonzero(stored & (graph.section_size > 0))
    positions = np.array([segment.position for segment in segments], np.int64)
    starts = positions[graph.section_segment[chosen]] + graph.section_position[chosen]
    to = memory.data
    objects = [memoryview(source.data) for source in graph.objects]
    for start, owner, offset, size in zip(
        starts.tolist(),
        graph.section_object[chosen].tolist(),
        graph.section_offset[chosen].tolist(),
        graph.section_size[chosen].tolist(),
        strict=True,
    ):
        to[start : start + size] = objects[owner][offset : offset + size]


def fill_tables(
    graph: LinkGraph,
    tables: Tables,
    memory: Array,
    segments: list[SegmentMemory],
    redirection: Redirection,
    module: int,
) -> None:
    """Write the GOT's addresses, and the PLT's jumps through them or through slots.

    ``module``: of this unit's thread-local variables.
    """
    _fill_thread_local_pairs(graph, tables, memory, segments, module)
    slots = segments[_RW].position + tables.slots_offset
    memory[slots : slots + GOT_ENTRY_SIZE * len(redirection.targets)].view("<i8")[:] = (
        redirection.targets
    )
    got = segments[_RO].position + tables.got_offset
    entries = memory[got : got + GOT_ENTRY_SIZE * len(tables.got_symbols)]
    entries.view("<i8")[:] = graph.symbol_address[tables.got_symbols]
    if not len(tables.plt_symbols) and not len(tables.redirected_symbols):
        return
    index = np.searchsorted(tables.got_symbols, tables.plt_symbols)
    through_got = segments[_RO].address + tables.got_offset + GOT_ENTRY_SIZE * index
    number = np.arange(len(tables.redirected_symbols))
    through_slots = segments[_RW].address + tables.slots_offset + GOT_ENTRY_SIZE * number
    through = np.concatenate([through_got, through_slots])
    first = segments[_RX].position + tables.plt_offset
    graph.machine.write_plt_entries(
        memory[first : first + graph.machine.plt_entry_size * len(through)],
        segments[_RX].address + tables.plt_offset,
        through,
    )


def _fill_thread_local_pairs(
    graph: LinkGraph, tables: Tables, memory: Array, segments: list[SegmentMemory], module: int
) -> None:
    symbols = tables.thread_locals.pair_symbols
    start = segments[_RO].position + tables.thread_locals.pairs_offset
    pairs = memory[start : start + TLS_PAIR_SIZE * len(symbols)].view("<i8").reshape(-1, 2)
    pairs[:, 0] = graph.symbol_module[symbols]
    pairs[:, 1] = graph.symbol_address[symbols]
    if (graph.machine.kinds.BASE[graph.relocation_type] == Base.TLS_MODULE).any():
        end = start + TLS_PAIR_SIZE * len(symbols)
        memory[end : end + GOT_ENTRY_SIZE].view("<i8")[0] = module


def apply(graph: LinkGraph, tables: Tables, memory: Array, segments: list[SegmentMemory]) -> None:
    """Compute every relocation and write it.

    Raises:
        LinkError: a value does not fit its field; says which, where and by what.
    """
    if not len(graph.relocation_type):
        return
    machine = graph.machine
    work = _Relocations(graph, tables, segments)
    machine.relax_got_uses(work.uses, memory)
    if machine.kinds.STATIC_TLS.take(work.uses.kind).any():
        _check_static_thread_locals(graph, work.symbol)
        try:
            machine.relax_descriptors(work.uses, memory)
        except WrongInstruction as wrong:
            raise _not_its_instruction(graph, wrong.relocation) from None
    values = work.values()
    _check_ranges(graph, work.uses.kind, values)
    machine.write_fields(work.uses.kind, work.uses.position, values, memory)


class _Relocations:
    """The columns that the formulas need, in the psABI's letters."""

    def __init__(self, graph: LinkGraph, tables: Tables, segments: list[SegmentMemory]) -> None:
        kinds = graph.machine.kinds
        section, offset = graph.relocation_section, graph.relocation_offset
        kind = graph.relocation_type.astype(np.intp)
        symbol = graph.symbol_canonical.take(graph.relocation_symbol)
        room = graph.section_size.take(section) - offset
        outside = (offset < 0) | (room < kinds.WIDTH.take(kind))
        if outside.any():
            where = graph.describe_place(int(np.flatnonzero(outside)[0]))
            raise LinkError(f"{where}: damaged object: a relocation outside of its section")
        segment_positions = np.array([*(s.position for s in segments), 0], np.int64)
        section_positions = segment_positions[graph.section_segment] + graph.section_position
        self.graph = graph
        self.kinds = kinds
        self.symbol = symbol
        self.uses = Uses(
            kind=kind,
            offset=offset,
            room=room,
            position=section_positions.take(section) + offset,
            P=graph.section_address.take(section) + offset,
            S=graph.symbol_address.take(symbol),
            A=graph.relocation_addend,
            base=kinds.BASE.take(kind),
            pc_relative=kinds.PC_RELATIVE.take(kind),
        )
        self.GOT = segments[_RO].address + tables.got_offset
        self.tables = tables
        self.tls_pairs = segments[_RO].address + tables.thread_locals.pairs_offset
        self.plt = segments[_RX].address + tables.plt_offset
        self.gone = _refers_to_discarded(graph)

    def values(self) -> Array:
        """The formula of each kind, for all relocations (int64, wraps around)."""
        uses = self.uses
        start = uses.S.copy()
        calls = np.flatnonzero(uses.base == Base.L)
        start[calls] = self._call_targets(calls)
        others = np.flatnonzero((uses.base != Base.S) & (uses.base != Base.L))
        for choice in distinct(uses.base[others]).tolist():
            chosen = others[uses.base[others] == choice]
            start[chosen] = self._start(Base(choice), chosen)
        value, place = start + uses.A, uses.P
        if self.kinds.has_pages:
            paged = np.flatnonzero(self.kinds.PAGED.take(uses.kind))
            value[paged] &= -_PAGE
            place = place.copy()
            place[paged] &= -_PAGE
        np.subtract(value, place, out=value, where=uses.pc_relative)
        value[self.gone] = 0
        return value

    def _start(self, base: Base, chosen: Array) -> Array | int:
        """What the formula of some relocations, all of one kind, starts from."""
        if base is Base.GOT_ENTRY:
            return self.GOT + self._got_offset(chosen)
        if base is Base.GOT_ENTRY_IN_PAGE:
            return self.GOT % _PAGE + self._got_offset(chosen)
        if base is Base.G:
            return self._got_offset(chosen)
        if base is Base.GOT:
            return self.GOT
        if base in (Base.S_MINUS_GOT, Base.L_MINUS_GOT):  # 64 bits reach everything
            return self.uses.S[chosen] - self.GOT
        if base is Base.TLS_PAIR:
            symbols = self.tables.thread_locals.pair_symbols
            return self.tls_pairs + TLS_PAIR_SIZE * np.searchsorted(symbols, self.symbol[chosen])
        if base is Base.TLS_MODULE:
            return self.tls_pairs + TLS_PAIR_SIZE * len(self.tables.thread_locals.pair_symbols)
        if base is Base.Z:
            return self.graph.symbol_size[self.symbol[chosen]]
        return 0

    def _got_offset(self, chosen: Array) -> Array:
        index = np.searchsorted(self.tables.got_symbols, self.symbol[chosen])
        return index * GOT_ENTRY_SIZE

    def _call_targets(self, chosen: Array) -> Array:
        """The symbol itself where a direct call reaches it, else its PLT entry."""
        uses = self.uses
        target = uses.S[chosen]
        external = np.flatnonzero(self.graph.symbol_external.take(self.symbol[chosen]))
        calls = chosen[external]
        distance = uses.S[calls] + uses.A[calls] - uses.P[calls]
        low, high = (
            self.kinds.LOWEST.take(uses.kind[calls]),
            self.kinds.HIGHEST.take(uses.kind[calls]),
        )
        far = (distance < low) | (distance > high)
        index = np.searchsorted(self.tables.plt_symbols, self.symbol[calls[far]])
        target[external[far]] = self.plt + self.graph.machine.plt_entry_size * index
        return target


def _check_static_thread_locals(graph: LinkGraph, symbol: Array) -> None:
    """Where the code has a variable's distance from the thread pointer, it must have one."""
    fixed = graph.machine.kinds.STATIC_TLS[graph.relocation_type]
    wrong = np.flatnonzero(fixed & (graph.symbol_module[symbol] != STATIC_MODULE))
    if len(wrong):
        first = int(wrong[0])
        name = demangle(graph.symbol_name(int(graph.relocation_symbol[first])))
        raise LinkError(
            f"{graph.describe_place(first)}: {name} is not a thread-local variable at a fixed "
            "place, as this code takes it for: compile it with -fPIC"
        )


# Tables about functions, which may describe one that was dropped.
_MAY_REFER_TO_DISCARDED = (".eh_frame", ".gcc_except_table")


def _refers_to_discarded(graph: LinkGraph) -> Array:
    """Relocations against a section that was dropped as a duplicate (their numbers).

    Unwinders take the address 0 as the mark of an unused entry. Raises LinkError
    where no such mark exists.
    """
    section = graph.symbol_section
    symbols = (section >= 0) & ~graph.symbol_external
    symbols[symbols] = graph.section_segment[section[symbols]] == NOT_LOADED
    symbols = symbols[graph.symbol_canonical]
    if not symbols.any():
        return np.zeros(0, np.int64)
    gone = np.flatnonzero(symbols.take(graph.relocation_symbol))
    for relocation in gone.tolist():
        name = graph.section_names[int(graph.relocation_section[relocation])]
        if not name.startswith(_MAY_REFER_TO_DISCARDED):
            target = graph.symbol_name(int(graph.relocation_symbol[relocation]))
            raise LinkError(
                f"{graph.describe_place(relocation)}: refers to {demangle(target)} in a section "
                "that was discarded in favour of an earlier copy"
            )
    return gone


def _not_its_instruction(graph: LinkGraph, relocation: int) -> LinkError:
    name = graph.machine.kinds.name_of(int(graph.relocation_type[relocation]))
    return LinkError(
        f"{graph.describe_place(relocation)}: not the instruction that belongs to {name}"
    )


def _check_ranges(graph: LinkGraph, kind: Array, values: Array) -> None:
    kinds = graph.machine.kinds
    wrong = (values < kinds.LOWEST.take(kind)) | (values > kinds.HIGHEST.take(kind))
    if kinds.has_alignments:
        wrong |= values & kinds.UNALIGNED.take(kind) != 0
    bad = np.flatnonzero(wrong)
    if not len(bad):
        return
    first = int(bad[0])
    name = kinds.name_of(int(kind[first]))
    symbol = demangle(graph.symbol_name(int(graph.relocation_symbol[first])))
    raise LinkError(
        f"{graph.describe_place(first)}: {name} against {symbol or 'no symbol'} does not fit: "
        f"{int(values[first]):#x}"
    )
