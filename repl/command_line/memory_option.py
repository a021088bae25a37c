"""``--memory-limit``: how much memory the user's program may have."""

from __future__ import annotations

import argparse

from repl.command_line.option_parser import OptionParser
from repl.configuration.memory_size import parse_memory_limit


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
