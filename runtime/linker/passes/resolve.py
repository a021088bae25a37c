"""Which definition each symbol name means, and which sections stay.

Afterwards every symbol that is used has either a place in the graph or an
address outside of it, and every undefined one has been reported.
"""

from __future__ import annotations

import struct
from collections.abc import Set
from itertools import chain, compress

import numpy as np
from msgspec import Struct

from runtime.addresses import NULL, RW
from runtime.errors import LinkError
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph
from runtime.linker.passes.linker_symbols import is_linkers
from runtime.linker.symbols import JITDylib, ProcessSymbols
from runtime.linker.undefined_symbols import undefined_symbols
from runtime.objects import elf
from runtime.objects.demangle import demangle
from runtime.objects.elf import Array


def discard_duplicate_groups(
    graph: LinkGraph, dylib: JITDylib, kept: Set[str] | None = None
) -> list[str]:
    """Drop the COMDAT groups that were linked before, in the session or the batch; of those in
    the session only the ones in ``kept``, if that is given.

    Returns the signatures of those that stay.
    """
    found: dict[str, None] = {}
    for section in np.flatnonzero(graph.section_type == elf.SHT_GROUP).tolist():
        owner = int(graph.section_object[section])
        candidate = graph.objects[owner]
        header = candidate.sections[section - graph.section_base[owner]]
        members = _group_members(candidate, header)
        if members is None:
            continue
        signature = candidate.symbol_name(int(header["info"]))
        is_there = dylib.has_group(signature) if kept is None else signature in kept
        if signature in found or is_there:
            graph.section_segment[np.array(members, np.int64) + graph.section_base[owner]] = (
                NOT_LOADED
            )
        else:
            found[signature] = None
    _drop_relocations_of_discarded(graph)
    return list(found)


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


def resolve_symbols(
    graph: LinkGraph, dylib: JITDylib, process: ProcessSymbols, kept: Set[str] | None = None
) -> dict[str, int]:
    """Bind every global symbol to one definition. ``kept``: see ``link``.

    Returns:
        The names that this graph defines, with the number of the symbol.

    Raises:
        LinkError: two strong definitions of one name.
        UndefinedSymbolsError: names that nothing defines, all of them together.
    """
    elsewhere_names = _inline_variables_of_libraries(graph, process)
    defined, references = _sort_out(graph, dylib, elsewhere_names, kept)
    elsewhere: dict[str, list[int]] = {}
    referring: list[int] = []
    canonical: list[int] = []
    for name, symbols in references.items():
        winner = defined.get(name)
        if winner is None:
            winner = symbols[0]
            elsewhere[name] = symbols
        referring += symbols
        canonical += [winner] * len(symbols)
    graph.symbol_canonical[referring] = canonical
    _bind_externals(graph, elsewhere, dylib, process)
    return defined


def _inline_variables_of_libraries(graph: LinkGraph, process: ProcessSymbols) -> set[str]:
    """Names of variables in COMDAT groups that the process has already.

    Of an inline variable of C++ a process has one, whoever else brings a copy
    (Itanium C++ ABI 5.2.2, vague linkage). A hidden one is everybody's own.
    """
    section = graph.symbol_section[graph.global_symbols]
    chosen = section >= 0
    chosen[chosen] = (graph.section_flags[section[chosen]] & elf.SHF_GROUP != 0) & (
        graph.section_segment[section[chosen]] == SEGMENTS.index(RW)
    )
    if not chosen.any():
        return set()
    hidden = graph.symbol_visibility[graph.global_symbols] != 0
    names = set(compress(graph.global_names, chosen.tolist()))
    names -= set(compress(graph.global_names, hidden.tolist()))
    return set(process.find(sorted(names)))


def _sort_out(
    graph: LinkGraph, dylib: JITDylib, of_libraries: set[str], kept: Set[str] | None
) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Global symbols by name: the winning definition, and all that refer to it.

    ``of_libraries``: names whose definitions here are only references.
    """
    defined: dict[str, int] = {}
    refer: dict[str, list[int]] = {}
    symbols = graph.global_symbols
    used = np.zeros(len(graph.symbol_info), bool)
    used[graph.relocation_symbol] = True
    rank = _ranks(graph)
    before = dylib.defined_among(graph.global_names)
    columns = zip(
        graph.global_names,
        symbols.tolist(),
        rank[symbols].tolist(),
        used[symbols].tolist(),
        strict=True,
    )
    for name, symbol, strength, is_used in columns:
        if strength == _NONE or name in of_libraries or (kept is not None and name in kept):
            if is_used:  # a name that nothing refers to need not exist
                refer.setdefault(name, []).append(symbol)
        elif strength < _STRONG and kept is None and name in before:
            refer.setdefault(name, []).append(symbol)
            _discard_common(graph, symbol)
        elif name not in defined:
            if name in before and not dylib.redefinition and kept is None:
                _check_not_in_session(graph, dylib, name, symbol)
            defined[name] = symbol
        else:
            winner, loser = _choose(graph, rank, name, defined[name], symbol)
            defined[name] = winner
            refer.setdefault(name, []).append(loser)
            _discard_common(graph, loser)
    return defined, refer


# How much a definition weighs (gABI, "Symbol Table": strong beats common beats weak).
_NONE, _WEAK, _COMMON, _STRONG = range(4)


def _ranks(graph: LinkGraph) -> Array:
    """The weight of each symbol's definition here, if it has one (int8[m])."""
    rank = np.full(len(graph.symbol_info), _STRONG, np.int8)
    rank[graph.symbol_common] = _COMMON
    rank[graph.symbol_info >> 4 == elf.STB_WEAK] = _WEAK
    rank[~_lies_in_graph(graph)] = _NONE
    return rank


