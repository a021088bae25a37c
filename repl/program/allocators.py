"""Units that replace a part of the C library's allocator."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.units.unit_journal import LoadedUnit


def allocator_warnings(unit: LoadedUnit, *, is_program: bool = False) -> list[str]:
    """What is to be said of a unit that replaces a part of the C library's allocator."""
    from platform_support.replacements import kept_by_libraries

    names = kept_by_libraries(unit.linked.definitions.keys(), is_program=is_program)
    if not names:
        return []
    return [
        f"warning: libraries keep their own {', '.join(names)}: a program in a file may "
        "replace them, all of malloc, free, calloc and realloc"
    ]
