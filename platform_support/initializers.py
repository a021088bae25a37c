"""In which order initializers and finalizers run (System V gABI, "Initialization
and Termination Functions"; GNU ld's SORT_BY_INIT_PRIORITY).

Both families occur: llvmlite's code generator emits ``.ctors``, run from its end
to its start, other compilers emit ``.init_array``, run from start to end. The
priority is in the section's name, counted down from 65535 in ``.ctors``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from runtime.addresses import ExecutorAddress

_NAMES = re.compile(r"\.(preinit_array|init_array|ctors|fini_array|dtors)(?:\.(.*))?$", re.DOTALL)
_UNUSED = (0, 2**64 - 1)  # crtbegin's markers at both ends of .ctors

_Key = tuple[int, int, int, str]


class FunctionArray(Protocol):
    """A section of function pointers, already relocated."""

    @property
    def name(self) -> str: ...

    @property
    def functions(self) -> tuple[ExecutorAddress, ...]: ...


def initializers(arrays: Iterable[FunctionArray]) -> list[tuple[ExecutorAddress, int | None]]:
    """What to run before the code is used, in order, each with its priority, if it has one."""
    ordered = _in_order(arrays, {"preinit_array": 0, "init_array": 1, "ctors": 1})
    return [(function, key[2] if key[1] == 0 else None) for key, function in ordered]


def finalizers(arrays: Iterable[FunctionArray]) -> list[ExecutorAddress]:
    """What to run before the code is unmapped, in order: the reverse of priority."""
    ordered = _in_order(arrays, {"fini_array": 0, "dtors": 0})
    return [function for _, function in reversed(ordered)]


def _in_order(
    arrays: Iterable[FunctionArray], stages: dict[str, int]
) -> list[tuple[_Key, ExecutorAddress]]:
    entries = []
    for array in arrays:
        match = _NAMES.match(array.name)
        if match is None or match[1] not in stages:
            continue
        backwards = match[1] in ("ctors", "dtors")
        key = (stages[match[1]], *_rank(match[2], backwards), array.name if match[2] else "")
        functions = reversed(array.functions) if backwards else iter(array.functions)
        entries += [(key, function) for function in functions if function not in _UNUSED]
    entries.sort(key=lambda entry: entry[0])  # stable: input order where keys are equal
    return entries


def _rank(suffix: str | None, backwards: bool) -> tuple[int, int]:
    """As GNU ld sorts: by priority, then suffixes that are no number, then those without."""
    if suffix is None:
        return (2, 0)
    if not suffix.isascii() or not suffix.isdigit():
        return (1, 0)
    return (0, 65535 - int(suffix) if backwards else int(suffix))