def _choose(graph: LinkGraph, rank: Array, name: str, first: int, second: int) -> tuple[int, int]:
    """Winner and loser of two definitions. Raises LinkError if both are strong."""
    if rank[first] == rank[second] == _STRONG:
        where = graph.objects[graph.symbol_object(first)].name
        raise _duplicate(graph, name, second, where)
    if rank[first] == rank[second] == _COMMON:  # one variable, as large as the largest
        larger = max(first, second, key=lambda symbol: int(graph.symbol_size[symbol]))
        other = first + second - larger
        aligns, sections = graph.section_align, graph.symbol_section
        aligns[sections[larger]] = max(aligns[sections[first]], aligns[sections[second]])
        return larger, other
    return (second, first) if rank[second] > rank[first] else (first, second)


def _discard_common(graph: LinkGraph, symbol: int) -> None:
    if graph.symbol_common[symbol]:
        graph.section_segment[graph.symbol_section[symbol]] = NOT_LOADED


def _lies_in_graph(graph: LinkGraph) -> Array:
    """For each symbol: has it a definition here that was not discarded? (bool[m])"""
    section = graph.symbol_section
    inside = section != elf.UNDEFINED
    placed = section >= 0
    inside[placed] = graph.section_segment[section[placed]] != NOT_LOADED
    return np.asarray(inside)


def _check_not_in_session(graph: LinkGraph, dylib: JITDylib, name: str, symbol: int) -> None:
    before = dylib.find(name)
    if before is not None and not before.weak:
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
    """Bind what this graph does not define: to the session, then to the process."""
    bindings = _Bindings()
    wanted = _bind_to_session(graph, references, dylib, bindings)
    left = {name: references[name] for name in wanted}
    missing = _bind_to_process(graph, left, process, bindings)
    if missing:
        raise undefined_symbols(
            graph,
            {name: references[name] for name in missing},
            lambda name: dylib.find(name) is not None or bool(process.find([name])),
        )
    graph.symbol_address[bindings.symbols] = bindings.values
    graph.symbol_module[bindings.symbols] = bindings.modules
    graph.symbol_external[bindings.symbols] = True


class _Bindings(Struct):
    """What symbols are that lie outside of the graph: addresses; with a module, offsets in its
    thread-local block."""

    symbols: list[int] = []
    values: list[int] = []
    modules: list[int] = []

    def add(self, symbol: int, value: int, module: int = 0) -> None:
        self.symbols.append(symbol)
        self.values.append(value)
        self.modules.append(module)


def _bind_to_session(
    graph: LinkGraph, references: dict[str, list[int]], dylib: JITDylib, bindings: _Bindings
) -> list[str]:
    """Bind to earlier inputs, and to what the linker itself will define; the names left."""
    left = []
    for name, symbols in references.items():
        definition = dylib.find(name)
        if definition is not None:
            bindings.add(symbols[0], definition.address, definition.module)
        elif is_linkers(graph, name):
            graph.linker_symbols[name] = symbols[0]
        elif name:
            left.append(name)
    return left


def _bind_to_process(
    graph: LinkGraph,
    references: dict[str, list[int]],
    process: ProcessSymbols,
    bindings: _Bindings,
) -> list[str]:
    """Bind to libraries, with one question for all; the names that nothing defines."""
    # A hidden reference says that the definition is in the same program.
    hidden = _those_with(graph.symbol_visibility != elf.STV_DEFAULT, references)
    variables = _those_with(graph.symbol_info & 0xF == elf.STT_TLS, references)
    pairs = process.find_thread_locals(list(variables))
    found = process.find([name for name in references if name not in variables])
    is_strong = graph.symbol_info >> 4 != elf.STB_WEAK
    missing = []
    for name, symbols in references.items():
        if name in pairs:
            module, offset = pairs[name]
            bindings.add(symbols[0], offset, module)
        elif name in found and name not in hidden:
            bindings.add(symbols[0], found[name])
        elif not is_strong[symbols].any():
            bindings.add(symbols[0], NULL)  # as undefined weak symbols are
        else:
            missing.append(name)
    return missing


def _those_with(property: Array, references: dict[str, list[int]]) -> dict[str, None]:
    """The names of which a symbol has a property (bool[m]), in order."""
    names = [name for name, symbols in references.items() for _ in symbols]
    symbols = list(chain.from_iterable(references.values()))
    return dict.fromkeys(compress(names, property[symbols].tolist()))
