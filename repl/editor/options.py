"""What may be configured about the prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from msgspec import Struct

ThemeChoice = Literal["auto", "light", "dark", "none"]


class PromptOptions(Struct, frozen=True):
    """The defaults are those of a user without a configuration.

    ``history_file``: None keeps the history in memory; ``per_project_history``: instead of
    that file, one for each project beside it. ``complete_while_typing``: the menu opens by
    itself, otherwise by Tab. ``suggestions``: from the history, in grey behind the cursor.
    ``editor``: the command for Ctrl-X Ctrl-E, instead of ``$VISUAL`` or ``$EDITOR``.
    ``indent``: columns for each open brace.
    """

    vi_mode: bool = False
    theme: ThemeChoice = "auto"
    complete_while_typing: bool = False
    signature_help: bool = True
    suggestions: bool = True
    history_file: Path | None = None
    per_project_history: bool = False
    editor: str | None = None
    indent: int = 4
    mouse: bool = False
