"""``forkrepl [FILE]``: what a command line asks for, done.

``arguments`` says what may be on it, ``session_setup`` what that means for a session.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl.command_line.arguments import CommandLine, parse
from repl.command_line.compiler_options import tell_warnings
from repl.command_line.mode import Mode
from repl.command_line.session_setup import (
    configured_flags,
    greeting_of,
    prompt_options,
    session_options,
)
from repl.configuration.joined_inputs import joined_inputs
from repl.configuration.settings import Settings
from repl.configuration.user_folders import usual_startup_file
from repl.errors import (
    ProgramExited,
    SetupError,
    ShellError,
)
from repl.input.script_text import ArrivingText, ScriptText, WholeText
from repl.terminal.terminal import use_colour
from runtime.errors import RuntimeFailure, printable, printable_lines

if TYPE_CHECKING:
    from repl.command_line.option_parser import OptionParser
    from repl.commands.context import Shell
    from repl.configuration.session_options import SessionOptions
    from repl.configuration.settings_file import LoadedSettings
    from repl.session.kept_scripts import KeptScript
    from repl.session.live_session import LiveSession
    from repl.session.played_scripts import PlayedScript
    from repl.session.program_file import ProgramFile
    from repl.shell.prelude import StartupFile
    from repl.terminal.early_prompt import EarlyPrompt


def main(arguments: list[str]) -> int:
    """Run a shell, a script or a program; returns the exit status. Raises what is to be told."""
    return _shell(parse(arguments, _help_page))


def _help_page(parser: OptionParser) -> str:
    from repl.shell.help import shell_help  # only when it is wanted

    return shell_help(parser)


def _shell(line: CommandLine) -> int:
    if line.version:
        from repl.command_line.versions import describe_versions

        print(describe_versions())
        return 0
    if line.print_config:
        return _print_config(line)
    if line.build_cache:
        return _build_cache(line)
    _tell_of_options(line)
    mode = Mode.of(line)
    text = _script(line) if mode.has_script else None  # first: there may be no such file
    if not mode.has_prompt:
        return _run_configured(line, mode, text)
    from repl.terminal.ending_signals import repaired_at_the_end  # scripts change no terminal

    with repaired_at_the_end():
        return _run_configured(line, mode, text)


def _run_configured(line: CommandLine, mode: Mode, text: ScriptText | None) -> int:
    """A script is the same everywhere: it has only the configuration that it was given."""
    if line.config is None and not mode.has_prompt:
        return _run(line, mode, Settings(), text)
    loaded = _load_settings(line, mode)
    try:
        return _run(line, mode, loaded.settings, text)
    except SetupError as error:
        flags = configured_flags(loaded.settings, line.language_name)
        if not mode.has_prompt or not flags:
            raise
        # A configuration never keeps the shell from starting.
        print(printable_lines(f"forkrepl: error: {error}"), file=sys.stderr)
        print(
            f"forkrepl: Clang is started again, without the flags of {printable(str(loaded.path))}",
            file=sys.stderr,
        )
    plain = replace(loaded.settings, std="", c_std="", include=(), define=(), flags=(), sanitize="")
    return _run(line, mode, replace(plain, banner=False), text)


def _tell_of_options(line: CommandLine) -> None:
    tell_warnings("forkrepl", line.warnings)
    if line.verbose:
        told = printable(shlex.join(line.compiler_flags))
        print(f"forkrepl: Clang is told: {told}", file=sys.stderr)
        for option in line.ignored:
            print(f"forkrepl: {printable(option)} has no effect here", file=sys.stderr)


def _print_config(line: CommandLine) -> int:
    from repl.configuration.settings_file import load_settings
    from repl.configuration.settings_text import print_config

    loaded = load_settings(line.config)
    _tell_problems(loaded)
    print(print_config(loaded), end="")
    return 1 if loaded.problems else 0


def _build_cache(line: CommandLine) -> int:
    from repl.command_line.cache_command import build_cache

    mode = Mode.of(line)
    settings = _load_settings(line, mode).settings
    return build_cache(session_options(line, settings, mode, colour=False))


def _load_settings(line: CommandLine, mode: Mode) -> LoadedSettings:
    """The configuration, and tell what is wrong with it.

    Raises ShellError if one that a script was told to use has errors: it would not run
    with the flags that it needs.
    """
    from repl.configuration.settings_file import load_settings, without_missing_libraries

    loaded = without_missing_libraries(load_settings(line.config), line.library_folders)
    if loaded.problems and not mode.has_prompt:
        raise ShellError("\n".join(loaded.problems))
    _tell_problems(loaded)
    return loaded


def _tell_problems(loaded: LoadedSettings) -> None:
    for problem in loaded.problems:
        print(printable_lines(f"forkrepl: {problem}"), file=sys.stderr)


def _run(line: CommandLine, mode: Mode, settings: Settings, text: ScriptText | None) -> int:
    colour = use_colour(line.color or settings.color)
    startup = _startup_file(line, mode)
    if text is None:
        return _begin_dialogue(line, mode, settings, colour, startup)
    options = session_options(line, settings, mode, colour)
    if line.file is not None and isinstance(text, WholeText):
        if startup is None and not line.interactive:
            return _run_file(line.file, text, settings, options)
        program = _compile_program(line.file, text, options)
    else:
        program = None
    if not line.interactive:  # or a command at the prompt may be about one of them
        options = replace(options, joined_inputs=joined_inputs())
    with _session(options) as session:
        from repl.commands.context import Shell
        from repl.shell.run_input import evaluate

        shows_all = line.file not in (None, "-") and not line.interactive
        shell = Shell(session, evaluate, colour, settings, shows_all_messages=shows_all)
        _open_libraries(session, line)
        session.wait_until_ready()
        status = _run_startup_file(shell, mode, startup)
        if status is None:
            status = _run_source(shell, line, mode, text, program)
        return status if status is not None else _interact(shell, line, startup)


@contextmanager
def _session(
    options: SessionOptions, *, played: PlayedScript | None = None, records: bool = False
) -> Iterator[LiveSession]:
    """A session; what it still has to say is printed at its end, such as of leaks."""
    from repl.session.compilers import Compilers  # starts processes: when the usage is right

    with ExitStack() as stack:
        compilers = stack.enter_context(Compilers(options)) if played is None else None
        from repl.session.live_session import LiveSession  # takes a while: they load meanwhile

        session = stack.enter_context(
            LiveSession(options, compilers=compilers, played=played, records=records)
        )
        try:
            yield session
        finally:
            for warning in session.take_warnings():
                print(printable_lines(warning), file=sys.stderr, flush=True)


def _played(found: KeptScript | None) -> PlayedScript | None:
    if found is None:
        return None
    from repl.session.played_scripts import PlayedScript

    return PlayedScript(found)


def _run_file(name: str, text: WholeText, settings: Settings, options: SessionOptions) -> int:
    """Run a file and nothing else: a program as natively, or its inputs one after another."""
    from repl.session.kept_scripts import ScriptCache

    kept = ScriptCache(text.text, name, options)
    found = kept.find()
    program = _compile_program(name, text, options) if found is None else None
    if program is not None:
        from repl.session.program_run import run_program

        try:
            return run_program(program, options)
        finally:
            if program.headers is not None:
                program.headers.make_missing()
    options = replace(options, joined_inputs=joined_inputs())
    played = _played(found)
    with _session(options, played=played, records=True) as session:
        from repl.commands.context import Shell
        from repl.shell.run_input import evaluate
        from repl.shell.script import Script, run_script

        shell = Shell(session, evaluate, options.colour, settings, shows_all_messages=True)
        session.open_libraries()
        session.wait_until_ready()
        script = Script(text, name, played=played.sources if played is not None else None)
        return run_script(shell, script, kept)


def _compile_program(name: str, text: WholeText, options: SessionOptions) -> ProgramFile | None:
    from repl.session.program_file import compile_program

    return compile_program(
        text.text, name, options, has_commands=_has_commands, meanwhile=_import_for_program
    )


def _has_commands(text: str) -> bool:
    from repl.commands import COMMAND_LINES

    return COMMAND_LINES.are_in(text)


def _import_for_program() -> None:
    """What is wanted once Clang has compiled a program."""
    from repl.program.linker_import import import_linker

    import_linker()


def _begin_dialogue(
    line: CommandLine,
    mode: Mode,
    settings: Settings,
    colour: bool,
    startup: StartupFile | None,
) -> int:
    from repl.terminal.early_prompt import EarlyPrompt

    shows_colour = colour and settings.theme != "none"
    options = session_options(line, settings, mode, colour)
    words = greeting_of(line, settings, options)
    # What a startup file prints comes before the first prompt.
    is_early = startup is None
    prompt = EarlyPrompt(greeting=words, colour=shows_colour) if is_early else nullcontext()
    with prompt as early, _session(options) as session:
        from repl.commands.context import Shell
        from repl.shell.run_input import evaluate

        _open_libraries(session, line)
        shell = Shell(session, evaluate, colour, settings)
        return _interact(shell, line, startup, early)


def _open_libraries(session: LiveSession, line: CommandLine) -> None:
    """Before the first input. A configuration never keeps the shell from starting."""
    try:
        session.open_libraries()
    except (RuntimeFailure, ShellError) as error:
        if line.libraries:
            raise
        print(printable_lines(f"forkrepl: error: {error}"), file=sys.stderr)


def _startup_file(line: CommandLine, mode: Mode) -> StartupFile | None:
    """What to run first. Without being asked, only a session with a prompt does that."""
    if line.startup_file == "no" or (line.startup_file is None and not mode.has_prompt):
        return None
    is_usual = line.startup_file is None
    path = usual_startup_file(line.language_name) if is_usual else Path(line.startup_file or "")
    if path is None:
        return None
    from repl.shell.prelude import StartupFile  # which needs all that a session needs

    return StartupFile(path, is_usual=is_usual)


def _run_startup_file(shell: Shell, mode: Mode, startup: StartupFile | None) -> int | None:
    """Run it before a script; the exit status if that is the end."""
    from repl.commands import Quit

    try:
        is_well = startup is None or startup.attend(shell)
    except ProgramExited as exited:
        return exited.status
    except Quit:
        return shell.session.finish()
    return None if is_well or mode.has_prompt else 1


def _run_source(
    shell: Shell,
    line: CommandLine,
    mode: Mode,
    text: ScriptText,
    program: ProgramFile | None,
) -> int | None:
    """Run a script or a program; None if the session goes on with a prompt."""
    from repl.shell.script import Script, leave_script, run_inputs, run_script

    script = Script(
        text=text,
        name="-c" if line.code is not None else line.file or "-",
        keep_going=mode.is_dialogue,
    )
    if not line.interactive and program is None:
        return run_script(shell, script)
    if program is not None:
        from repl.shell.whole_file import run_as_input

        progress = run_as_input(shell, program)
    else:
        progress = run_inputs(shell, script)
    if not line.interactive:
        return leave_script(shell, progress)
    if progress.status is None and not mode.is_terminal:  # there is nobody to prompt
        rest = Script(ArrivingText(sys.stdin.fileno()), "-", keep_going=True)
        return leave_script(shell, run_inputs(shell, rest, progress.failure))
    return progress.status


def _interact(
    shell: Shell,
    line: CommandLine,
    startup: StartupFile | None,
    early: EarlyPrompt | None = None,
) -> int:
    from repl.shell.prompt_loop import run_interactive

    return run_interactive(
        shell,
        options=prompt_options(line, shell.settings),
        greeting=greeting_of(line, shell.settings, shell.session.options),
        startup=startup,
        early=early,
    )


def _script(line: CommandLine) -> ScriptText:
    """The text to run. Raises ShellError if there is no such file."""
    if line.code is not None:
        return WholeText(line.code + "\n")
    if line.file in (None, "-"):
        return ArrivingText(sys.stdin.fileno())
    return WholeText(_read(str(line.file)))


def _read(path: str) -> str:
    try:
        # Bytes that are no UTF-8 go on to Clang as they are.
        return Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise ShellError(f"cannot read {path}: {error.strerror}") from error
