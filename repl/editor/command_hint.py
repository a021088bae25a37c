"""What the prompt is told of a command."""

from __future__ import annotations

from msgspec import Struct


class CommandHint(Struct, frozen=True):
    """``summary``: a line. ``argument``: what Tab completes behind it: "command", "code",
    "name", "file", "folder", "library", "shell", "variable" (of the environment), or
    something that cannot be completed."""

    summary: str = ""
    argument: str = ""
