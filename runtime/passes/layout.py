"""Where each section goes in its segment, and how large the segments are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime import elf, relocations
from runtime.addresses import RO, RX, align_up
from runtime.elf import Array
from runtime.errors import LinkError
from runtime.link_graph import NOT_LOADED, SEGMENTS, LinkGraph
from runtime.relocations import Base

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)

DSO_HANDLE_SIZE = 8
GOT_ENTRY_SIZE = 8
PLT_ENTRY_SIZE = 8  # jmp *entry(%rip), padded
_EH_FRAME_TERMINATOR = 4
_WORD = 8


@dataclass(frozen=True, slots=True)
class Tables:
    """What the linker adds to the input, as offsets in the RO and RX segments.

    ``got_symbols``, ``plt_symbols``: canonical symbols that have an entry, sorted
    (int64). Room is kept for all that might need one; relaxation leaves some
    unused.
    """

    got_symbols: Array
    plt_symbols: Array
    got_offset: int
    plt_offset: int
    eh_frame_offset: int | None


def check_relocation_types(graph: LinkGraph) -> None:
    """Raise LinkError for a kind that the table does not have."""
    known = relocations.is_known(graph.relocation_type)
    if known.all():
        return
    first = int(np.flatnonzero(~known)[0])
    name = relocations.name_of(int(graph.relocation_type[first]))
    symbol = graph.symbol_name(int(graph.relocation_symbol[first]))
    raise LinkError(f"{graph.describe_place(first)}: unsupported {name} against {symbol}")


def lay_out(graph: LinkGraph) -> Tables:
    """Place sections and the linker's own tables. Sets ``segment_size``."""
    ends = [0] * len(SEGMENTS)
    ends[_RO] = DSO_HANDLE_SIZE
    frames: list[int] = []
    sizes, aligns = graph.section_size.tolist(), graph.section_align.tolist()
    segments = graph.section_segment.tolist()
    for section in np.flatnonzero(graph.section_segment != NOT_LOADED).tolist():
        if graph.section_names[section] == ".eh_frame":
            frames.append(section)
            continue
        segment = segments[section]
        start = align_up(ends[segment], aligns[section])
        graph.section_position[section] = start
        ends[segment] = start + sizes[section]
    got, plt = _entries_needed(graph)
    got_offset = align_up(ends[_RO], GOT_ENTRY_SIZE)
    ends[_RO] = got_offset + GOT_ENTRY_SIZE * len(got)
    plt_offset = align_up(ends[_RX], PLT_ENTRY_SIZE)
    ends[_RX] = plt_offset + PLT_ENTRY_SIZE * len(plt)
    eh_frame_offset = _lay_out_frames(graph, frames, ends)
    graph.segment_size = ends
    return Tables(got, plt, got_offset, plt_offset, eh_frame_offset)


def _lay_out_frames(graph: LinkGraph, frames: list[int], ends: list[int]) -> int | None:
    """All ``.eh_frame`` in one piece with one terminator, as unwinders expect it."""
    if not frames:
        return None
    start = end = align_up(ends[_RO], _WORD)
    for section in frames:
        if graph.section_type[section] == elf.SHT_NOBITS:
            raise LinkError("an .eh_frame section without contents")
        graph.section_position[section] = end
        end += int(graph.section_size[section])
    ends[_RO] = end + _EH_FRAME_TERMINATOR
    return start


def _entries_needed(graph: LinkGraph) -> tuple[Array, Array]:
    """The canonical symbols that may need a GOT entry, and those a PLT entry."""
    kind = graph.relocation_type
    canonical = graph.symbol_canonical[graph.relocation_symbol]
    calls = (relocations.BASE[kind] == Base.L) & graph.symbol_external[canonical]
    plt = np.unique(canonical[calls])
    through_got = relocations.NEEDS_GOT_ENTRY[kind]
    return np.unique(np.concatenate([canonical[through_got], plt])), plt
