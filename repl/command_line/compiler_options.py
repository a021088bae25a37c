"""The options that go on to Clang, of ``forkrepl`` and of ``forkrepl link``."""

from __future__ import annotations

import argparse

from repl.command_line.option_parser import OptionParser


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


def add_compiler_options(parser: OptionParser) -> None:
    """Add them: ``language``, ``optimisation`` (text or None) and ``compiler_flags``."""
    parser.section("Compiler")
    parser.respell = as_argparse_has_it
    add = parser.add_argument
    add(
        "-x",
        dest="language",
        choices=("c", "c++"),
        metavar="LANGUAGE",
        help="c or c++. By default a FILE named .c is C, all else C++.",
    )
    add(
        "-O",
        dest="optimisation",
        metavar="[LEVEL]",
        help="Optimise: 0 (default), 1, 2 or 3. -O alone is -O1.",
    )
    for name, value, text in (
        ("-std", "STANDARD", "The language standard, as in -std=c++20."),
        ("-I", "DIR", "Look for headers there."),
        ("-D", "MACRO[=VALUE]", "Define a macro."),
        ("-U", "MACRO", "Do not define a macro."),
        ("-include", "FILE", "Include a file before anything else."),
        ("-W", "WARNING", "As in -Wall and -Wno-unused."),
        ("-f", "FEATURE", "As in -fno-exceptions."),
        ("-m", "FEATURE", "As in -mavx2."),
    ):
        add(name, dest="compiler_flags", action=_Passed, metavar=value, help=text)
    add(
        "-g",
        dest="compiler_flags",
        action=_Passed,
        nargs=0,
        help="Debug information, for gdb too; also -g1, -gdwarf-4 and the like.",
    )
    add(
        "--Xcc",
        dest="compiler_flags",
        action=_Passed,
        metavar="FLAG",
        help="Any other option of Clang's.",
    )


def add_color_option(parser: OptionParser) -> None:
    """Add ``--color``; ``color`` is None if it is not given."""
    parser.add_argument(
        "--color",
        choices=("auto", "yes", "no"),
        metavar="WHEN",
        help="Colours: auto (default), yes or no.",
    )


def as_argparse_has_it(option: str) -> str:
    """An option, as argparse can parse it: it would take the next word for the level of a
    bare ``-O``, and knows no options that may have a value but need not."""
    if option == "-O":
        return "-O1"
    if option.startswith("-g") and option != "-g":
        return f"--Xcc={option}"
    return option


def optimisation_level(parser: OptionParser, text: str | None) -> int | None:
    """The level that ``-O`` was given, if it was; a wrong one ends the program with status 2."""
    if text is None:
        return None
    if text not in ("0", "1", "2", "3"):
        parser.error(f"argument -O: invalid level '{text}' (choose from 0, 1, 2, 3)")
    return int(text)


def add_perf_option(parser: OptionParser) -> None:
    """Add ``--perf``."""
    parser.add_argument(
        "--perf",
        action="store_true",
        help="Write /tmp/perf-PID.map, where perf finds the names of functions. The code goes "
        "over a socket, as perf does not look for names in shared memory.",
    )
