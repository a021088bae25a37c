"""``-p`` and ``--flags-of``: the options of a project."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from repl.command_line.option_parser import OptionParser

if TYPE_CHECKING:
    from repl.clang.options.project import ProjectOptions


def add_project_options(parser: OptionParser) -> None:
    """Add the options that ``project_options`` reads."""
    parser.add_argument(
        "-p",
        dest="project",
        metavar="BUILD",
        help="Compile as the project in BUILD is compiled, by compile_commands.json or "
        "compile_flags.txt there or above it: with what all of its files have in common, and "
        "all of their folders for headers. What else the command line says is added.",
    )
    parser.add_argument(
        "--flags-of",
        metavar="FILE",
        help="Compile as this file of the project is compiled (of -p, or above FILE).",
    )


def project_options(
    options: argparse.Namespace, file: str | None, *, is_c: bool
) -> ProjectOptions | None:
    """What the project says; None if there is to be none. ``file``: what is run, which may be
    one of its files. Raises ShellError."""
    wanted: str | None = options.flags_of
    place: str | None = options.project
    if place is None and wanted is not None:
        place = os.path.dirname(wanted) or os.curdir
    if place is None:
        return None
    from repl.clang.options.project import options_of_project

    return options_of_project(place, wanted, file, is_c=is_c)
