"""Clang's diagnostics as they are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from repl.clang.protocol import Reply
from repl.errors import CompileError

_LONGEST_LINE = 1000  # characters
_MOST_TEXT = 10_000
_TRAILING_NEWLINE = re.compile(r"\n((?:\x1b\[[\d;]*m)*)\Z")  # before what resets the colour


def shorten(text: str) -> str:
    """Clang quotes what it was given: a line of 10 MB need not be seen again."""
    lines = [
        line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " ..."
        for line in _TRAILING_NEWLINE.sub(r"\1", text).split("\n")
    ]
    shown = total = 0
    while shown < len(lines) and total < _MOST_TEXT:
        total += len(lines[shown])
        shown += 1
    if shown < len(lines):
        lines[shown:] = [f"... and {len(lines) - shown} more lines of diagnostics"]
    return "\n".join(lines)


def compile_error(reply: Reply) -> CompileError:
    """What Clang says of an input that it rejected."""
    rendered = shorten(reply.rendered)
    return CompileError(rendered or "Clang rejected the input", reply.diagnostics)


def joined(replies: Sequence[Reply]) -> Reply:
    """Diagnostics that came one by one, as those of one answer."""
    return Reply(
        ok=False,
        diagnostics=tuple(record for reply in replies for record in reply.diagnostics),
        rendered="".join(reply.rendered for reply in replies),
    )
