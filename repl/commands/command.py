"""What a command is."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from repl.commands.context import Shell
from repl.input.command_syntax import Arguments, CommandSyntax, WrongUsage
from runtime.errors import ForkreplError


class Quit(ForkreplError):
    """The user wants to leave: not an error, but the end."""


class Command(CommandSyntax, frozen=True, kw_only=True):
    """What a user is told of it, and where it is carried out.

    ``run``: "MODULE.FUNCTION" of this package, imported when it is needed, as there are
    many. The function gets what was given to the command and returns what to print; it raises
    WrongUsage, and whatever ``Session.run`` raises. ``details`` and ``example``: for
    ``%help NAME``.
    """

    run: str
    details: str = ""
    example: str = ""

    def implementation(self) -> Callable[[Shell, Arguments], str]:
        """What carries it out."""
        module, _, function = self.run.partition(".")
        found: Callable[[Shell, Arguments], str] = getattr(
            importlib.import_module(f"repl.commands.{module}"), function
        )
        return found

    def help(self, width: int) -> str:
        """Everything that there is to say, on a terminal of ``width`` columns."""
        parts = [self.usage, _paragraph(self.summary, width)]
        options = ", ".join(f"{each.name} {each.means}" for each in self.options)
        details = " ".join([*([f"{options}."] if options else []), self.details]).strip()
        if details:
            parts.append(_paragraph(details, width))
        if self.example:
            parts.append(f"example:\n{_INDENT}{self.example}")
        if self.aliases:
            parts.append("also: " + " ".join(self.aliases))
        return "\n".join(parts)


def is_positive_number(text: str) -> bool:
    """Whether it is a number of at least 1, and not beyond all measure."""
    return text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0


def positive_number(argument: str, of_what: str) -> int:
    """A number of at least 1, which it is if nothing is said. Raises WrongUsage."""
    if not argument:
        return 1
    if not is_positive_number(argument):
        raise WrongUsage(f"takes a number of {of_what}, not '{argument}'")
    return int(argument)


_INDENT = "    "
_WIDEST, _NARROWEST = 90, 30  # columns, of what is to be read


def _paragraph(text: str, width: int) -> str:
    import textwrap  # only help needs it

    width = max(min(width, _WIDEST), _NARROWEST)
    return textwrap.fill(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
