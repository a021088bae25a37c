"""Which program edits texts for the user."""

from __future__ import annotations

import os
import shlex

# Full names: nothing is run from the current directory, whatever is in PATH.
_USUAL = ("/usr/bin/editor", "/usr/bin/nano", "/usr/bin/vim", "/usr/bin/vi")


def editor_command(configured: str | None) -> list[str]:
    """The words of the command: ``configured``, or $VISUAL, or $EDITOR, or a usual one.

    Raises ValueError if there is none, or if its quotes do not match.
    """
    for choice in (configured, os.environ.get("VISUAL"), os.environ.get("EDITOR")):
        if choice and choice.strip():
            return shlex.split(choice)
    for choice in _USUAL:
        if os.access(choice, os.X_OK):
            return [choice]
    raise ValueError("none is installed")
