"""Editing files and texts by a program of the user's choice."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

# Full names: nothing is run from the current directory, whatever is in PATH.
_USUAL = ("/usr/bin/editor", "/usr/bin/nano", "/usr/bin/vim", "/usr/bin/vi")


class EditorFailed(Exception):
    """There is no editor, or it says that it failed. ``str()`` is the message."""


def edit_file(path: Path, configured: str | None, run: Callable[[Sequence[str]], int]) -> None:
    """Open a file in an editor, and wait.

    ``configured``: the editor's command, in place of $VISUAL and $EDITOR. ``run``: starts a
    program and returns its exit status, or minus the number of a signal. Raises
    EditorFailed, and what ``run`` raises.
    """
    command = _editor_command(configured)
    try:
        status = run([*command, str(path)])
    except (OSError, ValueError) as error:  # ValueError: a NUL in the configuration
        raise EditorFailed(f"no editor: {error} (set VISUAL or EDITOR)") from None
    if status:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        raise EditorFailed(f"{command[0]} ended with {how}")


def edit_text(
    text: str, name: str, configured: str | None, run: Callable[[Sequence[str]], int]
) -> str:
    """What the user makes of a text in an editor, as a file that is called ``name``.

    As ``edit_file``; bytes that are no UTF-8 are kept.
    """
    try:
        # Its owner's alone. That it cannot be removed is no reason to lose what was written.
        with tempfile.TemporaryDirectory(prefix="forkrepl-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, name)
            path.write_text(text, "utf-8", "surrogateescape")
            edit_file(path, configured, run)
            return path.read_text("utf-8", "surrogateescape")
    except FileNotFoundError as error:
        where = "" if error.filename else " (set TMPDIR to a folder that may be written to)"
        raise EditorFailed(f"the text cannot be edited: {error}{where}") from None
    except (OSError, ValueError) as error:
        raise EditorFailed(f"the text cannot be edited: {error}") from None


def _editor_command(configured: str | None) -> list[str]:
    """The words of the command: ``configured``, or $VISUAL, or $EDITOR, or a usual one.

    Raises EditorFailed if there is none, or if its quotes do not match.
    """
    for choice in (configured, os.environ.get("VISUAL"), os.environ.get("EDITOR")):
        if choice and choice.strip():
            try:
                return shlex.split(choice)
            except ValueError as error:
                raise EditorFailed(f"no editor: {choice}: {error} (set VISUAL or EDITOR)") from None
    for choice in _USUAL:
        if os.access(choice, os.X_OK):
            return [choice]
    raise EditorFailed("no editor: none is installed (set VISUAL or EDITOR)")
