"""Cells with several values: ``a`` on one line, and ``b`` on the next."""

from __future__ import annotations

from collections.abc import Sequence

from repl.errors import Diagnostic
from repl.input.open_brackets import lines_outside_brackets
from repl.input.source import Source


def split_at_value(source: Source, found: Sequence[Diagnostic]) -> tuple[Source, Source] | None:
    """What comes up to the line at whose end Clang misses a ``;``, and what comes then; None if
    its first error is another one."""
    error = next((each for each in found if each.is_error), None)
    if error is None or error.file != source.name or not error.message.startswith("expected ';'"):
        return None
    lines = source.text.split("\n")
    row = error.line - source.line
    if not 0 <= row < len(lines) - 1 or not "".join(lines[row + 1 :]).strip():
        return None
    code = dict(lines_outside_brackets(source.text))
    # At the end of a line that is in no brackets, nor ends in the midst of some.
    before = lines[row].encode("utf-8", "surrogateescape")[: error.column - 1]
    is_at_end = len(code.get(row, "").rstrip()) <= len(before.decode("utf-8", "replace"))
    if row not in code or row + 1 not in code or not is_at_end:
        return None
    first = "\n".join(lines[: row + 1])
    rest = "\n".join(lines[row + 1 :])
    return (
        Source(first, source.name, source.line, keeps_value=source.keeps_value),
        Source(rest, source.name, source.line + row + 1, keeps_value=source.keeps_value),
    )
