"""The command line: ``forkrepl [options] [FILE [ARGS...]]``, ``forkrepl link ...`` or
``forkrepl executor ...``."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from repl.compiler_options import (
    PASSED_OPTIONS,
    add_compiler_options,
    add_perf_option,
    optimisation_level,
    with_level,
)
from repl.errors import ShellError
from repl.memory_option import add_memory_limit_option, find_memory_limit
from repl.remote import add_connect_options, find_listener
from repl.terminal import use_colour
from runtime.errors import RuntimeFailure

if TYPE_CHECKING:
    from repl.session import Session
    from repl.session_options import SessionOptions
    from runtime.listener_address import Listener

VERSION = "0.1.0"
_LONGEST_TIMEOUT = 1e6  # s; poll(2) takes little more

_EPILOG = f"""\
{PASSED_OPTIONS} -l and -L name shared libraries.

exit status:
  0      success (also of an interactive session that recovered from errors)
  1      compile error or uncaught exception in a script; forkrepl cannot work
  2      wrong usage
  n      the program called exit(n) or returned n from main
  128+N  the program was ended by signal N, in a script

environment:
  NO_COLOR, CLICOLOR_FORCE, TERM=dumb   as usual; --color wins
  FORKREPL_TOKEN                        what the listener of --connect printed
  FORKREPL_DEBUG=1                      Python tracebacks of internal errors
