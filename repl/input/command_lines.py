"""Which inputs are for the shell and not for Clang."""

from __future__ import annotations

import re
from collections.abc import Iterable

from repl.input.command_syntax import CommandSyntax

_NAME = re.compile(r"\s*(?P<name>[!?]|[%.]\S*)\s*")


class CommandLines:
    """Tells commands from code, by the table of all commands."""

    def __init__(self, table: Iterable[CommandSyntax]) -> None:
        self.table = list(table)
        self._by_name = {
            name: command for command in self.table for name in (command.name, *command.aliases)
        }
        # `.5` is a number and `!(a` an expression, but no C++ begins with `%` or `?` (save
        # `%:`, a `#`). Of what begins with `.` only cling's commands are meant.
        of_cling = (
            re.escape(name) + r"(?=\s|\Z)" for name in self._by_name if name.startswith(".")
        )
        begin = "|".join(["%(?!:)", r"\?", "![A-Za-z./~]", *of_cling])
        self._begin = re.compile(rf"[ \t]*(?:{begin})")

    def find(self, name: str) -> CommandSyntax | None:
        """The command that is called so."""
        return self._by_name.get(name)

    def is_command(self, text: str) -> bool:
        """Whether an input, or the first line of one, is a command."""
        return self._begin.match(text.lstrip("\n")) is not None

    def name_end(self, text: str) -> tuple[str, int]:
        """The name of the command that a text begins with, and where what it takes begins."""
        match = _NAME.match(text)
        return (match["name"], match.end()) if match else ("", 0)

    def code_offset(self, text: str) -> int | None:
        """Where the code of a command begins that takes some, as ``%time CODE``; else None."""
        name, end = self.name_end(text)
        command = self.find(name)
        if command is None or not command.takes_code:
            return None
        return end + command.code_offset(text[end:])
