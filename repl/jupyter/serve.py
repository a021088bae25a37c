"""From the command line of a kernel to its session, and to the end of both."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from msgspec.structs import replace

from repl.command_line.arguments import CommandLine
from repl.command_line.compiler_options import tell_warnings
from repl.command_line.mode import Mode
from repl.command_line.session_setup import session_options
from repl.configuration.session_options import SessionOptions
from repl.configuration.settings import Settings
from repl.jupyter.app import KernelApp
from repl.jupyter.displays import Displays
from repl.jupyter.input import ProgramInput
from repl.jupyter.notebook_shell import NotebookShell
from repl.jupyter.output import OutputPipes
from repl.session.live_session import LiveSession
from repl.shell.run_input import evaluate

_MODE = Mode(
    is_terminal=True,
    has_script=False,
    has_prompt=True,
    reads_standard_input=True,
    is_dialogue=True,
)


def serve(connection_file: str, line: CommandLine, output: OutputPipes) -> int:
    """Serve notebooks until one says that this is the end; returns the exit status."""
    given = ProgramInput()  # before the session: its processes inherit it
    settings = Settings()
    tell_warnings("forkrepl", line.warnings)
    with Displays() as displays, ExitStack() as sessions:

        def begin(options: SessionOptions) -> NotebookShell:
            session = sessions.enter_context(LiveSession(options))
            session.open_libraries()
            return NotebookShell(session, evaluate, colour=True, settings=settings)

        shell = begin(_options(line, settings))
        in_c = CommandLine(language="c", cache=line.cache, memory_limit=line.memory_limit)
        shell.begin_c = lambda: begin(_options(in_c, settings))
        app = KernelApp(connection_file, shell, output, given, displays)
        app.initialize()
        app.start()
    sys.stdout.flush()
    return 0


def _options(line: CommandLine, settings: Settings) -> SessionOptions:
    options = session_options(line, settings, _MODE, colour=True)
    return replace(options, keeps_crashes=False, survives_exit=True, shows_lines=True)
