"""Addresses of sections and symbols, once the memory is there."""

from __future__ import annotations

import numpy as np

from runtime.addresses import ExecutorAddress
from runtime.link_graph import LinkGraph
from runtime.passes.resolve import DSO_HANDLE, GLOBAL_OFFSET_TABLE


def assign_addresses(
    graph: LinkGraph, segment_addresses: list[ExecutorAddress], linker_defined: dict[str, int]
) -> None:
    """Fill ``section_address`` and ``symbol_address``.

    ``linker_defined``: the addresses of the symbols that the linker itself
    defines (``resolve.LINKER_DEFINED``).
    """
    bases = np.array([*segment_addresses, 0], np.int64)  # the last: not loaded
    graph.section_address = bases[graph.section_segment] + graph.section_position

    section = graph.symbol_section
    # A copy that was discarded has a section, but means the definition elsewhere.
    placed = (section >= 0) & ~graph.symbol_external
    graph.symbol_address[placed] = (
        graph.section_address[section[placed]] + graph.symbol_value[placed]
    )
    absolute = (section < 0) & ~graph.symbol_external
    graph.symbol_address[absolute] = graph.symbol_value[absolute]

    used = graph.global_symbols
    standing_for = graph.symbol_canonical[used]
    for symbol in np.unique(
        standing_for[(section[standing_for] < 0) & ~graph.symbol_external[standing_for]]
    ).tolist():
        name = graph.symbol_name(symbol)
        if name in (DSO_HANDLE, GLOBAL_OFFSET_TABLE):
            graph.symbol_address[symbol] = linker_defined[name]
    graph.symbol_address[used] = graph.symbol_address[standing_for]
