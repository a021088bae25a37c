"""Pages of help in the manner of manual pages, as wide as the terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Iterable

from repl.command_line.option_parser import OptionParser
from repl.terminal.terminal import use_colour

_INDENT = 7
_INNER = 15
_WIDEST = 100  # more is hard to read
_NARROWEST = 40
_JOINED = ("-O", "-W", "-f", "-m")  # options whose value is in the same word


class HelpPage:
    """Collects the lines of a page. ``bold``: headings and terms by escape sequences."""

    def __init__(self, width: int, bold: bool) -> None:
        self._width = max(min(width, _WIDEST), _NARROWEST)
        self._bold = bold
        self._lines: list[str] = []

    def heading(self, title: str) -> None:
        """The heading of a section."""
        self._separate()
        self._lines.append(self._marked(title.upper(), "\x1b[1;33m"))

    def subheading(self, title: str) -> None:
        """The heading of a part of a section."""
        self._separate()
        self._lines.append(f"   {self._marked(title, _BOLD)}")

    def paragraph(self, text: str) -> None:
        """A paragraph, wrapped to the width of the page."""
        if self._lines and self._lines[-1].startswith(" " * _INDENT):
            self._separate()
        self._lines += self._wrapped(text, _INDENT)

    def verbatim(self, *lines: str) -> None:
        """Lines that are not wrapped, such as commands."""
        self._lines += [" " * _INDENT + line for line in lines]

    def entries(self, entries: Iterable[tuple[str, str]]) -> None:
        """Terms, each with what it means beside or below."""
        for term, text in entries:
            wrapped = self._wrapped(text, _INNER)
            first = " " * _INDENT + self._marked(term, _BOLD)
            if len(term) < _INNER - _INDENT and wrapped:
                padding = " " * (_INNER - _INDENT - len(term))
                first += padding + wrapped.pop(0).lstrip()
            self._lines += [first, *wrapped]

    def text(self) -> str:
        """The whole page, with a newline at the end."""
        return "\n".join(self._lines) + "\n"

    def _separate(self) -> None:
        if self._lines:
            self._lines.append("")

    def _wrapped(self, text: str, indent: int) -> list[str]:
        margin = " " * indent
        return textwrap.wrap(
            text,
            self._width,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _marked(self, text: str, sequence: str) -> str:
        return f"{sequence}{text}\x1b[0m" if self._bold else text


_BOLD = "\x1b[1m"


def begin_page(parser: OptionParser, name: str, description: str) -> HelpPage:
    """A page for standard output, with its first sections."""
    page = HelpPage(shutil.get_terminal_size().columns, bold=use_colour("auto", sys.stdout))
    page.heading("Name")
    page.paragraph(name)
    page.heading("Synopsis")
    page.verbatim(*(line.strip() for line in str(parser.usage).splitlines()))
    page.heading("Description")
    page.paragraph(description)
    return page


def add_options(page: HelpPage, parser: OptionParser) -> None:
    """The section of all options, in their groups."""
    page.heading("Options")
    for title, actions in parser.sections.items():
        page.subheading(title)
        page.entries((_usage(each), str(each.help or "")) for each in actions)


def _usage(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ", ".join(action.option_strings)
    value = str(action.metavar or action.dest.upper())
    return ", ".join(name + _separator(name) + value for name in action.option_strings)


def _separator(name: str) -> str:
    if name.startswith("--") or name == "-std":
        return "="
    return "" if name in _JOINED else " "
