"""Which inputs are for the shell and not for Clang."""

from __future__ import annotations

import re
from collections.abc import Iterable

from repl.input.command_syntax import CommandSyntax
from repl.input.open_brackets import lines_outside_brackets

_BEGIN = re.compile(r"[ \t]*(?:%(?!:)|\?|\.?![A-Za-z./~]|(?P<of_cling>\.\S*))")
_NAME = re.compile(r"\s*(?:\.(?=!))?(?P<name>[!?]|[%.]\S*)\s*")
_ASKED = re.compile(
    r"[ \t]*(?P<name>(?:::)?~?\w+(?:(?:::|\.|->)~?\w+)*)\?{1,2}[ \t]*(?://.*)?(?=\n|\Z)"
)
"""``v?`` as in IPython. With a blank before it, it is C++ that goes on."""


class CommandLines:
    """Tells commands from code, by the table of all commands. ``foreign``: names of others'
    commands that are told from code, too, to say what does the same."""

    def __init__(self, table: Iterable[CommandSyntax], foreign: Iterable[str] = ()) -> None:
        self.table = list(table)
        self._by_name = {
            name: command for command in self.table for name in (command.name, *command.aliases)
        }
        self._of_cling = {each for each in (*self._by_name, *foreign) if each.startswith(".")}

    def find(self, name: str) -> CommandSyntax | None:
        """The command that is called so."""
        return self._by_name.get(name)

    def is_command(self, text: str) -> bool:
        """Whether an input, or the first line of one, is a command."""
        # `.5` is a number and `!(a` an expression, but no C++ begins with `%` or `?` (save
        # `%:`, a `#`). Of what begins with `.` only cling's commands are meant; `.!` is `!`.
        text = text.lstrip("\n")
        begin = _BEGIN.match(text)
        if begin is None:
            return _ASKED.match(text) is not None
        return begin["of_cling"] is None or begin["of_cling"] in self._of_cling

    def are_in(self, text: str) -> bool:
        """Whether a line of a text, outside of brackets, is a command."""
        return any(self.is_command(line) for _, line in lines_outside_brackets(text))

    def is_known(self, text: str) -> bool:
        """Whether it is a command also in the midst of code, where ``? 1 : 2`` may stand."""
        name, _ = self.take_apart(text)
        return not text.lstrip().startswith("?") and self.find(name) is not None

    def name_end(self, text: str) -> tuple[str, int]:
        """The name of the command that a text begins with, and where what it takes begins."""
        match = _NAME.match(text)
        return (match["name"], match.end()) if match else ("", 0)

    def take_apart(self, text: str) -> tuple[str, str]:
        """The name of a command, and what it is given: ``v?`` is ``?v``."""
        text = text.strip()
        asked = _ASKED.match(text)
        if asked:
            return "?", asked["name"]
        name, end = self.name_end(text)
        return name, text[end:]

    def code_offset(self, text: str) -> int | None:
        """Where the code of a command begins that takes some, as ``%time CODE``; else None."""
        name, end = self.name_end(text)
        command = self.find(name)
        if command is None or not command.takes_code:
            return None
        return end + command.code_offset(text[end:])
