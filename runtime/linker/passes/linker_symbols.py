"""Symbols that the linker itself defines, in every unit, as GNU ld does in a program.

Where sections whose name is a C identifier begin and end (``__start_NAME`` and
``__stop_NAME``), and the ends of the code, the data and all (end(3)). Left out are
``__executable_start`` and ``__ehdr_start``, because a unit has no file header, and
``__init_array_start`` and its kin, because the platform calls those functions, and a
program that did would call them again.
"""

from __future__ import annotations

import re

import numpy as np

from runtime.addresses import RW, RX
from runtime.errors import LinkError
from runtime.linker.link_graph import NOT_LOADED, SEGMENTS, LinkGraph
from runtime.objects.elf import Array

_RX = SEGMENTS.index(RX)
_RW = SEGMENTS.index(RW)

DSO_HANDLE = "__dso_handle"
GLOBAL_OFFSET_TABLE = "_GLOBAL_OFFSET_TABLE_"
TLS_MODULE_BASE = "_TLS_MODULE_BASE_"
TEXT_END = ("etext", "_etext", "__etext")
DATA_END = ("edata", "_edata", "__bss_start")
END = ("end", "_end")
_FIXED = {DSO_HANDLE, GLOBAL_OFFSET_TABLE, TLS_MODULE_BASE, *TEXT_END, *DATA_END, *END}
_BOUNDARY = re.compile(r"__(start|stop)_([A-Za-z_]\w*)$", re.ASCII)


def is_linkers(graph: LinkGraph, name: str) -> bool:
    """Whether the linker itself defines a name, if nobody else does."""
    if name in _FIXED or not name.startswith("__st"):  # as most do not, which is told at once
        return name in _FIXED
    boundary = _BOUNDARY.match(name)
    return boundary is not None and len(_named(graph, boundary[2])) > 0


def may_be_linkers(name: str) -> bool:
    """The same of a name that nobody else defines, where there is no graph yet."""
    return name in _FIXED or _BOUNDARY.match(name) is not None


def gather_bounded(graph: LinkGraph) -> list[Array]:
    """The sections (int64) between each pair of boundaries, brought into one segment.

    Raises LinkError if some are code and others are variables.
    """
    gathered = []
    for name in sorted({match[2] for match in map(_BOUNDARY.match, graph.linker_symbols) if match}):
        sections = _named(graph, name)
        segments = graph.section_segment[sections]
        if (segments != segments[0]).any():
            if (segments == _RX).any():
                where = graph.objects[int(graph.section_object[sections[0]])].name
                raise LinkError(
                    f"{where}: sections called {name} must all be code or none of them, "
                    f"because the program refers to __start_{name} or __stop_{name}"
                )
            graph.section_segment[sections] = _RW
        gathered.append(sections)
    return gathered


def boundary_address(graph: LinkGraph, name: str) -> int | None:
    """Of ``__start_NAME`` or ``__stop_NAME``; None for another name."""
    boundary = _BOUNDARY.match(name)
    if boundary is None:
        return None
    sections = _named(graph, boundary[2])
    starts = graph.section_address[sections]
    if boundary[1] == "start":
        return int(starts.min())
    return int((starts + graph.section_size[sections]).max())


def _named(graph: LinkGraph, name: str) -> Array:
    """The sections of this name that are loaded."""
    same = [index for index, other in enumerate(graph.section_names) if other == name]
    sections = np.array(same, np.int64)
    return np.asarray(sections[graph.section_segment[sections] != NOT_LOADED])
