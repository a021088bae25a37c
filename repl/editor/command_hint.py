"""What the prompt is told of a command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandHint:
    """``summary``: a line. ``argument``: what Tab completes behind it: "command", "code",
    "name", "file", "folder", "library", "shell", "variable" (of the environment), or
    something that cannot be completed."""

    summary: str = ""
    argument: str = ""
