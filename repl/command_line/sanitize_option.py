"""``--sanitize``: mistakes that do not crash are found while the program runs."""

from __future__ import annotations

import argparse

from repl.clang.sanitizers import NAMES, wrong_names
from repl.command_line.option_parser import OptionParser


def add_sanitize_option(parser: OptionParser) -> None:
    """Add the option that ``sanitize_flags`` reads."""
    parser.add_argument(
        "--sanitize",
        type=_names,
        metavar="KIND,...",
        help=f"Find mistakes that do not crash: {', '.join(NAMES)}; as -fsanitize=, which has "
        "more kinds.",
    )


def sanitize_flags(options: argparse.Namespace) -> list[str]:
    """What the option says to Clang."""
    return [f"-fsanitize={options.sanitize}"] if options.sanitize else []


def _names(text: str) -> str:
    problem = wrong_names(text)
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return text
