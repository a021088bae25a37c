"""The linker: relocatable objects in, code that can run in the executor out.

``link`` is the whole of it, a list of passes over one ``LinkGraph``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set

import numpy as np
from msgspec import Struct

from runtime.addresses import (
    NULL,
    RO,
    RW,
    RX,
    ExecutorAddress,
    Protection,
    ThreadLocalImage,
)
from runtime.errors import LinkError, OutOfMemoryError
from runtime.executor_client.interface import Move
from runtime.linker.exported_symbols import OPENERS
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph, build
from runtime.linker.link_report import SILENT, LinkPicture, LinkReport
from runtime.linker.machines.choice import machine_of
from runtime.linker.machines.machine import Machine
from runtime.linker.passes.addresses import assign_addresses, redirect
from runtime.linker.passes.layout import SegmentMemory, Tables, check_relocation_types, lay_out
from runtime.linker.passes.reach import find_out_of_reach, needs_low_memory
from runtime.linker.passes.relocate import apply, copy_sections, fill_tables
from runtime.linker.passes.resolve import discard_duplicate_groups, resolve_symbols
from runtime.linker.symbols import Definition, JITDylib, ProcessSymbols
from runtime.linker.thread_local_blocks import ThreadLocalBlock, ThreadLocalBlocks
from runtime.memory.manager import FinalizedAllocation, InFlightAllocation, MapperMemoryManager
from runtime.objects import elf
from runtime.objects.elf import Array, ObjectFile
from runtime.objects.foreign_files import machine_name
from runtime.objects.placed_object import PlacedObject

_RX = SEGMENTS.index(RX)
_RO = SEGMENTS.index(RO)
_RW = SEGMENTS.index(RW)


class FunctionArray(Struct, frozen=True):
    """A section of function pointers (``.init_array`` and its kin), relocated."""

    name: str
    type: int  # sh_type
    functions: tuple[ExecutorAddress, ...]


class LinkedUnit(Struct, frozen=True):
    """What one link made: its memory and what the platform must know of it.

    ``definitions`` and ``groups`` are not in the symbol table yet: the session
    adds them when the unit's initializers have run.
    """

    allocation: FinalizedAllocation
    thread_local_block: ThreadLocalBlock
    dso_handle: ExecutorAddress
    text: ExecutorAddress
    text_size: int
    eh_frame: ExecutorAddress  # NULL if there are none
    thread_locals: ThreadLocalImage
    indirect_functions: tuple[tuple[ExecutorAddress, ExecutorAddress], ...]  # slot, resolver
    moves: tuple[Move, ...]
    function_arrays: tuple[FunctionArray, ...]
    definitions: dict[str, Definition]
    groups: tuple[str, ...]
    opens_libraries: bool  # which may want to bind to what has been linked
    objects: tuple[PlacedObject, ...]


def link(
    objects: Sequence[ObjectFile],
    unit: int,
    dylib: JITDylib,
    process: ProcessSymbols,
    memory_manager: MapperMemoryManager,
    thread_local_blocks: ThreadLocalBlocks,
    report: LinkReport = SILENT,
    kept: Set[str] | None = None,
) -> LinkedUnit:
    """Link objects into executable memory. ``report`` is told after each pass. ``kept``: the
    objects are a new version of what has been linked, so what they define comes in its place;
    only of these symbols the old definition stays.

    Raises:
        LinkError, ObjectFormatError: what is wrong with the input.
        OutOfMemoryError, ExecutorError: there is no memory for it.
    In each case nothing of the link stays behind.
    """
    machine = machine_of(process.machine)
    _check_machines(objects, machine)
    graph = build(list(objects), machine)
    check_relocation_types(graph)
    report.lap("build")
    # From here on all relocations are of kinds that the table describes.

    groups = discard_duplicate_groups(graph, dylib, kept)
    report.lap("discard groups")
    defined = resolve_symbols(graph, dylib, process, kept)
    report.lap("resolve")
    # Every name now means one thing, and what lies elsewhere has its address.

    low = needs_low_memory(graph)
    out_of_reach = find_out_of_reach(graph, memory_manager.span(low), dylib, process)
    report.lap("reach")
    tables = lay_out(graph, out_of_reach)
    report.lap("lay out")
    # Sizes are fixed.

    sizes = dict(zip(SEGMENTS, graph.segment_size, strict=True))
    alignments = dict(zip(SEGMENTS, graph.segment_align, strict=True))
    with (
        _thread_local_block(graph, thread_local_blocks, tables) as block,
        _allocate(graph, memory_manager, sizes, alignments, low) as memory,
    ):
        segments = [_segment_memory(memory, index) for index in range(len(SEGMENTS))]
        report.lap("allocate")
        thread_locals = _thread_locals(tables, segments, block)
        assign_addresses(graph, tables, segments, thread_locals)
        redirection = redirect(graph, tables, segments)
        report.lap("addresses")
        # Addresses are fixed.

        copy_sections(graph, memory.bytes, segments)
        report.lap("copy")
        fill_tables(graph, tables, memory.bytes, segments, redirection, thread_locals.module)
        report.lap("tables")
        apply(graph, tables, memory.bytes, segments)
        report.lap("relocate")
        # The bytes are fixed.

        function_arrays = _function_arrays(graph, memory.bytes, segments)
        # The unit is to be registered next, which makes it one message.
        allocation = memory.finalize(postponed=True)
        block.keep()
        report.lap("finalize")
    report.linked(LinkPicture(graph, tables, segments, groups))
    return LinkedUnit(
        allocation=allocation,
        thread_local_block=block,
        dso_handle=segments[_RO].address,
        text=segments[_RX].address,
        text_size=segments[_RX].size,
        eh_frame=_eh_frame(segments, tables),
        thread_locals=thread_locals,
        indirect_functions=redirection.indirect,
        moves=_moves(tables, segments),
        function_arrays=function_arrays,
        definitions=_definitions(graph, tables, defined, unit),
        groups=tuple(groups),
        opens_libraries=not OPENERS.isdisjoint(graph.global_names),
        objects=tuple(
            PlacedObject(source.name, source.data, source.machine, addresses)
            for source, addresses in zip(graph.objects, graph.loaded_addresses(), strict=True)
        ),
    )


def _check_machines(objects: Sequence[ObjectFile], machine: Machine) -> None:
    for each in objects:
        if each.machine != machine.number:
            raise LinkError(
                f"{each.name}: made for another machine ({machine_name(each.machine)}) than what "
                f"is to run it ({machine_name(machine.number)})"
            )


def _allocate(
    graph: LinkGraph,
    memory_manager: MapperMemoryManager,
    sizes: Mapping[Protection, int],
    alignments: Mapping[Protection, int],
    low: bool,
) -> InFlightAllocation:
    try:
        return memory_manager.allocate(sizes, alignments, low)
    except OutOfMemoryError as error:
        raise OutOfMemoryError(f"{graph.describe_largest_section()}: {error}") from error


def _segment_memory(memory: InFlightAllocation, index: int) -> SegmentMemory:
    segment = memory.segments[SEGMENTS[index]]
    return SegmentMemory(segment.address, segment.position, segment.size)


def _eh_frame(segments: list[SegmentMemory], tables: Tables) -> ExecutorAddress:
    if tables.eh_frame_offset is None:
        return NULL
    return ExecutorAddress(segments[_RO].address + tables.eh_frame_offset)


def _thread_local_block(
    graph: LinkGraph, blocks: ThreadLocalBlocks, tables: Tables
) -> ThreadLocalBlock:
    image = tables.thread_locals
    try:
        return blocks.allocate(image.size, image.align, image.is_static)
    except OutOfMemoryError as error:
        first = int(np.flatnonzero(graph.section_flags & elf.SHF_TLS)[0])
        owner = graph.objects[int(graph.section_object[first])]
        raise OutOfMemoryError(f"{owner.name}: {error}") from error


def _thread_locals(
    tables: Tables, segments: list[SegmentMemory], block: ThreadLocalBlock
) -> ThreadLocalImage:
    image = tables.thread_locals
    return ThreadLocalImage(
        module=block.module,
        offset=block.offset,
        address=ExecutorAddress(segments[_RO].address + image.offset),
        size=image.size,
        align=image.align,
    )


def _moves(tables: Tables, segments: list[SegmentMemory]) -> tuple[Move, ...]:
    first = segments[_RW].address
    return tuple(
        Move(variable.source, ExecutorAddress(first + offset), variable.size)
        for variable, offset in tables.moved
    )


def _definitions(
    graph: LinkGraph, tables: Tables, defined: dict[str, int], unit: int
) -> dict[str, Definition]:
    """What later units find: the graph's own, and the variables that it has taken over."""
    moved = [symbol for variable, _ in tables.moved for symbol in variable.symbols]
    defined = defined | {graph.symbol_name(symbol): symbol for symbol in moved}
    symbols = np.fromiter(defined.values(), np.int64, len(defined))
    info = graph.symbol_info[symbols]
    kind = info & 0xF
    is_moved = np.arange(len(defined)) >= len(defined) - len(moved)
    visibility = graph.symbol_visibility[symbols]
    visible = (visibility == elf.STV_DEFAULT) | (visibility == elf.STV_PROTECTED)
    columns = zip(
        map(ExecutorAddress, graph.symbol_address[symbols].tolist()),
        itertools.repeat(unit),
        ((info >> 4 == elf.STB_WEAK) | is_moved).tolist(),
        graph.symbol_module[symbols].tolist(),
        graph.symbol_size[symbols].tolist(),
        ((kind == elf.STT_FUNC) | (kind == elf.STT_GNU_IFUNC)).tolist(),
        (visible & (kind != elf.STT_TLS) & ~is_moved).tolist(),
    )
    return dict(zip(defined, itertools.starmap(Definition, columns), strict=True))


