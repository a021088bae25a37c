"""What a command is."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from msgspec import Struct

from repl.commands.context import Shell
from repl.errors import ShellError


class Quit(Exception):
    """The user wants to leave."""


class WrongUsage(ShellError):
    """The arguments are not what the command takes. The message goes on after the name of
    the command, as "needs a file"; its usage is added where it is run."""


class Command(Struct, frozen=True):
    """What a user is told of it, and where it is carried out.

    ``name`` begins with ``%``, or is ``!``, ``?`` or cling's; ``usage`` is one line.
    ``run``: "MODULE.FUNCTION" of this package, imported when it is needed, as there are
    many. The function gets the rest of the line and returns what to print; it raises
    WrongUsage, and whatever ``Session.run`` raises. ``argument``: what Tab completes after
    it: "command", "code", "name", "file", "folder", "library", "number", "level", "shell",
    "variable" (of the environment) or "". ``details`` and ``example``: for ``%help NAME``.
    """

    name: str
    usage: str
    summary: str
    run: str
    argument: str = ""
    details: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()

    def implementation(self) -> Callable[[Shell, str], str]:
        """What carries it out."""
        module, _, function = self.run.partition(".")
        found: Callable[[Shell, str], str] = getattr(
            importlib.import_module(f"repl.commands.{module}"), function
        )
        return found

    def help(self, width: int) -> str:
        """Everything that there is to say, on a terminal of ``width`` columns."""
        parts = [self.usage, _paragraph(self.summary, width)]
        if self.details:
            parts.append(_paragraph(self.details, width))
        if self.example:
            parts.append(f"example:\n{_INDENT}{self.example}")
        if self.aliases:
            parts.append("also: " + " ".join(self.aliases))
        return "\n".join(parts)


def no_argument(argument: str) -> None:
    """Raises WrongUsage if there is one."""
    if argument:
        raise WrongUsage(f"takes no argument, not '{argument}'")


def positive_number(argument: str, of_what: str) -> int:
    """A number of at least 1, which it is if nothing is said. Raises WrongUsage."""
    if not argument:
        return 1
    if not (
        argument.isdecimal() and argument.isascii() and 0 < len(argument) < 10 and int(argument)
    ):
        raise WrongUsage(f"takes a number of {of_what}, not '{argument}'")
    return int(argument)


_INDENT = "    "
_WIDEST, _NARROWEST = 90, 30  # columns, of what is to be read


def _paragraph(text: str, width: int) -> str:
    import textwrap  # only help needs it

    width = max(min(width, _WIDEST), _NARROWEST)
    return textwrap.fill(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
