"""The report of symbols that nothing defines: which, and where each is first needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from runtime.errors import UndefinedSymbolsError
from runtime.linker.link_graph import LinkGraph
from runtime.objects import elf
from runtime.objects.demangle import demangle

_MOST_LISTED = 50

# A function or variable of no namespace, whose name is then its length and itself
# (Itanium C++ ABI, 5.1.2).
_SIMPLE_CXX_NAME = re.compile(r"_Z(\d{1,4})([A-Za-z_]\w*)")


def undefined_symbols(
    graph: LinkGraph, references: dict[str, list[int]], is_defined: Callable[[str], bool]
) -> UndefinedSymbolsError:
    """The error for these names, each with the symbols that refer to it.

    ``is_defined``: whether the session or the process has a name, for advice.
    """
    names = list(references)
    needed_by = {
        name: frozenset(graph.symbol_object(symbol) for symbol in symbols)
        for name, symbols in references.items()
    }
    listed = names[:_MOST_LISTED]
    shown = [demangle(name) for name in listed]
    first = [_first_relocation(graph, references[name]) for name in listed]
    places = [f"referenced by {_describe(graph, relocation)}" for relocation in first]
    advice = [_advice(graph, name, is_defined) for name in listed]
    owners = [_owner(graph, relocation) for relocation in first]
    more = [f"  and {len(names) - len(listed)} more"] if len(names) > len(listed) else []
    if len(names) == 1:
        message = f"undefined symbol: {shown[0]}, {places[0]}{advice[0]}"
        brief = f"{owners[0]}: undefined symbol: {shown[0]}{advice[0]}"
        return UndefinedSymbolsError(message, brief, tuple(names), needed_by)
    width = min(max(map(len, shown)), 40)
    rows = zip(shown, places, advice, strict=True)
    lines = [f"  {name:{width}}   {place}{hint}" for name, place, hint in rows]
    head = f"{len(names)} undefined symbols:"
    message = "\n".join([head, *lines, *more])
    brief_lines = [f"  {name}{hint}" for name, hint in zip(shown, advice, strict=True)]
    brief = "\n".join([f"{owners[0]}: {head}", *brief_lines, *more])
    return UndefinedSymbolsError(message, brief, tuple(names), needed_by)


def _first_relocation(graph: LinkGraph, symbols: list[int]) -> int:
    return int(np.flatnonzero(np.isin(graph.relocation_symbol, symbols))[0])


def _owner(graph: LinkGraph, relocation: int) -> str:
    section = int(graph.relocation_section[relocation])
    return graph.objects[int(graph.section_object[section])].name


def _describe(graph: LinkGraph, relocation: int) -> str:
    """Object, section and offset, and the function that these are in."""
    function = _function_at(graph, relocation)
    place = graph.describe_place(relocation)
    return place if function is None else f"{place} in {demangle(function)}"


def _function_at(graph: LinkGraph, relocation: int) -> str | None:
    section = int(graph.relocation_section[relocation])
    offset = int(graph.relocation_offset[relocation])
    kind = graph.symbol_info & 0xF
    distance = offset - graph.symbol_value
    around = (graph.symbol_section == section) & (
        (kind == elf.STT_FUNC) | (kind == elf.STT_GNU_IFUNC)
    )
    around &= (distance >= 0) & (distance < graph.symbol_size)
    found = np.flatnonzero(around)
    return graph.symbol_name(int(found[0])) if len(found) else None


def _advice(graph: LinkGraph, name: str, is_defined: Callable[[str], bool]) -> str:
    """What C++ calls it may be defined for C, and the other way round."""
    match = _SIMPLE_CXX_NAME.match(name)
    if match is not None:
        plain = match[2][: int(match[1])]
        if len(plain) == int(match[1]) and (is_defined(plain) or plain in _defined(graph)):
            return ' (defined as C: declare it extern "C")'
        return ""
    prefix = f"_Z{len(name)}{name}"
    for candidate in _defined(graph):
        if candidate.startswith(prefix):
            return f' (defined as C++: {demangle(candidate)}; define it extern "C")'
    return ""


def _defined(graph: LinkGraph) -> Iterable[str]:
    """The global names that this batch defines."""
    inside = graph.symbol_section[graph.global_symbols] != elf.UNDEFINED
    pairs = zip(graph.global_names, inside.tolist(), strict=True)
    return [name for name, is_inside in pairs if is_inside]
