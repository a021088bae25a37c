"""What stands behind ``%%cpp``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from msgspec import Struct

from repl.errors import ShellError

USAGE = "%%cpp [-i NAME,...] [-o NAME,...] [--new] [-s STD] [compiler options]"

_INPUT = ("-i", "--input")
_OUTPUT = ("-o", "--output")
_STANDARD = ("-s", "--std")


class CellOptions(Struct):
    """``inputs``: Python's variables that the cell knows; ``outputs``: the program's that
    Python gets. ``flags``: the compiler's; ``is_new``: for a session that begins with this cell."""

    inputs: list[str] = []
    outputs: list[str] = []
    flags: list[str] = []
    is_new: bool = False


def read_cell_options(line: str) -> CellOptions:
    """Raises ShellError for what makes no sense; flags are not looked at."""
    try:
        words = iter(shlex.split(line))
    except ValueError as error:
        raise ShellError(f"cannot make words of {line!r}: {str(error).lower()}") from None
    options = CellOptions()
    for word in words:
        _take(word, words, options)
    return options


def split_line(line: str) -> tuple[CellOptions, str]:
    """Options at the beginning of a ``%cpp`` line, up to what cannot be one, and the code."""
    options = CellOptions()
    rest = line.strip()
    while rest.startswith("-"):
        word, _, after = rest.partition(" ")
        name, _, value = word.partition("=")
        if name not in (*_INPUT, *_OUTPUT):
            break  # `-x` is an expression
        if not value:
            value, _, after = after.strip().partition(" ")
        _take(name, iter([value] if value else []), options)
        rest = after.strip()
    return options, rest


def _take(word: str, following: Iterator[str], options: CellOptions) -> None:
    name, has_value, value = word.partition("=")
    if name not in (*_INPUT, *_OUTPUT, *_STANDARD):
        if word == "--new":
            options.is_new = True
        elif word.startswith("-") or options.flags:
            options.flags.append(word)
        else:
            raise ShellError(f"{word!r} is no option; usage: {USAGE}")
        return
    if name == "--std":
        name = "-s"
    if not has_value:
        value = next(following, "")
    if not value:
        raise ShellError(f"{word} needs a value; usage: {USAGE}")
    if name in _STANDARD:
        options.flags.append(f"-std={value}")
        return
    names = [each.strip() for each in value.split(",")]
    for each in names:
        if not each.isidentifier():
            raise ShellError(f"{name}: {each!r} is no name of a variable")
    (options.inputs if name in _INPUT else options.outputs).extend(names)
