"""The command line of the shell: what it says, checked, and nothing done yet."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.command_line.compiler_options import (
    CompilerWords,
    add_color_option,
    add_compiler_options,
    add_perf_option,
    language_of,
)
from repl.command_line.connect_options import add_connect_options, find_listener
from repl.command_line.file_kinds import check_language, is_for_linker
from repl.command_line.memory_option import add_memory_limit_option, checked_memory_limit
from repl.command_line.option_parser import OptionParser
from repl.configuration.setting_kinds import LONGEST_TIMEOUT

if TYPE_CHECKING:
    from runtime.protocol.listener_address import Listener

USAGE = """\
forkrepl [options] [FILE [ARGS...]]
       forkrepl [options] -c CODE [ARGS...]
       forkrepl link [options] FILE... [-- ARGS...]
       forkrepl executor --listen ADDRESS [options]
       forkrepl doctor [options]
       forkrepl kernel install|list|remove [options]"""


class CommandLine(Struct):
    """What was asked for. None: nothing was, so the configuration or the default decides.

    ``memory_limit`` is text for ``parse_memory_limit``. ``config`` and ``startup_file``: a
    path or ``no``. ``warnings``: about compiler options that have no effect; ``ignored``: those
    of which nobody needs to hear. ``is_of_project``: the project's options are among the flags.
    """

    file: str | None = None
    code: str | None = None
    interactive: bool = False
    quiet: bool = False
    version: bool = False
    print_config: bool = False
    cache: bool = True
    build_cache: bool = False
    config: str | None = None
    startup_file: str | None = None
    color: str | None = None
    history_file: str | None = None
    language: str | None = None
    optimisation: int | None = None
    compiler_flags: list[str] = []
    libraries: list[str] = []
    library_folders: list[str] = []
    warnings: list[str] = []
    ignored: list[str] = []
    verbose: bool = False
    is_of_project: bool = False
    arguments: list[str] = []
    listener: Listener | None = None
    perf: bool = False
    redefine: bool | None = None
    parse_timeout: float | None = None
    memory_limit: str | None = None

    @property
    def language_name(self) -> str:
        """``c`` or ``c++``: what ``-x`` says, or the name of the file."""
        return language_of(self.language, self.file)


def parse(
    arguments: list[str], help_page: Callable[[OptionParser], str] = OptionParser.format_usage
) -> CommandLine:
    """Parse the command line; exits with status 2 if it is wrong. Raises ShellError if a file
    that it names cannot be used.

    ``help_page`` makes the text of ``--help``, after which the program exits with status 0.
    """
    parser, words = _parser(help_page)
    parsed, operands = parser.parse_until_operand(arguments)
    # With -c there is no FILE.
    file = operands.pop(0) if operands and parsed.code is None else None
    options = words.gathered(parsed, file)
    if file is not None:
        check_language(file, options.language)
    return CommandLine(
        file=file,
        code=parsed.code,
        interactive=parsed.interactive,
        quiet=parsed.quiet,
        version=parsed.version,
        print_config=parsed.print_config,
        cache=parsed.cache,
        build_cache=parsed.build_cache,
        config=parsed.config,
        startup_file=parsed.startup_file,
        color=parsed.color,
        history_file=parsed.history_file,
        language=options.language,
        optimisation=options.optimisation,
        compiler_flags=options.flags,
        libraries=options.to_load,
        library_folders=options.folders,
        warnings=options.warnings,
        ignored=options.ignored,
        verbose=options.is_verbose,
        is_of_project=parsed.project is not None or parsed.flags_of is not None,
        arguments=operands,
        memory_limit=checked_memory_limit(parser, parsed),
        listener=find_listener(parser, parsed),
        perf=parsed.perf,
        redefine=None if parsed.redefine is None else parsed.redefine == "yes",
        parse_timeout=parsed.parse_timeout,
    )


def _parser(
    help_page: Callable[[OptionParser], str],
) -> tuple[OptionParser, CompilerWords]:
    parser = OptionParser("forkrepl", USAGE, help_page)
    parser.respell = lambda word: "--help" if word == "-help" else word  # Clang has both
    _add_running_options(parser)
    _add_session_options(parser)
    words = add_compiler_options(parser, is_for_linker)
    add = parser.add_argument
    parser.section("The program")
    add_memory_limit_option(parser)
    add(
        "--parse-timeout",
        type=_seconds,
        metavar="SECONDS",
        help="What Clang may take for an input (default: 60; 0: any time).",
    )
    add_perf_option(parser)
    add_connect_options(parser)
    parser.section("About forkrepl")
    parser.add_help_option()
    add("--version", action="store_true", help="Show the versions of all parts and exit.")
    return parser, words


def _add_running_options(parser: OptionParser) -> None:
    parser.section("What to run")
    add = parser.add_argument
    add(
        "-c",
        "-e",
        dest="code",
        metavar="CODE",
        help="Run CODE, which may have several lines; ARGS are its arguments.",
    )
    add(
        "-i",
        dest="interactive",
        action="store_true",
        help="Stay interactive after FILE or CODE.",
    )
    add(
        "--redefine",
        choices=("yes", "no"),
        metavar="yes|no",
        help="Whether an input may declare again what an earlier one did (default: yes, but no "
        "for FILE and CODE without -i).",
    )


def _add_session_options(parser: OptionParser) -> None:
    parser.section("The session")
    add = parser.add_argument
    add("-q", "--quiet", action="store_true", help="No banner.")
    add_color_option(parser)
    add("--history-file", metavar="PATH", help="Where the history is kept.")
    add(
        "--config",
        type=_path,
        metavar="PATH",
        help="Read this configuration, also for a script; 'no' for none. By default a session "
        "with a prompt reads the one under FILES, and a script none: it means the same for "
        "everybody.",
    )
    add(
        "--startup-file",
        type=_path,
        metavar="PATH",
        help="Run this file first, also for a script; 'no' for none. By default a session with "
        "a prompt runs the one under FILES, and a script none.",
    )
    add(
        "--print-config",
        action="store_true",
        help="Print the configuration in force, with comments, as a file to begin with. The "
        "exit status is 1 if the file has errors.",
    )
    add(
        "--no-cache",
        dest="cache",
        action="store_false",
        help="Parse the standard headers anew, and precompile none.",
    )
    add(
        "--build-cache",
        action="store_true",
        help="Precompile the common standard headers for the flags given, and exit.",
    )


def _path(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("give a path, or 'no'")
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < LONGEST_TIMEOUT:  # also false for nan
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds")
    return seconds
