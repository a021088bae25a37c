"""Copies the sections into memory and applies the relocations, column by column."""

from __future__ import annotations

import numpy as np

from runtime.addresses import RO, RW, RX, STATIC_MODULE
from runtime.errors import LinkError
from runtime.linker import relocations
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph, distinct
from runtime.linker.machines import x86_64
from runtime.linker.machines.x86_64 import PLT_ENTRY_SIZE
from runtime.linker.passes.addresses import Redirection
from runtime.linker.passes.layout import (
    GOT_ENTRY_SIZE,
    TLS_PAIR_SIZE,
    SegmentMemory,
    Tables,
)
from runtime.linker.relocations import Base
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.elf import Array

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)
_RW = SEGMENTS.index(RW)
_INT32_MIN, _INT32_MAX = -(1 << 31), (1 << 31) - 1
_TLSDESC_CALL = 35
_TLSDESC_LOADS = (34, 45)  # R_X86_64_GOTPC32_TLSDESC, R_X86_64_CODE_4_GOTPC32_TLSDESC


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
    x86_64.write_plt_entries(
        memory[first : first + PLT_ENTRY_SIZE * len(through)],
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
    if (relocations.BASE[graph.relocation_type] == Base.TLS_MODULE).any():
        end = start + TLS_PAIR_SIZE * len(symbols)
        memory[end : end + GOT_ENTRY_SIZE].view("<i8")[0] = module


def apply(graph: LinkGraph, tables: Tables, memory: Array, segments: list[SegmentMemory]) -> None:
    """Compute every relocation and write it.

    Raises:
        LinkError: a value does not fit its field; says which, where and by what.
    """
    if not len(graph.relocation_type):
        return
    work = _Relocations(graph, tables, segments)
    work.relax(memory)
    if relocations.STATIC_TLS.take(work.kind).any():
        _check_static_thread_locals(graph, work.symbol)
        work.relax_descriptors(memory)
    values = work.values()
    _check_ranges(graph, work, values)
    width = relocations.WIDTH.take(work.kind)
    for size in (1, 2, 4, 8):
        chosen = np.flatnonzero(width == size)
        if len(chosen):
            # A field may begin at any byte.
            fields = np.ndarray(len(memory) - size + 1, f"<u{size}", memory, strides=(1,))
            fields[work.position[chosen]] = values[chosen].astype(f"<u{size}")


class _Relocations:
    """The columns that the formulas need (int64), in the psABI's letters."""

    def __init__(self, graph: LinkGraph, tables: Tables, segments: list[SegmentMemory]) -> None:
        section = graph.relocation_section
        kind = graph.relocation_type.astype(np.intp)
        symbol = graph.symbol_canonical.take(graph.relocation_symbol)
        end = graph.section_size.take(section) - relocations.WIDTH.take(kind)
        outside = (graph.relocation_offset < 0) | (graph.relocation_offset > end)
        if outside.any():
            where = graph.describe_place(int(np.flatnonzero(outside)[0]))
            raise LinkError(f"{where}: damaged object: a relocation outside of its section")
        segment_positions = np.array([*(s.position for s in segments), 0], np.int64)
        section_positions = segment_positions[graph.section_segment] + graph.section_position
        self.graph = graph
        self.symbol = symbol
        self.kind = kind
        self.position = section_positions.take(section) + graph.relocation_offset
        self.P = graph.section_address.take(section) + graph.relocation_offset
        self.S = graph.symbol_address.take(symbol)
        self.A = graph.relocation_addend
        self.GOT = segments[_RO].address + tables.got_offset
        self.base = relocations.BASE.take(kind)
        self.pc_relative = relocations.PC_RELATIVE.take(kind)
        self.tables = tables
        self.tls_pairs = segments[_RO].address + tables.thread_locals.pairs_offset
        self.plt = segments[_RX].address + tables.plt_offset
        self.gone = _refers_to_discarded(graph)

    def _fits(self, value: Array) -> Array:
        return (value >= _INT32_MIN) & (value <= _INT32_MAX)

    def relax(self, memory: Array) -> None:
        """Use what is in reach directly, instead of through the GOT (psABI B.2)."""
        candidates = np.flatnonzero(relocations.RELAXABLE.take(self.kind))
        if not len(candidates):
            return
        # Another addend, or no room for an instruction, is nothing that compilers make.
        usual = (self.A[candidates] == -4) & (self.graph.relocation_offset[candidates] >= 2)
        candidates = candidates[usual]
        distance = self.S[candidates] + self.A[candidates] - self.P[candidates]
        candidates = candidates[self._fits(distance) & self._fits(distance + 1)]
        has_rex2 = relocations.REX2.take(self.kind[candidates])
        direct, moved = x86_64.relax_got_uses(memory, self.position[candidates], has_rex2)
        self.position[candidates[moved]] -= 1
        self.P[candidates[moved]] -= 1
        self.base[candidates[direct]] = Base.S

    def relax_descriptors(self, memory: Array) -> None:
        """Load a thread-local variable's distance instead of asking its descriptor.

        Raises LinkError where the instructions are not those of the psABI.
        """
        calls = np.flatnonzero(self.kind == _TLSDESC_CALL)
        loads = np.flatnonzero(np.isin(self.kind, _TLSDESC_LOADS))
        has_rex2 = relocations.REX2.take(self.kind[loads])
        self._require(calls, self._has_around(calls, 0, 2))
        self._require(loads, self._has_around(loads, 3 + has_rex2, 4))
        calls_at, loads_at = self.position[calls], self.position[loads]
        self._require(calls, x86_64.are_descriptor_calls(memory, calls_at))
        self._require(loads, x86_64.are_descriptor_loads(memory, loads_at, has_rex2))
        x86_64.relax_descriptor_calls(memory, calls_at)
        x86_64.relax_descriptor_loads(memory, loads_at, has_rex2)
        self.pc_relative[loads] = False
        self.A = self.A.copy()  # it may be the object's own bytes
        self.A[loads] += 4

    def _has_around(self, chosen: Array, before: Array | int, after: int) -> Array:
        """Whether the sections have so many bytes before and from these places on (bool)."""
        offset = self.graph.relocation_offset[chosen]
        size = self.graph.section_size[self.graph.relocation_section[chosen]]
        return np.asarray((offset >= before) & (offset + after <= size))

    def _require(self, chosen: Array, good: Array) -> None:
        """Raise LinkError if one of these relocations does not belong to its instruction."""
        if good.all():
            return
        first = int(chosen[np.flatnonzero(~good)[0]])
        raise LinkError(
            f"{self.graph.describe_place(first)}: not the instruction that belongs to "
            f"{relocations.name_of(int(self.kind[first]))}"
        )

    def values(self) -> Array:
        """The formula of each kind, for all relocations (int64, wraps around)."""
        start = self.S.copy()
        calls = np.flatnonzero(self.base == Base.L)
        start[calls] = self._call_targets(calls)
        others = np.flatnonzero((self.base != Base.S) & (self.base != Base.L))
        for choice in distinct(self.base[others]).tolist():
            chosen = others[self.base[others] == choice]
            start[chosen] = self._start(Base(choice), chosen)
        value = start + self.A
        np.subtract(value, self.P, out=value, where=self.pc_relative)
        value[self.gone] = 0
        return value

    def _start(self, base: Base, chosen: Array) -> Array | int:
        """What the formula of some relocations, all of one kind, starts from."""
        if base is Base.GOT_ENTRY:
            return self.GOT + self._got_offset(chosen)
        if base is Base.G:
            return self._got_offset(chosen)
        if base is Base.GOT:
            return self.GOT
        if base in (Base.S_MINUS_GOT, Base.L_MINUS_GOT):  # 64 bits reach everything
            return self.S[chosen] - self.GOT
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
        target = self.S[chosen]
        external = np.flatnonzero(self.graph.symbol_external.take(self.symbol[chosen]))
        calls = chosen[external]
        far = ~self._fits(self.S[calls] + self.A[calls] - self.P[calls])
        index = np.searchsorted(self.tables.plt_symbols, self.symbol[calls[far]])
        target[external[far]] = self.plt + PLT_ENTRY_SIZE * index
        return target


def _check_static_thread_locals(graph: LinkGraph, symbol: Array) -> None:
    """Where the code has a variable's distance from the thread pointer, it must have one."""
    fixed = relocations.STATIC_TLS[graph.relocation_type]
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


def _check_ranges(graph: LinkGraph, work: _Relocations, values: Array) -> None:
    low, high = relocations.LOWEST.take(work.kind), relocations.HIGHEST.take(work.kind)
    bad = np.flatnonzero((values < low) | (values > high))
    if not len(bad):
        return
    first = int(bad[0])
    name = relocations.name_of(int(work.kind[first]))
    symbol = demangle(graph.symbol_name(int(graph.relocation_symbol[first])))
    raise LinkError(
        f"{graph.describe_place(first)}: {name} against {symbol or 'no symbol'} does not fit: "
        f"{int(values[first]):#x}"
    )
