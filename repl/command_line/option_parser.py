"""argparse for the command lines of this project.

Differences: an operand ends the options, as POSIX has it; options have the spellings
that compiler drivers have; a wrong one is answered with the nearest right one; the
options are in sections, for a page of help that reads like a manual page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from repl.errors import did_you_mean

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_OPTIONS = "Options"


class OptionParser(argparse.ArgumentParser):
    """``help_text`` makes the text of ``--help``.

    ``respell`` is given each option as it was typed, and returns it as argparse is to see it.
    """

    def __init__(self, program: str, usage: str, help_text: Callable[[OptionParser], str]) -> None:
        super().__init__(prog=program, usage=usage, add_help=False, allow_abbrev=False)
        self.respell: Callable[[str], str] = lambda word: word
        self.sections: dict[str, list[argparse.Action]] = {}
        self._section = _OPTIONS
        self._help_text = help_text

    def section(self, title: str) -> None:
        """The heading of the options that are added next."""
        self._section = title

    def add_argument(self, *names: Any, **attributes: Any) -> argparse.Action:
        """As argparse's; ``help`` is plain text, where ``%`` is nothing special."""
        action = super().add_argument(*names, **attributes)
        self.sections.setdefault(self._section, []).append(action)
        return action

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
        self.exit(2, f"{self.format_usage()}{self.prog}: error: {message}\n")

    def parse_until_operand(self, words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Parse the options before the first operand or ``--``: what they say, and the
        operands. Wrong ones end the program with status 2."""
        options: list[str] = []
        operands: list[str] = []
        for group in self._groups(words):
            if operands or not _is_option(group[0]):
                operands += group
            else:
                options += self._for_argparse(group)
        if operands[:1] == ["--"]:
            del operands[0]
        parsed, rest = self.parse_known_args(options)
        if rest:
            self.unknown_option(rest[0])
        return parsed, operands

    def parse_mixed(self, words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Parse options wherever they are: what they say, and all else, in order."""
        options: list[str] = []
        for group in self._groups(words):
            options += self._for_argparse(group) if _is_option(group[0]) else group
        return self.parse_known_args(options)

    def unknown_option(self, word: str) -> NoReturn:
        """Say which option was perhaps meant and end the program with status 2."""
        names = self._actions_by_name()
        hint = did_you_mean(word.partition("=")[0], names, likeness=0.7)
        if not hint and not word.startswith("--") and "--Xcc" in names:
            hint = f"; an option of Clang's is given as --Xcc={word}"
        self.error(f"unrecognized arguments: {word}{hint}")

    def _groups(self, words: Sequence[str]) -> Iterator[list[str]]:
        """Each option with its value, if that is the next word; each operand by itself."""
        actions = self._actions_by_name()
        remaining = iter(words)
        for word in remaining:
            action = actions.get(self.respell(word))
            value = next(remaining, None) if action and action.nargs != 0 else None
            yield [word] if value is None else [word, value]

    def _for_argparse(self, group: list[str]) -> list[str]:
        if len(group) == 1:
            return [self.respell(group[0])]
        name, value = group
        # argparse would take it for an option, not for a value.
        if value.startswith("-") and len(name) == 2:
            return [name + value]
        return [f"{name}={value}"] if value.startswith("-") and name.startswith("--") else group

    def _actions_by_name(self) -> dict[str, argparse.Action]:
        actions = [action for section in self.sections.values() for action in section]
        return {name: action for action in actions for name in action.option_strings}


def _is_option(word: str) -> bool:
    return word.startswith("-") and word not in ("-", "--")
