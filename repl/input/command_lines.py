"""Which inputs are for the shell and not for Clang."""

from __future__ import annotations

import re

# `.5` is a number and `!(a` an expression, but no C++ begins with `%` or `?` (save `%:`, a
# `#`). Of what begins with `.` only cling's commands are meant.
_COMMAND = re.compile(
    r"[ \t]*(?:%(?!:)|\?|![A-Za-z./~]|\.(?:q|\?|L|x|I|O|undo)(?=\s|\Z))",
)
_CODE_FOLLOWS = re.compile(r"[ \t]*%(?:time|timeit)\b(?:[ \t]+-[nr][ \t]*\d+)*")


def is_command(text: str) -> bool:
    """Whether an input, or the first line of one, is a command."""
    return _COMMAND.match(text.lstrip("\n")) is not None


def code_of_command(text: str) -> str | None:
    """What is left of a command that takes code, such as ``%time CODE``; None for others."""
    match = _CODE_FOLLOWS.match(text.lstrip("\n"))
    return text.lstrip("\n")[match.end() :] if match else None
