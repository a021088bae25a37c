"""The options that go on to Clang, of ``forkrepl`` and of ``forkrepl link``.

Clang's own table says which there are and what follows them (``repl.clang.options``): a command
line means here what it means to clang++. Options of ours are the exception.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from repl.clang.options.gathering import CompilerOptions, gather
from repl.clang.options.reading import Option, WrongOption, hint_for, read_options, take_option
from repl.clang.options.response_files import Words
from repl.clang.options.table import option_table
from repl.command_line.option_parser import OptionParser
from repl.command_line.project_options import add_project_options, project_options
from repl.command_line.sanitize_option import add_sanitize_option, sanitize_flags
from runtime.errors import printable_lines

_PASSED_ON = ("--Xcc", "-Xcc")


def tell_warnings(program: str, warnings: Iterable[str]) -> None:
    """Say on standard error which options have no effect."""
    for warning in warnings:
        print(printable_lines(f"{program}: warning: {warning}"), file=sys.stderr)


def language_of(said: str | None, file: str | None) -> str:
    """``c`` or ``c++``: what ``-x`` says, or the name of the file."""
    return said or ("c" if file and file.endswith((".c", ".i")) else "c++")


class CompilerWords:
    """Clang's options on a command line (``option_parser.OtherOptions``), in their order.

    ``takes_operand``: whether an operand is one for the linker, and the options go on after it.
    """

    def __init__(self, parser: OptionParser, takes_operand: Callable[[str], bool]) -> None:
        self._parser = parser
        self._takes_operand = takes_operand
        self._found: list[Option | str] = []
        self._passed: list[str] = []  # by --Xcc, whose values may come with another --Xcc
        self._words = Words([])

    def words(self, words: Sequence[str]) -> Iterator[str]:
        """The words, with those of response files in their places; those of a program's
        arguments and of code are as they are."""
        self._words = Words(words)
        return self._words

    def take(self, word: str, following: Iterator[str]) -> bool:
        """See ``OtherOptions``."""
        name, equals, value = word.partition("=")
        if name in _PASSED_ON:
            passed = value if equals else next(following, None)
            if passed is None:
                self._parser.error(f"argument {name}: expected one argument")
            self._passed.append(passed)
            return True
        try:
            option = take_option(word, self._words.expanded())
        except WrongOption as error:
            self._parser.error(str(error))
        if option is not None:
            self._end_passed()
            self._found.append(option)
        elif option_table().is_internal(word):  # and no option of ours with a value, as -eCODE
            self._parser.unknown_option(word)
        return option is not None

    def take_operand(self, word: str) -> bool:
        """See ``OtherOptions``."""
        if word.startswith("@"):
            try:
                if self._words.expand(word):
                    return True
            except WrongOption as error:
                self._parser.error(str(error))
        if not self._takes_operand(word):
            return False
        self._end_passed()
        self._found.append(word)
        return True

    def hint(self, word: str, names: Iterable[str]) -> str:
        """See ``OtherOptions``."""
        return hint_for(word, names)

    def gathered(self, options: argparse.Namespace, file: str | None = None) -> CompilerOptions:
        """What they mean together, after those of the project that ``options`` name; wrong
        ones end the program with status 2. ``file``: what is run.

        Raises ShellError if there is no such project.
        """
        self._end_passed()
        try:
            found = gather(self._found)
            is_c = language_of(found.language, file) == "c"
            project = project_options(options, file, is_c=is_c)
            if project is not None:
                found = gather([*project.options, *self._found])
                found.ignored += project.dropped
            found.flags += sanitize_flags(options)
            return found
        except WrongOption as error:
            self._parser.error(str(error))

    def _end_passed(self) -> None:
        passed, self._passed = self._passed, []
        try:
            for option in read_options(passed):
                if isinstance(option, str):
                    self._parser.error(f"argument --Xcc: {option} is no option of Clang's")
                self._found.append(option)
        except WrongOption as error:
            self._parser.error(str(error))


def add_compiler_options(
    parser: OptionParser, takes_operand: Callable[[str], bool]
) -> CompilerWords:
    """Add them. ``takes_operand``: see ``CompilerWords``."""
    parser.section("Compiler")
    parser.others = words = CompilerWords(parser, takes_operand)
    for name, value, text in (
        ("-x", "LANGUAGE", "c or c++. By default a FILE named .c is C, all else C++."),
        ("-O", "[LEVEL]", "Optimise: 0 (default), 1, 2 or 3. -O alone is -O1."),
        ("-std", "STANDARD", "The language standard, as in -std=c++20."),
        ("-I", "DIR", "Look for headers there."),
        ("-isystem", "DIR", "The same, without warnings for what is in them."),
        ("-D", "MACRO[=VALUE]", "Define a macro."),
        ("-U", "MACRO", "Do not define a macro."),
        ("-include", "FILE", "Include a file before anything else."),
        ("-W", "WARNING", "As in -Wall and -Wno-unused."),
        ("-f", "FEATURE", "As in -fno-exceptions, or -fopenmp, which brings its library."),
        ("-m", "FEATURE", "As in -mavx2."),
        ("-g", None, "Debug information, for gdb too; also -g1, -gdwarf-4 and the like."),
        ("-l", "NAME", "Load a library."),
        ("-L", "DIR", "Look there for libraries."),
        ("-v", None, "Show what Clang is told, and which options have no effect."),
    ):
        parser.describe(name, value, text)
    parser.describe(
        "@FILE",
        None,
        "Options that are in a file. Any other option of Clang's may be given, too; those that "
        "ask for something else than to run code are refused.",
    )
    parser.describe("--Xcc", "FLAG", "An option of Clang's, whatever it is to forkrepl.")
    add_sanitize_option(parser)
    add_project_options(parser)
    return words


def add_color_option(parser: OptionParser) -> None:
    """Add ``--color``; ``color`` is None if it is not given."""
    parser.add_argument(
        "--color",
        choices=("auto", "yes", "no"),
        metavar="WHEN",
        help="Colours: auto (default), yes or no.",
    )


def add_perf_option(parser: OptionParser) -> None:
    """Add ``--perf``."""
    parser.add_argument(
        "--perf",
        action="store_true",
        help="Write /tmp/perf-PID.map, where perf finds the names of functions. The code goes "
        "over a socket, as perf does not look for names in shared memory.",
    )