_ARRAY_TYPES = (elf.SHT_INIT_ARRAY, elf.SHT_FINI_ARRAY, elf.SHT_PREINIT_ARRAY)
_RUN_BACKWARDS = (".ctors", ".dtors")


def _function_arrays(
    graph: LinkGraph, memory: Array, segments: list[SegmentMemory]
) -> tuple[FunctionArray, ...]:
    found = []
    for section in _with_functions(graph):
        name, kind = graph.section_names[section], int(graph.section_type[section])
        segment = segments[int(graph.section_segment[section])]
        start = segment.position + int(graph.section_position[section])
        size = int(graph.section_size[section]) // 8 * 8
        pointers = memory[start : start + size].view("<u8").tolist()
        found.append(FunctionArray(name, kind, tuple(map(ExecutorAddress, pointers))))
    return tuple(found)


def runs_code(candidate: ObjectFile) -> bool:
    """Whether an object has initializers."""
    types = candidate.sections["type"].tolist()
    return any(
        kind in (elf.SHT_INIT_ARRAY, elf.SHT_PREINIT_ARRAY) or name.startswith(".ctors")
        for kind, name in zip(types, candidate.section_names, strict=True)
    )


def _with_functions(graph: LinkGraph) -> list[int]:
    """The numbers of the sections of function pointers, first come, first run.

    LLVM counts on the ``.ctors`` of an object being run from the end. Those of one object
    are several sections if some are in groups: an instantiated variable's initializer is,
    and it comes last in the file and has to run before the statements that use it.
    """
    found: list[int] = []
    loaded = np.flatnonzero(graph.section_segment != NOT_LOADED).tolist()
    for _, sections in itertools.groupby(loaded, lambda each: int(graph.section_object[each])):
        of_object = list(sections)
        backwards = [s for s in of_object if graph.section_names[s].startswith(_RUN_BACKWARDS)]
        for section in of_object:
            if graph.section_names[section].startswith(_RUN_BACKWARDS):
                found.append(backwards.pop())
            elif int(graph.section_type[section]) in _ARRAY_TYPES:
                found.append(section)
    return found
