"""What is said of an input that Clang has crashed on."""

from __future__ import annotations

import re

from repl.clang.diagnostics import shorten

# LLVM's stack of what it is at, the innermost last: "2.\tIn[1]:1:1: parsing function body 'f'"
_ENTRY = re.compile(r"^\d+\.\t(?P<what>.+)$", re.MULTILINE)
_PARSER_TOKEN = "current parser token"


def describe_crash(output: str) -> str:
    """``output``: what Clang has printed; with FORKREPL_DEBUG that is shown as a whole."""
    reason = "Clang crashed on this input"
    if "#0 " in output:  # the calls that led to it, which was asked for
        return f"{reason}\n{shorten(output)}".rstrip()
    entries = [match["what"] for match in _ENTRY.finditer(output)]
    within = [entry for entry in entries if _PARSER_TOKEN not in entry] or entries
    printed = shorten(output.partition("PLEASE submit")[0].partition("Stack dump:")[0]).rstrip()
    lines = [reason, *(f"  at {entry}" for entry in reversed(within)), printed]
    return "\n".join([*filter(None, lines), "(FORKREPL_DEBUG=1 shows where in Clang)"])
