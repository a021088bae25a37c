"""The link map: what was linked, why, and where it is, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from runtime.addresses import RO, RW, RX, Protection
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph
from runtime.linker.link_inputs import ArchiveMember, CollectedInputs
from runtime.linker.link_report import LinkPicture
from runtime.linker.passes.layout import GOT_ENTRY_SIZE
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.elf import Array

_BINDINGS = {elf.STB_LOCAL: "local", elf.STB_GLOBAL: "global", elf.STB_WEAK: "weak"}
_LETTERS = {Protection.READ: "r", Protection.WRITE: "w", Protection.EXEC: "x"}


def link_map(picture: LinkPicture, inputs: CollectedInputs) -> Iterator[str]:
    """The lines of the map of a link of ``inputs``. Addresses are the executor's, sizes
    are in bytes."""
    yield from _part("Libraries", inputs.libraries)
    yield from _part("Archive members", map(_describe_member, inputs.members))
    yield from _part("Discarded COMDAT groups", _discarded_groups(picture))
    yield from _part("Segments", _segments(picture))
    yield from _part("Linker's tables", _tables(picture))
    yield from _part("Sections", _sections(picture.graph))
    symbols = _listed_symbols(picture.graph)
    thread_local = picture.graph.symbol_info[symbols] & 0xF == elf.STT_TLS
    yield from _part("Symbols", _symbols(picture.graph, symbols[~thread_local]))
    yield from _part(
        "Thread-local variables (by their offset in a thread's block)",
        _symbols(picture.graph, symbols[thread_local]),
    )


def _part(heading: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    """Nothing if there are no lines."""
    for number, line in enumerate(lines):
        if number == 0:
            yield heading
        yield "  " + line


def _row(address: int, size: int, *words: str) -> str:
    return "  ".join([f"{address:#018x}", f"{size:#10x}", *words])


def _describe_member(member: ArchiveMember) -> str:
    if not member.needed_by:
        return f"{member.name} (whole archive)"
    return f"{member.name} (needed by {member.needed_by} for {demangle(member.symbol)})"


def _discarded_groups(picture: LinkPicture) -> Iterator[str]:
    graph = picture.graph
    staying = set(picture.groups)
    for section in np.flatnonzero(graph.section_type == elf.SHT_GROUP).tolist():
        owner = graph.objects[int(graph.section_object[section])]
        header = owner.sections[section - graph.section_base[int(graph.section_object[section])]]
        start = int(header["offset"])
        if not int.from_bytes(owner.data[start : start + 4], "little") & elf.GRP_COMDAT:
            continue
        signature = owner.symbol_name(int(header["info"]))
        if signature in staying:  # the first one of a name
            staying.remove(signature)
        else:
            yield f"{demangle(signature)} (of {owner.name})"


def _segments(picture: LinkPicture) -> Iterator[str]:
    for protection, segment in zip(SEGMENTS, picture.segments, strict=True):
        yield _row(segment.address, segment.size, _protection(protection))


def _protection(protection: Protection) -> str:
    """As in /proc/PID/maps."""
    return "".join(letter if protection & bit else "-" for bit, letter in _LETTERS.items())


def _tables(picture: LinkPicture) -> Iterator[str]:
    tables, segments = picture.tables, picture.segments
    entries = len(tables.got_symbols)
    start = segments[SEGMENTS.index(RO)].address + tables.got_offset
    yield _row(start, entries * GOT_ENTRY_SIZE, f"GOT, {entries} entries")
    entries = len(tables.plt_symbols) + len(tables.redirected_symbols)
    start = segments[SEGMENTS.index(RX)].address + tables.plt_offset
    yield _row(start, entries * picture.graph.machine.plt_entry_size, f"PLT, {entries} entries")
    for variable, offset in tables.moved:
        name = picture.graph.symbol_name(variable.symbols[0])
        start = segments[SEGMENTS.index(RW)].address + offset
        yield _row(start, variable.size, f"{demangle(name)}, moved from {variable.source:#x}")


def _sections(graph: LinkGraph) -> Iterator[str]:
    """Object by object; sections that are not loaded or empty are left out."""
    listed = (graph.section_segment != NOT_LOADED) & (graph.section_size > 0)
    previous = -1
    numbers = np.flatnonzero(listed)
    owners = graph.section_object[numbers]
    for section in numbers[np.argsort(owners, kind="stable")].tolist():
        owner = int(graph.section_object[section])
        if owner != previous:
            yield graph.objects[owner].name
            previous = owner
        protection = _protection(SEGMENTS[int(graph.section_segment[section])])
        address, size = int(graph.section_address[section]), int(graph.section_size[section])
        yield "  " + _row(address, size, protection, graph.section_names[section])


def _listed_symbols(graph: LinkGraph) -> Array:
    """The numbers of those that are defined in this link and have a use, by address."""
    section = graph.symbol_section
    kind = graph.symbol_info & 0xF
    listed = (section >= 0) & ~graph.symbol_external
    listed &= graph.symbol_canonical == np.arange(len(section))
    listed &= (kind != elf.STT_SECTION) & (kind != elf.STT_FILE)
    listed[listed] = graph.section_segment[section[listed]] != NOT_LOADED
    numbers = np.flatnonzero(listed)
    return np.asarray(numbers[np.argsort(graph.symbol_address[numbers], kind="stable")])


def _symbols(graph: LinkGraph, symbols: Array) -> Iterator[str]:
    for symbol in symbols.tolist():
        name = demangle(graph.symbol_name(symbol))
        binding = _BINDINGS.get(int(graph.symbol_info[symbol]) >> 4, "other")
        owner = graph.objects[graph.symbol_object(symbol)].name
        address, size = int(graph.symbol_address[symbol]), int(graph.symbol_size[symbol])
        yield _row(address, size, f"{binding:6}", f"{name} (of {owner})")
