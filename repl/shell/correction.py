"""The line that was meant: an input with what Clang, or the frontend, would write instead."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from repl.clang.brief_diagnostics import with_notes
from repl.commands.context import Shell
from repl.errors import Diagnostic, Fix
from repl.input.source import Source
from runtime.errors import printable


def corrected(source: Source, diagnostics: Sequence[Diagnostic]) -> str | None:
    """The text of a rejected input with all fixes to it; None if there are none.

    Those of a diagnostic belong together: none is applied if one does not fit.
    """
    lines = source.text.encode("utf-8", "surrogateescape").split(b"\n")
    before = ""
    taken: set[Fix] = set()
    # From the end: what is left of a place stays where it is.
    for fixes in sorted(_fixes(diagnostics), key=lambda some: max(map(_place, some)), reverse=True):
        new = [each for each in fixes if each not in taken]
        within = [each for each in new if each.line]
        if not all(_fits(each, source, lines) for each in within):
            continue
        for each in sorted(within, key=_place, reverse=True):
            _apply(each, source, lines)
        first = "".join(each.text for each in new if not each.line)
        before = first + before if first not in before else before
        taken.update(new)
    text = before + b"\n".join(lines).decode("utf-8", "surrogateescape")
    return text if text != source.text else None


def _fixes(diagnostics: Sequence[Diagnostic]) -> list[tuple[Fix, ...]]:
    """Of errors, or of warnings if there are no errors. What only a note would write counts if
    that is the only such note: else there is a choice."""
    groups = with_notes(diagnostics)
    errors = [group for group in groups if group[0].is_error]
    found = []
    for head, *notes in errors or groups:
        hints = [note.fixes for note in notes if note.role == "hint" and note.fixes]
        # "place parentheses around the assignment to silence this warning" mends nothing.
        others = [
            note.fixes
            for note in notes
            if note.role != "hint" and note.fixes and "silence" not in note.message
        ]
        if head.fixes or hints:
            found += [*filter(None, [head.fixes]), *hints]
        elif len(others) == 1:
            found += others
    return found


def _place(fix: Fix) -> tuple[int, int]:
    return fix.line, fix.column


def _fits(fix: Fix, source: Source, lines: Sequence[bytes]) -> bool:
    row = fix.line - source.line
    if fix.file != source.name or not 0 <= row < len(lines):
        return False
    begin = fix.column - 1
    removed = _encoded(fix.removed)
    return begin <= len(lines[row]) and lines[row][begin : begin + len(removed)] == removed


def _apply(fix: Fix, source: Source, lines: list[bytes]) -> None:
    row, begin = fix.line - source.line, fix.column - 1
    end = begin + len(_encoded(fix.removed))
    lines[row] = lines[row][:begin] + _encoded(fix.text) + lines[row][end:]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def offer(shell: Shell, source: Source, diagnostics: Sequence[Diagnostic], rest: str = "") -> None:
    """Have the next prompt offer what was probably meant, with ``rest`` behind it, and say so."""
    text = corrected(source, diagnostics)
    if text is None:
        return
    shell.correction = text + rest
    words = "Tab: "
    line = words + printable(summary(text, source.text, shell.width - len(words)))
    print(f"\x1b[2m{line}\x1b[0m" if shell.colour else line, file=sys.stderr)


def summary(text: str, before: str, width: int) -> str:
    """The first line of a corrected text that is another one, for a terminal."""
    old = before.split("\n")
    lines = text.split("\n")
    changed = next((row for row, line in enumerate(lines) if old[row : row + 1] != [line]), 0)
    line = lines[changed].strip()
    more = " ..." if len(lines) > 1 else ""
    most = max(width - len(more), 1)
    return (line if len(line) <= most else line[: max(most - 4, 1)] + " ...") + more
