"""The options that go on to Clang, of ``forkrepl`` and of ``forkrepl link``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

PASSED_OPTIONS = """\
Clang's options -std= -I -D -U -W -f -m -g -O -include -x are passed on as they are, any
other with --Xcc=FLAG."""
"""For the end of ``--help``."""


class _Passed(argparse.Action):
    """A compiler option that goes on to Clang, with the value it was given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        flags = list(getattr(namespace, self.dest, None) or [])
        name = self.option_strings[0]
        if name == "--Xcc":
            flags.append(str(values))
        elif name == "-include":
            flags += [name, str(values)]
        elif name == "-std":
            flags.append(f"{name}={values}")
        else:
            flags.append(name + str(values or ""))
        setattr(namespace, self.dest, flags)


def add_compiler_options(parser: argparse.ArgumentParser) -> None:
    """Add them: ``language``, ``optimisation`` (text), ``color`` and ``compiler_flags``."""
    add = parser.add_argument
    add("--color", choices=("auto", "yes", "no"), default="auto", help="colours (default: auto)")
    add("-x", dest="language", choices=("c", "c++"), help="the language (default: by FILE's name)")
    add(
        "-O",
        dest="optimisation",
        default="0",
        metavar="LEVEL",
        help="optimise: 0 (default), 1, 2, 3",
    )
    for name, value in (
        ("-std", "STANDARD"),
        ("-I", "DIR"),
        ("-D", "MACRO"),
        ("-U", "MACRO"),
        ("-W", "WARNING"),
        ("-f", "FLAG"),
        ("-m", "FLAG"),
        ("-include", "FILE"),
    ):
        add(name, dest="compiler_flags", action=_Passed, metavar=value, help=argparse.SUPPRESS)
    add("-g", dest="compiler_flags", action=_Passed, nargs=0, help=argparse.SUPPRESS)
    add("--Xcc", dest="compiler_flags", action=_Passed, metavar="FLAG", help="any Clang option")


def with_level(arguments: Sequence[str]) -> list[str]:
    """The arguments with ``-O1`` for a bare ``-O``, whose level argparse would take to be
    the next word."""
    return ["-O1" if argument == "-O" else argument for argument in arguments]


def optimisation_level(parser: argparse.ArgumentParser, text: str) -> int:
    """The level that ``-O`` was given; a wrong one ends the program with status 2."""
    if text not in ("0", "1", "2", "3"):
        parser.error(f"argument -O: invalid level '{text}' (choose from 0, 1, 2, 3)")
    return int(text)


def add_perf_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--perf``."""
    parser.add_argument(
        "--perf",
        action="store_true",
        help="write /tmp/perf-PID.map, where perf finds the names of functions; the code goes "
        "over a socket, as perf does not look for names in shared memory",
    )


def wants_debug_info(flags: Sequence[str]) -> bool:
    """Whether the flags ask Clang for debug information: the last of them counts."""
    levels = [flag for flag in flags if flag.startswith("-g")]
    return bool(levels) and levels[-1] != "-g0"


def line_table_flags(flags: Sequence[str]) -> list[str]:
    """What gives code the lines of its source, and nothing else for debuggers; nothing
    if the user's flags say what debug information they want."""
    if any(flag.startswith("-g") for flag in flags):
        return []
    return ["-gline-tables-only", "-gcolumn-info"]


def optimisation_flags(level: int) -> list[str]:
    """What Clang is told: it only marks the functions as optimisable, because LLVM's
    passes run later, in the code generator."""
    return [f"-O{level}", "-Xclang", "-disable-llvm-passes"] if level else []
