"""Where each section goes in its segment, and how large the segments are."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from runtime.addresses import RO, RW, RX, ExecutorAddress, align_up
from runtime.errors import LinkError
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph, distinct
from runtime.linker.machines.kinds import Base
from runtime.linker.passes.linker_symbols import gather_bounded
from runtime.linker.passes.reach import MovedVariable, OutOfReach
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.elf import Array

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)
_RW = SEGMENTS.index(RW)

DSO_HANDLE_SIZE = 8
GOT_ENTRY_SIZE = 8
TLS_PAIR_SIZE = 16
_EH_FRAME_TERMINATOR = 4
_WORD = 8


class ThreadLocals(Struct, frozen=True):
    """The unit's thread-local variables, as offsets in the RO segment, in bytes.

    ``offset``, ``size``, ``align``: of their initial contents. ``is_static``: they
    must lie in the threads' static block. ``pair_symbols``: canonical symbols with a
    GOT pair (module, offset), sorted; one more pair, after these, is the unit's own
    module and 0.
    """

    offset: int
    size: int
    align: int
    is_static: bool
    pair_symbols: Array
    pairs_offset: int


class Tables(Struct, frozen=True):
    """What the linker adds to the input, as offsets in the segments.

    ``got_symbols``, ``plt_symbols``: canonical symbols that have an entry in the RO
    and in the RX segment, sorted (int64). Room is kept for all that might need one;
    relaxation leaves some unused. ``redirected_symbols``: those whose PLT entry is
    their address, because a resolver chooses the function (the first
    ``indirect_count`` of them) or because it is out of reach; these entries come
    after the others and jump through slots in the RW segment. ``moved``: variables
    and their offsets in the RW segment. ``data_size``: bytes of that segment up to the
    first section without contents.
    """

    got_symbols: Array
    plt_symbols: Array
    redirected_symbols: Array
    indirect_count: int
    got_offset: int
    plt_offset: int
    slots_offset: int
    moved: tuple[tuple[MovedVariable, int], ...]
    eh_frame_offset: int | None
    thread_locals: ThreadLocals
    data_size: int


class SegmentMemory(Struct, frozen=True):
    """Where a segment is: its address for the code, its position for the linker.

    ``position``: index of its first byte in the array that the linker writes.
    """

    address: ExecutorAddress
    position: int
    size: int


def check_relocation_types(graph: LinkGraph) -> None:
    """Raise LinkError for a kind that the table does not have."""
    kinds = graph.machine.kinds
    known = kinds.is_known(graph.relocation_type)
    if known.all():
        return
    first = int(np.flatnonzero(~known)[0])
    name = kinds.name_of(int(graph.relocation_type[first]))
    symbol = demangle(graph.symbol_name(int(graph.relocation_symbol[first])))
    raise LinkError(f"{graph.describe_place(first)}: unsupported {name} against {symbol}")


def lay_out(graph: LinkGraph, out_of_reach: OutOfReach) -> Tables:
    """Place sections and the linker's own tables. Sets ``segment_size`` and ``segment_align``."""
    frames = [
        section
        for section in np.flatnonzero(graph.section_segment != NOT_LOADED).tolist()
        if graph.section_names[section] == ".eh_frame"
    ]
    graph.section_segment[frames] = _RO  # whatever its flags say
    thread_local = np.flatnonzero(
        ((graph.section_flags & elf.SHF_TLS) != 0) & (graph.section_segment != NOT_LOADED)
    ).tolist()
    ends = [0] * len(SEGMENTS)
    ends[_RO] = DSO_HANDLE_SIZE
    data_size = _lay_out_sections(graph, {*frames, *thread_local}, ends)
    thread_locals = _lay_out_thread_locals(graph, thread_local, ends)
    got, plt = _entries_needed(graph)
    indirect = _indirect_functions(graph)
    redirected = np.concatenate([indirect, out_of_reach.functions])
    got_offset = align_up(ends[_RO], GOT_ENTRY_SIZE)
    ends[_RO] = got_offset + GOT_ENTRY_SIZE * len(got)
    entry_size = graph.machine.plt_entry_size
    plt_offset = align_up(ends[_RX], entry_size)
    ends[_RX] = plt_offset + entry_size * (len(plt) + len(redirected))
    slots_offset = align_up(ends[_RW], GOT_ENTRY_SIZE)
    if len(redirected):
        ends[_RW] = slots_offset + GOT_ENTRY_SIZE * len(redirected)
    moved = _lay_out_moved(out_of_reach.variables, ends)
    eh_frame_offset = _lay_out_frames(graph, frames, ends)
    graph.segment_size = ends
    return Tables(
        got_symbols=got,
        plt_symbols=plt,
        redirected_symbols=redirected,
        indirect_count=len(indirect),
        got_offset=got_offset,
        plt_offset=plt_offset,
        slots_offset=slots_offset,
        moved=moved,
        eh_frame_offset=eh_frame_offset,
        thread_locals=thread_locals,
        data_size=data_size,
    )


def _lay_out_moved(
    variables: tuple[MovedVariable, ...], ends: list[int]
) -> tuple[tuple[MovedVariable, int], ...]:
    placed = []
    for variable in variables:
        start = align_up(ends[_RW], variable.align)
        ends[_RW] = start + variable.size
        placed.append((variable, start))
    return tuple(placed)


