"""argparse for the command lines of this project.

Differences: an operand ends the options, as POSIX has it; options of others may stand among
ours; a wrong one is answered with the nearest right one; the options are in sections, for a
page of help that reads like a manual page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from repl.clang.options.reading import is_option
from repl.errors import did_you_mean
from runtime.errors import printable_lines

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_OPTIONS = "Options"
_ANY_WIDTH = 80  # columns: usages are ours, and have their lines


class OtherOptions(Protocol):
    """Options that argparse does not know, and where the words come from."""

    def words(self, words: Sequence[str]) -> Iterator[str]:
        """The words of a command line, as they are to be seen."""

    def take(self, word: str, following: Iterator[str]) -> bool:
        """Take an option, with values from the words that follow, if it is one of these."""

    def take_operand(self, word: str) -> bool:
        """Take an operand, if it is not the first of those that end the options."""

    def hint(self, word: str, names: Iterable[str]) -> str:
        """What was perhaps meant by an option that nobody knows, ours being ``names``."""


class _Formatter(argparse.HelpFormatter):
    """Checks our metavars, and no more: to know how wide the terminal is it would import a lot."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_ANY_WIDTH)


class OptionParser(argparse.ArgumentParser):
    """``help_text`` makes the text of ``--help``.

    ``respell`` is given each option as it was typed, and returns it as argparse is to see it.
    ``others``: see ``OtherOptions``.
    """

    def __init__(self, program: str, usage: str, help_text: Callable[[OptionParser], str]) -> None:
        super().__init__(
            prog=program,
            usage=usage,
            add_help=False,
            allow_abbrev=False,
            formatter_class=_Formatter,
        )
        self.respell: Callable[[str], str] = lambda word: word
        self.others: OtherOptions | None = None
        self.sections: dict[str, list[argparse.Action]] = {}
        self._ours: dict[str, argparse.Action] = {}
        self._section = _OPTIONS
        self._help_text = help_text

    def section(self, title: str) -> None:
        """The heading of the options that are added next."""
        self._section = title

    def add_argument(self, *names: Any, **attributes: Any) -> argparse.Action:
        """As argparse's; ``help`` is plain text, where ``%`` is nothing special."""
        text = attributes.pop("help", None)
        action = super().add_argument(*names, **attributes)
        action.help = text  # only now: since Python 3.14 argparse itself looks at what it is given
        self.sections.setdefault(self._section, []).append(action)
        self._ours |= dict.fromkeys(action.option_strings, action)
        return action

    def describe(self, name: str, metavar: str | None, text: str) -> None:
        """Put an option of ``others`` on the page of help."""
        nargs = 0 if metavar is None else None
        action = argparse.Action([name], "", nargs=nargs, metavar=metavar, help=text)
        self.sections.setdefault(self._section, []).append(action)

    def add_help_option(self) -> None:
        """Add ``-h`` and ``--help``."""
        self.add_argument("-h", "--help", action="help", help="Show this page and exit.")

    def format_help(self) -> str:
        """The text of --help."""
        return self._help_text(self)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """As argparse's, but a full disk is an error."""
        print(self.format_help(), end="", file=file)
        sys.stdout.flush()

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end the program with status 2."""
        self.exit(2, f"{self.format_usage()}{self.prog}: error: {printable_lines(message)}\n")

    def parse_until_operand(self, words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Parse the options before the first operand or ``--``: what they say, and the
        operands. Wrong ones end the program with status 2."""
        options: list[str] = []
        remaining = iter(words) if self.others is None else self.others.words(words)
        for word in remaining:
            if is_option(word):
                options += self._take(word, remaining)
            elif word == "--":
                break
            elif self.others is None or not self.others.take_operand(word):
                return self._parse(options), [word, *remaining]
        return self._parse(options), list(remaining)

    def parse_mixed(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse options wherever they are: what they say. ``others`` has all else, in order."""
        options: list[str] = []
        assert self.others is not None
        remaining = self.others.words(words)
        for word in remaining:
            if is_option(word):
                options += self._take(word, remaining)
            else:
                self.others.take_operand(word)
        return self._parse(options)

    def _parse(self, options: Sequence[str]) -> argparse.Namespace:
        parsed, rest = self.parse_known_args(options)
        if rest:
            self.unknown_option(rest[0])
        return parsed

    def unknown_option(self, word: str) -> NoReturn:
        """Say which option was perhaps meant and end the program with status 2."""
        if self.others is not None:
            hint = self.others.hint(word, self._ours)
        else:
            hint = did_you_mean(word.partition("=")[0], self._ours, likeness=0.7)
        self.error(f"unrecognized arguments: {word}{hint}")

    def _take(self, word: str, remaining: Iterator[str]) -> list[str]:
        """An option of ours, as argparse is to see it; nothing if it is one of the others."""
        name = self.respell(word)
        action = self._ours.get(name)
        if action is None:
            is_ours = name.startswith("--") and name.partition("=")[0] in self._ours
            if not is_ours and self.others is not None and self.others.take(word, remaining):
                return []
            return [name]
        value = next(remaining, None) if action.nargs != 0 else None
        if value is None:
            return [name]
        # argparse would take it for an option, not for a value.
        if value.startswith("-") and len(name) == 2:
            return [name + value]
        is_joined = value.startswith("-") and name.startswith("--")
        return [f"{name}={value}"] if is_joined else [name, value]
