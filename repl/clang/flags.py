"""What flags of Clang's mean for us, and which ones we add."""

from __future__ import annotations

from collections.abc import Sequence


def is_c(flags: Sequence[str]) -> bool:
    """Whether the language is C, not C++."""
    return "-xc" in flags


def wants_debug_info(flags: Sequence[str]) -> bool:
    """Whether the flags ask Clang for debug information: the last of them counts."""
    levels = [flag for flag in flags if flag.startswith("-g")]
    return bool(levels) and levels[-1] != "-g0"


def line_table_flags(flags: Sequence[str]) -> list[str]:
    """What gives code the lines of its source, and nothing else for debuggers; nothing
    if the user's flags say what debug information they want."""
    if any(flag.startswith("-g") for flag in flags):
        return []
    return ["-gline-tables-only", "-gcolumn-info"]


def optimisation_flags(level: int) -> list[str]:
    """What Clang is told: it only marks the functions as optimisable, because LLVM's
    passes run later, in the code generator."""
    return [f"-O{level}", "-Xclang", "-disable-llvm-passes"] if level else []
