"""Cells with several values: ``a`` on one line, and ``b`` on the next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from repl.errors import Diagnostic
from repl.input.open_brackets import lines_outside_brackets
from repl.input.source import Source

_MAY_END = re.compile(r"[^;{},\s]\s*\Z")
_MAY_BEGIN = re.compile(r"\s*(?:[\w\"'#:~]|//|\Z)")
"""No operator: with one an expression goes on."""


def split_at_value(source: Source, found: Sequence[Diagnostic]) -> tuple[Source, Source] | None:
    """What a rejected input may be: all up to the line that Clang complains of first, which
    would be a value, and what comes then. None if it cannot be that; otherwise Clang has to be
    asked about the first part, of course."""
    error = next((each for each in found if each.is_error), None)
    if error is None or error.file != source.name:
        return None
    lines = source.text.split("\n")
    code = dict(lines_outside_brackets(source.text))
    for row in (error.line - source.line, error.line - source.line - 1):
        is_between = row in code and row + 1 in code and "\n".join(lines[row + 1 :]).strip()
        if is_between and _MAY_END.search(code[row]) and _MAY_BEGIN.match(lines[row + 1]):
            first, rest = "\n".join(lines[: row + 1]), "\n".join(lines[row + 1 :])
            line = source.line + row + 1
            return replace(source, text=first), replace(source, text=rest, line=line)
    return None
