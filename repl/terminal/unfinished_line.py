"""What a program has printed without a newline at its end: the prompt does not wipe it."""

from __future__ import annotations

import os
import sys

from repl.terminal.terminal import can_redraw

_MARK = "\x1b[7m%\x1b[0m"  # inverse, as zsh has it


def begin_line() -> None:
    """Go to the beginning of a line, behind a mark if the cursor is in the midst of one.

    Nobody has seen what the program wrote, and the terminal's answer to where its cursor is
    could be late, and taken for typed text. So, as zsh does: a mark, and blanks for the rest of
    a line. If they began at its left they end in the same line, and the prompt is drawn over
    them; otherwise they go on in the next.
    """
    if not can_redraw(sys.stdout):
        return  # what has been printed stays there
    columns = _columns()
    if columns > 1:
        sys.stdout.write(f"{_MARK}{' ' * (columns - 1)}\r\x1b[K")
        sys.stdout.flush()


def _columns() -> int:
    """Of the terminal, whatever $COLUMNS says."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return 0
