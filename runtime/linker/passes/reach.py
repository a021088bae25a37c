"""What lies too far away for the 32 bits that the code has for its address.

Code that was not compiled with ``-fPIC`` takes the addresses of other people's
functions and variables directly, as if all were one program of less than 2 GiB. A
function is then reached through a PLT entry that stands for it; a variable of a
library is moved into the unit, as a program's copy relocation does (psABI 4.4.1).
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from runtime.addresses import ExecutorAddress
from runtime.executor_client.interface import SymbolDescription
from runtime.linker.link_graph import LinkGraph, distinct
from runtime.linker.symbols import JITDylib, ProcessSymbols
from runtime.objects import elf
from runtime.objects.elf import Array

_MOST_ALIGNMENT = 64  # bytes, of a moved variable


class MovedVariable(Struct, frozen=True):
    """A library's variable that the unit holds from now on; ``size``, ``align`` in bytes."""

    symbols: tuple[int, ...]  # all names of it
    source: ExecutorAddress
    size: int
    align: int


class OutOfReach(Struct, frozen=True):
    """``functions``: canonical symbols that need an entry standing for them, sorted."""

    functions: Array
    variables: tuple[MovedVariable, ...]


def needs_low_memory(graph: LinkGraph) -> bool:
    """Whether the code has 32 bits for an absolute address (x86-64's small code model), and
    there may be such memory. If not, the relocation will not fit."""
    if not graph.machine.has_low_memory:
        return False
    chosen = np.flatnonzero(graph.machine.kinds.ABSOLUTE[graph.relocation_type])
    symbols = graph.symbol_canonical[graph.relocation_symbol[chosen]]
    thread_local = graph.symbol_info[symbols] & 0xF == elf.STT_TLS
    fixed = (graph.symbol_section[symbols] == elf.ABSOLUTE) | (
        graph.symbol_external[symbols] & (graph.symbol_address[symbols] == 0)
    )
    return not bool((thread_local | fixed).all())


def find_out_of_reach(
    graph: LinkGraph, span: tuple[int, int], dylib: JITDylib, process: ProcessSymbols
) -> OutOfReach:
    """External symbols with direct references that memory in ``span`` cannot reach.

    Variables of other units are left where they are: the relocation will not fit.
    """
    address = graph.symbol_address
    start, end = span
    reach = graph.machine.reach
    far = (np.abs(address - start) > reach) | (np.abs(address - end) > reach)
    far &= graph.symbol_external & (graph.symbol_module == 0)
    far &= address != 0  # undefined and weak
    if not far.any():
        return OutOfReach(np.zeros(0, np.int64), ())
    chosen = np.flatnonzero(graph.machine.kinds.DIRECT[graph.relocation_type])
    symbols = distinct(graph.symbol_canonical[graph.relocation_symbol[chosen]])
    symbols = symbols[far[symbols]]
    functions, of_process = [], []
    for symbol in symbols.tolist():
        definition = dylib.find(graph.symbol_name(symbol))
        if definition is None:
            of_process.append(symbol)
        elif definition.is_function:
            functions.append(symbol)
    described = process.describe([graph.symbol_name(symbol) for symbol in of_process])
    pairs = list(zip(of_process, described, strict=True))
    functions += [symbol for symbol, description in pairs if not description.is_variable]
    variables = [(symbol, description) for symbol, description in pairs if description.is_variable]
    return OutOfReach(np.array(sorted(functions), np.int64), _group_by_address(variables))


def _group_by_address(
    found: list[tuple[int, SymbolDescription]],
) -> tuple[MovedVariable, ...]:
    """One for each variable: ``environ`` and ``__environ`` are two names of one."""
    symbols: dict[ExecutorAddress, list[int]] = {}
    sizes: dict[ExecutorAddress, int] = {}
    for symbol, description in found:
        symbols.setdefault(description.address, []).append(symbol)
        sizes[description.address] = max(sizes.get(description.address, 0), description.size)
    return tuple(
        MovedVariable(
            symbols=tuple(names),
            source=address,
            size=sizes[address],
            align=min(address & -address, _MOST_ALIGNMENT),
        )
        for address, names in symbols.items()
    )
