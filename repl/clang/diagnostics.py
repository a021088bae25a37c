"""Clang's diagnostics as they are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from repl.clang.protocol import Reply
from repl.errors import CompileError, Diagnostic

_LONGEST_LINE = 1000  # characters
_MOST_TEXT = 10_000
_MOST_FULL_TEXT = 1_000_000
_TRAILING_NEWLINE = re.compile(r"\n((?:\x1b\[[\d;]*m)*)\Z")  # before what resets the colour


class Messages(Struct, frozen=True):
    """What Clang says: ``brief`` is the best of it, ``full`` is all; the same as data."""

    brief: str = ""
    full: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()


def shorten(text: str, most: int = _MOST_TEXT) -> str:
    """Clang quotes what it was given: a line of 10 MB need not be seen again."""
    lines = [
        line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " ..."
        for line in _TRAILING_NEWLINE.sub(r"\1", text).split("\n")
    ]
    shown = total = 0
    while shown < len(lines) and total < most:
        total += len(lines[shown])
        shown += 1
    if shown < len(lines):
        lines[shown:] = [f"... and {len(lines) - shown} more lines of diagnostics"]
    return "\n".join(lines)


def messages(reply: Reply) -> Messages:
    """What is to be shown of an answer's diagnostics."""
    if reply.rendered:
        text = shorten(reply.rendered)
        return Messages(text, text)
    if not reply.diagnostics:
        return Messages()
    from repl.clang.brief_diagnostics import brief  # only now: most inputs are right

    shown = brief(reply.diagnostics, reply.system_folders)
    full = shorten(reply.text, _MOST_FULL_TEXT)
    return Messages(shorten(shown), full, reply.diagnostics)


def compile_error(reply: Reply, flags: Sequence[str] | None = None) -> CompileError:
    """What Clang says of an input that it rejected; if ``flags`` are given, which it was started
    with, also what is to be installed for a header."""
    said = messages(reply)
    error = CompileError(said.brief or "Clang rejected the input", reply.diagnostics, said.full)
    from repl.clang.library_headers import note_on_missing_headers

    if flags is not None and (note := note_on_missing_headers(error.full, flags)):
        error.add_note(note)
    return error


def joined(replies: Sequence[Reply]) -> Reply:
    """Diagnostics that came one by one, as those of one answer."""
    return Reply(
        ok=False,
        diagnostics=tuple(record for reply in replies for record in reply.diagnostics),
        system_folders=next((each.system_folders for each in replies), ()),
    )
