"""Where the code of an input begins that has lines: what a debugger is to stop at first."""

from __future__ import annotations

from typing import Any

import numpy as np

from runtime.addresses import ExecutorAddress
from runtime.debugging.statement_functions import STATEMENT_FUNCTIONS
from runtime.debugging.symbolizer import line_programs
from runtime.linker.link import LinkedUnit
from runtime.objects import elf
from runtime.objects.placed_object import PlacedObject

_MOST = 100


def beginnings(unit: LinkedUnit) -> list[ExecutorAddress]:
    """Of each function that runs statements or an initializer of the unit's: the first line after
    its prologue. Empty if there are no lines, or no such functions."""
    found: list[ExecutorAddress] = []
    for placed in unit.objects:
        functions = _functions(placed)
        for program in line_programs(placed) if functions else ():
            rows = [entry.state for entry in program.get_entries() if entry.state is not None]
            for start, size in functions:
                inside = [row for row in rows if start <= row.address < start + size and row.line]
                if inside:
                    found.append(_first(inside))
    return found[:_MOST]


def _functions(placed: PlacedObject) -> list[tuple[int, int]]:
    """Start and size."""
    file = placed.file
    return [
        (int(placed.symbol_addresses[number]), int(file.symbols["size"][number]))
        for number in np.flatnonzero(file.symbols["info"] & 0xF == elf.STT_FUNC)
        if placed.symbol_addresses[number]
        and file.symbol_name(int(number)).startswith(STATEMENT_FUNCTIONS)
    ]


def _first(rows: list[Any]) -> ExecutorAddress:
    after_prologue = [row for row in rows if row.prologue_end]
    return ExecutorAddress(min(row.address for row in after_prologue or rows))