def _lay_out_sections(graph: LinkGraph, excluded: set[int], ends: list[int]) -> int:
    """Returns where the variables with contents end in the RW segment."""
    order, is_zero = _placing_order(graph)
    sizes, aligns = graph.section_size.tolist(), graph.section_align.tolist()
    segments = graph.section_segment.tolist()
    positions = graph.section_position
    data_size = 0
    for section, zero in zip(order.tolist(), is_zero.tolist(), strict=True):
        if section in excluded:
            continue
        segment = segments[section]
        start = align_up(ends[segment], aligns[section])
        positions[section] = start
        ends[segment] = start + sizes[section]
        if aligns[section] > graph.segment_align[segment]:
            graph.segment_align[segment] = aligns[section]
        if not zero:
            data_size = ends[_RW]
    return data_size


def _placing_order(graph: LinkGraph) -> tuple[Array, Array]:
    """The loaded sections: those without contents last, and together what has boundaries.

    With them, for each, whether it is one of the last (bool).
    """
    place = np.arange(len(graph.section_segment))
    is_zero = graph.section_type == elf.SHT_NOBITS
    for sections in gather_bounded(graph):
        place[sections] = sections[0]
        is_zero[sections] = is_zero[sections].all()
    order = np.lexsort((place, is_zero))
    order = order[graph.section_segment[order] != NOT_LOADED]
    return order, is_zero[order]


def _lay_out_thread_locals(graph: LinkGraph, sections: list[int], ends: list[int]) -> ThreadLocals:
    """The image in one piece: .tdata, then .tbss as zeros."""
    align = max([int(graph.section_align[section]) for section in sections], default=1)
    start = end = align_up(ends[_RO], align)
    for section in sections:
        end = align_up(end, int(graph.section_align[section]))
        graph.section_position[section] = end
        end += int(graph.section_size[section])
    graph.segment_align[_RO] = max(graph.segment_align[_RO], align)
    base = graph.machine.kinds.BASE[graph.relocation_type]
    pairs = distinct(graph.symbol_canonical[graph.relocation_symbol[base == Base.TLS_PAIR]])
    pairs_offset = align_up(end, GOT_ENTRY_SIZE)
    ends[_RO] = pairs_offset + TLS_PAIR_SIZE * (len(pairs) + bool((base == Base.TLS_MODULE).any()))
    is_static = end > start and _uses_static_block(graph)
    return ThreadLocals(start, end - start, align, is_static, pairs, pairs_offset)


def _uses_static_block(graph: LinkGraph) -> bool:
    """Whether code has the place of one of this unit's variables in its instructions."""
    fixed = graph.machine.kinds.STATIC_TLS[graph.relocation_type]
    symbols = graph.symbol_canonical[graph.relocation_symbol[fixed]]
    return bool((~graph.symbol_external[symbols]).any())


def _lay_out_frames(graph: LinkGraph, frames: list[int], ends: list[int]) -> int | None:
    """All ``.eh_frame`` in one piece with one terminator, as unwinders expect it."""
    if not frames:
        return None
    start = end = align_up(ends[_RO], _WORD)
    for section in frames:
        owner = graph.objects[int(graph.section_object[section])]
        if graph.section_type[section] == elf.SHT_NOBITS:
            raise LinkError(f"{owner.name}: an .eh_frame section without contents")
        if graph.section_size[section] % _WORD:  # records are padded, a terminator is not
            graph.section_size[section] = _size_without_terminator(graph, section)
        graph.section_position[section] = end
        end += int(graph.section_size[section])
    ends[_RO] = end + _EH_FRAME_TERMINATOR
    return start


def _size_without_terminator(graph: LinkGraph, section: int) -> int:
    """Up to the first record of length 0, which would hide the frames that follow."""
    data = graph.objects[int(graph.section_object[section])].data
    start, size = int(graph.section_offset[section]), int(graph.section_size[section])
    at = 0
    while at + 4 <= size:
        length = int.from_bytes(data[start + at : start + at + 4], "little")
        if length == 0:
            return at
        at += 4 + length
    return size


def _indirect_functions(graph: LinkGraph) -> Array:
    """Canonical symbols of functions that a resolver chooses (STT_GNU_IFUNC), sorted."""
    candidates = np.flatnonzero(graph.symbol_info & 0xF == elf.STT_GNU_IFUNC)
    if not len(candidates):
        return candidates
    candidates = distinct(graph.symbol_canonical[candidates])
    section = graph.symbol_section[candidates]
    here = (section >= 0) & ~graph.symbol_external[candidates]
    here[here] = graph.section_segment[section[here]] != NOT_LOADED
    return candidates[here]


def _entries_needed(graph: LinkGraph) -> tuple[Array, Array]:
    """The canonical symbols that may need a GOT entry, and those a PLT entry."""
    kinds, kind = graph.machine.kinds, graph.relocation_type
    canonical = graph.symbol_canonical[graph.relocation_symbol]
    calls = (kinds.BASE[kind] == Base.L) & graph.symbol_external[canonical]
    plt = distinct(canonical[calls])
    through_got = kinds.NEEDS_GOT_ENTRY[kind]
    if not through_got.any() and not len(plt):
        return plt, plt
    return distinct(np.concatenate([canonical[through_got], plt])), plt
