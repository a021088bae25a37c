"""What flags of Clang's mean for us, and which ones we add."""

from __future__ import annotations

from collections.abc import Sequence

from repl.native_programs import HERE

OWN_HEADERS = f"-I{HERE / 'repl' / 'include'}"
"""Where headers of ours are that users include: ``forkrepl/display.hpp``. It comes last."""

NEWEST_STANDARDS = {"c++": "gnu++23", "c": "gnu17"}
"""The newest that Clang 22 and the libraries of Debian 12 support well: all headers of GCC 12's
library compile without a word as C++23, of which it has <expected>, <spanstream> and more; of
C++26 it has nothing. The C library has next to nothing of C23, which rejects much that is C."""


def standard_of(flags: Sequence[str]) -> str:
    """The language standard that flags ask for, as ``-std=`` has it; empty for Clang's own."""
    chosen = [f for f in flags if f.startswith("-std=") or f == "-ansi"]
    return chosen[-1].removeprefix("-std=") if chosen else ""


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


# Defined as what a program would most likely define it as, so that it may do so, too.
LIBSTDCXX_ASSERTIONS = "-D_GLIBCXX_ASSERTIONS="
_LIBCXX_ASSERTIONS = "-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE"


def library_assertion_flags(flags: Sequence[str]) -> list[str]:
    """What has the C++ library check how it is used; nothing in C, or if the user's flags say
    anything of that themselves."""
    if is_c(flags):
        return []
    added = _LIBCXX_ASSERTIONS if "-stdlib=libc++" in flags else LIBSTDCXX_ASSERTIONS
    macro = added.removeprefix("-D").partition("=")[0]
    return [] if any(macro in flag for flag in flags) else [added]


def optimisation_flags(level: int) -> list[str]:
    """What Clang is told: it only marks the functions as optimisable, because LLVM's
    passes run later, in the code generator."""
    return [f"-O{level}", "-Xclang", "-disable-llvm-passes"] if level else []
