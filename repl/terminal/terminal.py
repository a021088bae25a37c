"""What may be shown on a terminal: colours, and what moves."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def can_redraw(stream: TextIO) -> bool:
    """Whether it is a terminal that does more than print."""
    return stream.isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def use_colour(choice: str, stream: TextIO | None = None) -> bool:
    """Whether to use colours; ``choice`` is what ``--color`` says. ``stream``: where they
    are to go, by default standard error."""
    if choice != "auto":
        return choice == "yes"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return can_redraw(stream or sys.stderr)
