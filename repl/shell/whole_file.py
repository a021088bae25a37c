"""A program in a session: its declarations stay, for a prompt or what came before it."""

from __future__ import annotations

from repl.commands.context import Shell
from repl.commands.translation_unit import evaluate_as_whole
from repl.errors import (
    CompileError,
    ProgramCrashed,
    ProgramExited,
    SetupError,
    ShellError,
    status_of_crash,
)
from repl.input.script_text import WholeText
from repl.input.source import Source
from repl.session.program_file import ProgramFile
from repl.shell.run_input import report
from repl.shell.script import Progress, Script, run_inputs
from runtime.errors import RuntimeFailure


def run_as_input(shell: Shell, file: ProgramFile) -> Progress:
    """Run a program as one input of the session and call its main: its declarations are
    there afterwards."""
    progress = Progress()
    try:
        if not file.objects:
            raise _rejection(shell, file)
        if not evaluate_as_whole(shell, file.text, Source(file.text, file.name)):
            inputs = run_inputs(shell, Script(WholeText(file.text), file.name))
            if inputs.status is not None or inputs.failure:
                return inputs
        shell.session.run_main(goes_on=True)
    except SetupError:
        raise
    except (ShellError, RuntimeFailure) as error:
        report(shell, error)
        progress.failure = status_of_crash(error) if isinstance(error, ProgramCrashed) else 1
    except ProgramExited as exited:
        progress.status = exited.status
    return progress


def _rejection(shell: Shell, file: ProgramFile) -> CompileError:
    """What is wrong with a program: by the session's Clang, which tells more than a text."""
    compiler = shell.session.compiler
    try:
        if not shell.shows_all_messages:
            compiler.parse_again(Source(file.text, file.name, is_whole=True), ())
    except CompileError as error:
        if error.diagnostics:
            return error
    finally:
        compiler.rollback(len(shell.session.steps))
    return CompileError(file.messages, ())
