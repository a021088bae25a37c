"""``--memory-limit``: how much memory the user's program may have."""

from __future__ import annotations

import argparse
import re

from repl.command_line.option_parser import OptionParser
from runtime.memory_limit import machine_memory

_SMALLEST = 16 << 20  # bytes: the executor itself needs some
_LARGEST = 1 << 60
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}  # powers of two
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGT]?)", re.IGNORECASE)
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)%")


def add_memory_limit_option(parser: OptionParser) -> None:
    """Add the option that ``checked_memory_limit`` reads."""
    parser.add_argument(
        "--memory-limit",
        metavar="SIZE",
        help="How much memory the program may allocate: 512M, 4G, 25% of the machine's memory, "
        "or none (default: half of it).",
    )


def checked_memory_limit(parser: OptionParser, options: argparse.Namespace) -> str | None:
    """What the option says, for ``parse_memory_limit``, None without it; wrong usage ends
    the program with status 2."""
    text: str | None = options.memory_limit
    if text is None:
        return None
    if options.connect is not None:
        parser.error("--memory-limit is of no use with --connect: limit the listener (ulimit -d)")
    try:
        parse_memory_limit(text)
    except ValueError as error:
        parser.error(f"argument --memory-limit: {error}")
    return text


def parse_memory_limit(text: str) -> int | None:
    """Bytes; None for ``none``. Raises ValueError."""
    if text == "none":
        return None
    if percentage := _PERCENTAGE.fullmatch(text):
        if float(percentage[1]) > 100:
            raise ValueError(f"{text} is more than all memory")
        size = machine_memory() * float(percentage[1]) / 100
    elif number := _SIZE.fullmatch(text):
        size = float(number[1]) * 2 ** _UNITS[number[2].upper()]
    else:
        raise ValueError(f"'{text}' is no size: give 512M, 4G, 25% or none")
    if size > _LARGEST:
        raise ValueError(f"{text} is more than any machine has: give none for no limit")
    if size < _SMALLEST:
        raise ValueError(f"{text} is too little: {show_size(_SMALLEST)} is the least")
    return int(size)


def memory_hint(limit: int) -> str:
    """For the message of a program that has run out of memory."""
    return f"(memory limit {show_size(limit)}: --memory-limit)"


def show_size(size: float) -> str:
    """As in ``11.6 GiB``."""
    units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.1f}".removesuffix(".0") + f" {units[0]}"
