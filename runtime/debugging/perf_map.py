"""What perf gets to see: a line for each function (``perf-PID.map``).

The format is that of ``tools/perf/Documentation/jit-interface.txt`` in the kernel's
sources: start and size in hexadecimal, then the name.
"""

from __future__ import annotations

import numpy as np

from runtime.addresses import RX
from runtime.errors import printable
from runtime.linker.link_graph import SEGMENTS, LinkGraph
from runtime.objects import elf
from runtime.objects.demangle import demangle

_FUNCTIONS = (elf.STT_FUNC, elf.STT_GNU_IFUNC)


def perf_map(graph: LinkGraph) -> bytes:
    """Lines for the functions of a graph whose addresses are fixed, in their order in
    memory. A name says from which object it is: ``f(int) [a.o]``."""
    section = graph.symbol_section
    chosen = np.isin(graph.symbol_info & 0xF, _FUNCTIONS) & (graph.symbol_size > 0)
    chosen &= section >= 0
    chosen[chosen] = graph.section_segment[section[chosen]] == SEGMENTS.index(RX)
    numbers = np.flatnonzero(chosen)
    starts = graph.section_address[section[numbers]] + graph.symbol_value[numbers]
    order = np.argsort(starts, kind="stable")
    numbers, starts = numbers[order], starts[order]
    owners = np.searchsorted(graph.symbol_base, numbers, side="right") - 1
    columns = zip(
        starts.tolist(),
        graph.symbol_size[numbers].tolist(),
        numbers.tolist(),
        owners.tolist(),
        strict=True,
    )
    files = [printable(candidate.name) for candidate in graph.objects]
    lines = []
    for start, size, symbol, owner in columns:
        name = graph.objects[owner].symbol_name(symbol - graph.symbol_base[owner])
        lines.append(f"{start:x} {size:x} {demangle(name)} [{files[owner]}]\n")
    # Constructors and destructors have several symbols and one name.
    return "".join(dict.fromkeys(lines)).encode("utf-8", "backslashreplace")
