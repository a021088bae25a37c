"""Which definition each symbol name means, and which sections stay.

Afterwards every symbol that is used has either a place in the graph or an
address outside of it, and every undefined one has been reported.
"""

from __future__ import annotations

import struct

import numpy as np

from runtime import elf
from runtime.demangle import demangle
from runtime.errors import LinkError, UndefinedSymbolsError
from runtime.link_graph import NOT_LOADED, UNDEFINED, LinkGraph
from runtime.symbols import JITDylib, ProcessSymbols

# Defined by the linker itself in every unit (see passes/layout.py).
DSO_HANDLE = "__dso_handle"
GLOBAL_OFFSET_TABLE = "_GLOBAL_OFFSET_TABLE_"
LINKER_DEFINED = (DSO_HANDLE, GLOBAL_OFFSET_TABLE)


def discard_duplicate_groups(graph: LinkGraph, dylib: JITDylib) -> list[str]:
    """Drop the COMDAT groups that were linked before, in the session or the batch.

    Returns the signatures of those that stay.
    """
    kept: dict[str, None] = {}
    for section in np.flatnonzero(graph.section_type == elf.SHT_GROUP).tolist():
        owner = int(graph.section_object[section])
        candidate = graph.objects[owner]
        header = candidate.sections[section - graph.section_base[owner]]
        members = _group_members(candidate, header)
        if members is None:
            continue
        signature = candidate.symbol_name(int(header["info"]))
        if signature in kept or dylib.has_group(signature):
            graph.section_segment[np.array(members) + graph.section_base[owner]] = NOT_LOADED
        else:
            kept[signature] = None
    _drop_relocations_of_discarded(graph)
    return list(kept)


def _group_members(candidate: elf.ObjectFile, header: np.void) -> list[int] | None:
    """The section indices of a COMDAT group; None for a group that always stays."""
    words = struct.unpack_from(
        f"<{int(header['size']) // 4}I", candidate.data, int(header["offset"])
    )
    if not words or not words[0] & elf.GRP_COMDAT:
        return None
    if max(words[1:], default=0) >= len(candidate.sections):
        raise LinkError(f"{candidate.name}: a section group has a member that does not exist")
    return list(words[1:])


def _drop_relocations_of_discarded(graph: LinkGraph) -> None:
    if not len(graph.relocation_section):
        return
    keep = graph.section_segment[graph.relocation_section] != NOT_LOADED
    if keep.all():
        return
    graph.relocation_section = graph.relocation_section[keep]
    graph.relocation_offset = graph.relocation_offset[keep]
    graph.relocation_type = graph.relocation_type[keep]
    graph.relocation_symbol = graph.relocation_symbol[keep]
    graph.relocation_addend = graph.relocation_addend[keep]


def resolve_symbols(graph: LinkGraph, dylib: JITDylib, process: ProcessSymbols) -> dict[str, int]:
    """Bind every global symbol to one definition.

    Returns:
        The names that this graph defines, with the number of the symbol.

    Raises:
        LinkError: two strong definitions of one name.
        UndefinedSymbolsError: names that nothing defines, all of them together.
    """
    defined, undefined = _sort_out(graph, dylib)
    references: dict[str, list[int]] = {}
    for name, symbol in undefined:
        if name in defined:
            graph.symbol_canonical[symbol] = defined[name]
        else:
            references.setdefault(name, []).append(symbol)
    _bind_externals(graph, references, dylib, process)
    return defined


def _sort_out(graph: LinkGraph, dylib: JITDylib) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """Global symbols: the winning definition of each name, and all that refer to it."""
    defined: dict[str, int] = {}
    refer: list[tuple[str, int]] = []
    in_graph = _lies_in_graph(graph)
    for symbol in graph.global_symbols.tolist():
        name = graph.symbol_name(symbol)
        if not in_graph[symbol]:
            refer.append((name, symbol))
            continue
        weak = _is_weak(graph, symbol)
        if weak and dylib.find(name) is not None:
            refer.append((name, symbol))
        elif name not in defined:
            _check_not_in_session(graph, dylib, name, symbol, weak)
            defined[name] = symbol
        elif weak or _is_weak(graph, defined[name]):
            loser = symbol if weak else defined[name]
            defined[name] = defined[name] if weak else symbol
            refer.append((name, loser))
        else:
            raise _duplicate(
                graph, name, symbol, graph.objects[graph.symbol_object(defined[name])].name
            )
    return defined, refer


def _lies_in_graph(graph: LinkGraph) -> list[bool]:
    section = graph.symbol_section
    inside = section != UNDEFINED
    placed = section >= 0
    inside[placed] = graph.section_segment[section[placed]] != NOT_LOADED
    return list(inside.tolist())


def _is_weak(graph: LinkGraph, symbol: int) -> bool:
    return int(graph.symbol_info[symbol]) >> 4 == elf.STB_WEAK


def _check_not_in_session(
    graph: LinkGraph, dylib: JITDylib, name: str, symbol: int, weak: bool
) -> None:
    before = dylib.find(name)
    if before is not None and not before.weak and not weak:
        raise _duplicate(graph, name, symbol, "an earlier input")


def _duplicate(graph: LinkGraph, name: str, symbol: int, first: str) -> LinkError:
    where = graph.objects[graph.symbol_object(symbol)].name
    return LinkError(f"{where}: duplicate definition of {demangle(name)}, defined by {first}")


def _bind_externals(
    graph: LinkGraph,
    references: dict[str, list[int]],
    dylib: JITDylib,
    process: ProcessSymbols,
) -> None:
    wanted = []
    for name, symbols in references.items():
        graph.symbol_canonical[symbols] = symbols[0]
        definition = dylib.find(name)
        if definition is not None:
            graph.symbol_address[symbols[0]] = definition.address
            graph.symbol_external[symbols[0]] = True
        elif name not in LINKER_DEFINED and name:
            wanted.append(name)
    found = process.find(wanted)
    missing = []
    for name in wanted:
        symbols = references[name]
        if name in found:
            graph.symbol_address[symbols[0]] = found[name]
            graph.symbol_external[symbols[0]] = True
        elif all(_is_weak(graph, symbol) for symbol in symbols):
            graph.symbol_external[symbols[0]] = True  # an undefined weak symbol is 0
        else:
            missing.append(name)
    if missing:
        raise _undefined(graph, missing)


def _undefined(graph: LinkGraph, names: list[str]) -> UndefinedSymbolsError:
    readable = [demangle(name) for name in names]
    first = graph.objects[-1].name
    if len(names) == 1:
        message = f"{first}: undefined symbol: {readable[0]}"
    else:
        message = f"{first}: {len(names)} undefined symbols:\n" + "\n".join(
            f"  {name}" for name in readable
        )
    return UndefinedSymbolsError(message, tuple(names))