"""


@dataclass(slots=True)
class CommandLine:
    """What was asked for."""

    file: str | None = None
    code: str | None = None
    interactive: bool = False
    quiet: bool = False
    color: str = "auto"
    history_file: str | None = None
    language: str | None = None
    optimisation: int = 0
    compiler_flags: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    library_folders: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    listener: Listener | None = None
    perf: bool = False
    redefine: bool | None = None
    parse_timeout: float = 60
    memory_limit: int | None = None


def main() -> None:
    """The entry point of ``forkrepl``."""
    debugging = bool(os.environ.get("FORKREPL_DEBUG"))
    try:
        if sys.argv[1:2] == ["link"]:
            from repl import link_command

            status = link_command.main(sys.argv[2:])
        elif sys.argv[1:2] == ["executor"]:
            from repl import executor_command

            status = executor_command.main(sys.argv[2:])
        else:
            status = _run(parse(sys.argv[1:]))
    except (ShellError, RuntimeFailure) as error:
        if debugging:
            raise
        print(f"forkrepl: error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except OSError as error:  # standard output is a full disk, or the like
        if debugging:
            raise
        print(f"forkrepl: error: {error}", file=sys.stderr)
        status = 1
    except Exception as error:
        if debugging:
            raise
        print(
            f"forkrepl: internal error: {type(error).__name__}: {error}\n"
            "(this is a bug; FORKREPL_DEBUG=1 shows where)",
            file=sys.stderr,
        )
        status = 1
    sys.exit(status)


def parse(arguments: list[str]) -> CommandLine:
    """Parse the command line; exits with status 2 if it is wrong."""
    parser = _parser()
    parsed = parser.parse_args(with_level(arguments))
    line = CommandLine(
        file=parsed.file,
        code=parsed.code,
        interactive=parsed.interactive,
        quiet=parsed.quiet,
        color=parsed.color,
        history_file=parsed.history_file,
        language=parsed.language,
        optimisation=optimisation_level(parser, parsed.optimisation),
        compiler_flags=parsed.compiler_flags or [],
        libraries=parsed.libraries or [],
        library_folders=parsed.library_folders or [],
        arguments=parsed.arguments,
        memory_limit=find_memory_limit(parser, parsed),
        listener=find_listener(parser, parsed),
        perf=parsed.perf,
        redefine=None if parsed.redefine is None else parsed.redefine == "yes",
        parse_timeout=parsed.parse_timeout,
    )
    if line.code is not None and line.file is not None:  # with -c there is no FILE
        line.arguments.insert(0, line.file)
        line.file = None
    return line


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forkrepl",
        usage="forkrepl [options] [FILE [ARGS...]]\n"
        "       forkrepl link [options] FILE... [-- ARGS...]\n"
        "       forkrepl executor --listen ADDRESS [options]",
        description="A C and C++ shell. FILE is a program or a list of statements; '-' is "
        "standard input. Without FILE, on a terminal, it is interactive.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--version", action="version", version=f"forkrepl {VERSION}")
    add("-c", "-e", dest="code", metavar="CODE", help="run CODE; ARGS are its arguments")
    add("-i", dest="interactive", action="store_true", help="stay interactive afterwards")
    add("-q", "--quiet", action="store_true", help="no banner")
    add("--history-file", metavar="PATH", help="where the history is kept")
    add("-l", dest="libraries", action="append", metavar="NAME", help="load a shared library")
    add("-L", dest="library_folders", action="append", metavar="DIR", help="look there for it")
    add(
        "--redefine",
        choices=("yes", "no"),
        help="whether an input may declare again what an earlier one did "
        "(default: yes, but no for FILE and -c without -i)",
    )
    add(
        "--parse-timeout",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="what Clang may take for an input (default: 60; 0: any time)",
    )
    add_compiler_options(parser)
    add_perf_option(parser)
    add_connect_options(parser)
    add_memory_limit_option(parser)
    add("file", nargs="?", metavar="FILE", help=argparse.SUPPRESS)
    add("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help=argparse.SUPPRESS)
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < _LONGEST_TIMEOUT:  # also false for nan
        raise argparse.ArgumentTypeError(f"'{text}' is no number of seconds")
    return seconds


def _run(line: CommandLine) -> int:
    with _source(line) as lines:
        from repl.session import Session  # starts processes: only when the usage is right

        colour = use_colour(line.color)
        with Session(_session_options(line, colour)) as session:
            if lines is None:
                return _interact(session, line, colour)
            session.wait_until_ready()
            return _run_source(session, line, lines, colour)


def _run_source(session: Session, line: CommandLine, lines: Iterator[str], colour: bool) -> int:
    from repl.script import Script, run_inputs, run_script

    piped = _reads_standard_input(line)
    script = Script(
        lines=lines,
        name="-c" if line.code is not None else line.file or "-",
        keep_going=piped or line.interactive,
        arrives_slowly=piped and not stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode),
    )
    if not line.interactive:
        return run_script(session, script)
    status = run_inputs(session, script).status
    return status if status is not None else _interact(session, line, colour)


def _reads_standard_input(line: CommandLine) -> bool:
    """Whether the inputs come from standard input, without a prompt."""
    return line.code is None and line.file in (None, "-")


def _has_prompt(line: CommandLine) -> bool:
    """Whether there is an interactive session, perhaps after a script."""
    return line.interactive or (line.code is None and line.file is None and sys.stdin.isatty())


def _interact(session: Session, line: CommandLine, colour: bool) -> int:
    from repl.interactive import run_interactive

    return run_interactive(
        session, history_file=_history_file(line), colour=colour, quiet=line.quiet
    )


@contextmanager
def _source(line: CommandLine) -> Iterator[Iterator[str] | None]:
    """The lines to run; None for an interactive session."""
    from repl.script_inputs import lines_of

    if line.code is not None:
        yield lines_of(line.code + "\n")
    elif line.file in (None, "-"):
        if line.file is None and sys.stdin.isatty():
            yield None
        else:
            # Bytes that are no UTF-8 go on to Clang as they are.
            sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
            yield iter(sys.stdin.readline, "")
    else:
        yield lines_of(_read(str(line.file)))


def _read(path: str) -> str:
    try:
        # Bytes that are no UTF-8 go on to Clang as they are.
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ShellError(f"cannot read {path}: {error.strerror}") from error


def _session_options(line: CommandLine, colour: bool) -> SessionOptions:
    from repl.session_options import SessionOptions

    reads_stdin = _reads_standard_input(line) and not sys.stdin.isatty()
    # In a file of 1,000 inputs, line tables take 7 % of the time.
    is_dialogue = line.interactive or _reads_standard_input(line)
    program = line.file if line.file is not None else "forkrepl"
    return SessionOptions(
        compiler_flags=_language_flags(line) + line.compiler_flags,
        optimisation=line.optimisation,
        libraries=line.libraries,
        library_folders=line.library_folders,
        colour=colour,
        arguments=[program, *line.arguments],
        private_input=reads_stdin,
        listener=line.listener,
        perf=line.perf,
        recover=is_dialogue,
        interactive=_has_prompt(line),
        line_tables=is_dialogue,
        most_frames=8 if is_dialogue else 4,
        redefinition=_redefinition(line),
        parse_timeout=line.parse_timeout,
        memory_limit=line.memory_limit,
    )


def _redefinition(line: CommandLine) -> bool:
    """What is typed or piped is tried out; a script keeps to the rules of its language."""
    if line.redefine is not None:
        return line.redefine
    return line.interactive or _reads_standard_input(line)


def _language_flags(line: CommandLine) -> list[str]:
    language = line.language or ("c" if line.file and line.file.endswith(".c") else "c++")
    # #include "..." looks beside the script, as in a compiled file, or here.
    folder = os.path.dirname(line.file) if line.file and line.file != "-" else "."
    return [f"-x{language}", "-iquote", folder or "."]


def _history_file(line: CommandLine) -> Path:
    if line.history_file is not None:
        return Path(line.history_file)
    from platformdirs import user_state_path

    return user_state_path("forkrepl") / "history"
