"""The entry point: what a command line asks for, done.

``arguments`` says what may be on it, ``session_setup`` what that means for a session.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl.command_line.arguments import CommandLine, parse
from repl.configuration.session_setup import (
    configured_flags,
    has_prompt,
    is_dialogue,
    is_quiet,
    prompt_options,
    session_options,
)
from repl.configuration.settings import Settings
from repl.configuration.user_folders import usual_startup_file
from repl.errors import ProgramExited, SetupError, ShellError
from repl.terminals.early_prompt import EarlyPrompt
from repl.terminals.terminal import use_colour
from runtime.errors import RuntimeFailure

if TYPE_CHECKING:
    from repl.configuration.settings_file import LoadedSettings
    from repl.input.script_text import ScriptText
    from repl.shell import Shell
    from repl.startup_file import StartupFile


def main() -> None:
    """The entry point of ``forkrepl``."""
    debugging = bool(os.environ.get("FORKREPL_DEBUG"))
    try:
        if sys.argv[1:2] == ["link"]:
            from repl.linking import link_command

            status = link_command.main(sys.argv[2:])
        elif sys.argv[1:2] == ["executor"]:
            from repl.command_line import executor_command

            status = executor_command.main(sys.argv[2:])
        else:
            status = _shell(parse(sys.argv[1:]))
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


def _shell(line: CommandLine) -> int:
    if line.version:
        from repl.command_line.versions import describe_versions

        print(describe_versions())
        return 0
    if line.print_config:
        return _print_config(line)
    if line.build_cache:
        return _build_cache(line)
    with _source(line) as text:
        if line.config is None and not has_prompt(line):
            return _run(line, Settings(), text)
        loaded = _load_settings(line)
        try:
            return _run(line, loaded.settings, text)
        except SetupError as error:
            flags = configured_flags(loaded.settings, line.language_name)
            if not has_prompt(line) or not flags:
                raise
            # A configuration never keeps the shell from starting.
            print(f"forkrepl: error: {error}", file=sys.stderr)
            print(
                f"forkrepl: Clang is started again, without the flags of {loaded.path}",
                file=sys.stderr,
            )
        plain = replace(loaded.settings, std="", c_std="", include=(), define=(), flags=())
        return _run(line, replace(plain, banner=False), text)


def _print_config(line: CommandLine) -> int:
    from repl.configuration.settings_file import load_settings
    from repl.configuration.settings_text import print_config

    loaded = load_settings(line.config)
    _tell_problems(loaded)
    print(print_config(loaded), end="")
    return 1 if loaded.problems else 0


def _build_cache(line: CommandLine) -> int:
    from repl.header_cache.build_cache_command import build_cache

    return build_cache(session_options(line, _load_settings(line).settings, colour=False))


def _load_settings(line: CommandLine) -> LoadedSettings:
    """The configuration, and tell what is wrong with it.

    Raises ShellError if one that a script was told to use has errors: it would not run
    with the flags that it needs.
    """
    from repl.configuration.settings_file import load_settings, without_missing_libraries

    loaded = without_missing_libraries(load_settings(line.config), line.library_folders)
    if loaded.problems and not has_prompt(line):
        raise ShellError("\n".join(loaded.problems))
    _tell_problems(loaded)
    return loaded


def _tell_problems(loaded: LoadedSettings) -> None:
    for problem in loaded.problems:
        print(f"forkrepl: {problem}", file=sys.stderr)


def _run(line: CommandLine, settings: Settings, text: ScriptText | None) -> int:
    colour = use_colour(line.color or settings.color)
    startup = _startup_file(line)
    if text is None:
        return _begin_dialogue(line, settings, colour, startup)
    from repl.session import Session  # starts processes: only when the usage is right
    from repl.shell import Shell

    with Session(session_options(line, settings, colour)) as session:
        shell = Shell(session, colour, settings)
        session.wait_until_ready()
        status = _run_startup_file(shell, line, startup)
        if status is None:
            status = _run_source(shell, line, text)
        return status if status is not None else _interact(shell, line, startup)


def _begin_dialogue(
    line: CommandLine, settings: Settings, colour: bool, startup: StartupFile | None
) -> int:
    shows_colour = colour and settings.theme != "none"
    # What a startup file prints comes before the first prompt.
    is_early = startup is None
    quiet = is_quiet(line, settings)
    with EarlyPrompt(quiet=quiet, colour=shows_colour) if is_early else nullcontext() as early:
        from repl.session import Session
        from repl.shell import Shell

        with Session(session_options(line, settings, colour)) as session:
            return _interact(Shell(session, colour, settings), line, startup, early)


def _startup_file(line: CommandLine) -> StartupFile | None:
    """What to run first. Without being asked, only a session with a prompt does that."""
    if line.startup_file == "no" or (line.startup_file is None and not has_prompt(line)):
        return None
    is_usual = line.startup_file is None
    path = usual_startup_file(line.language_name) if is_usual else Path(line.startup_file or "")
    if path is None:
        return None
    from repl.startup_file import StartupFile  # which needs all that a session needs

    return StartupFile(path, is_usual=is_usual)


def _run_startup_file(shell: Shell, line: CommandLine, startup: StartupFile | None) -> int | None:
    """Run it before a script; the exit status if that is the end."""
    from repl.commands import Quit

    try:
        is_well = startup is None or startup.attend(shell)
    except ProgramExited as exited:
        return exited.status
    except Quit:
        return shell.session.finish()
    return None if is_well or has_prompt(line) else 1


def _run_source(shell: Shell, line: CommandLine, text: ScriptText) -> int | None:
    """Run a script; None if the session goes on with a prompt."""
    from repl.script import Script, leave_script, run_inputs, run_script

    script = Script(
        text=text,
        name="-c" if line.code is not None else line.file or "-",
        keep_going=is_dialogue(line),
    )
    if not line.interactive:
        return run_script(shell, script)
    progress = run_inputs(shell, script)
    if progress.status is None and not sys.stdin.isatty():  # there is nobody to prompt
        rest = Script(_standard_input(), "-", keep_going=True)
        return leave_script(shell, run_inputs(shell, rest, progress.failure))
    return progress.status


def _interact(
    shell: Shell,
    line: CommandLine,
    startup: StartupFile | None,
    early: EarlyPrompt | None = None,
) -> int:
    from repl.interactive import run_interactive

    return run_interactive(
        shell,
        options=prompt_options(line, shell.settings),
        quiet=is_quiet(line, shell.settings),
        startup=startup,
        early=early,
    )


@contextmanager
def _source(line: CommandLine) -> Iterator[ScriptText | None]:
    """The text to run; None for an interactive session."""
    if line.code is not None:
        yield _whole(line.code + "\n")
    elif line.file in (None, "-"):
        if line.file is None and sys.stdin.isatty():
            yield None
        else:
            yield _standard_input()
    else:
        yield _whole(_read(str(line.file)))


def _standard_input() -> ScriptText:
    from repl.input.script_text import ArrivingText

    return ArrivingText(sys.stdin.fileno())


def _whole(text: str) -> ScriptText:
    from repl.input.script_text import WholeText

    return WholeText(text)


def _read(path: str) -> str:
    try:
        # Bytes that are no UTF-8 go on to Clang as they are.
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ShellError(f"cannot read {path}: {error.strerror}") from error
