"""A source file in a session: one input, if it is a translation unit and no list of inputs."""

from __future__ import annotations

from msgspec.structs import replace

from repl.errors import CompileError, ProgramCrashed, ProgramExited, SetupError, ShellError
from repl.evaluate import evaluate, report
from repl.input.script_inputs import lines_of
from repl.input.source import Source
from repl.program_file import ProgramFile, compile_program
from repl.script import Progress, Script, run_inputs, status_of_crash
from repl.shell import Shell
from runtime.errors import RuntimeFailure


def run_as_input(shell: Shell, file: ProgramFile) -> Progress:
    """Run a program as one input of the session and call its main: its declarations are
    there afterwards."""
    progress = Progress()
    try:
        if file.machine_code is None:
            raise CompileError(file.messages, ())
        if not evaluate_as_whole(shell, file.text, Source(file.text, file.name)):
            inputs = run_inputs(shell, Script(lines_of(file.text), file.name))
            if inputs.status is not None or inputs.failure:
                return inputs
        shell.session.run_main(goes_on=True)
    except SetupError:
        raise
    except (ShellError, RuntimeFailure) as error:
        report(error)
        progress.failure = status_of_crash(error) if isinstance(error, ProgramCrashed) else 1
    except ProgramExited as exited:
        progress.status = exited.status
    return progress


def evaluate_as_whole(shell: Shell, text: str, rest: Source) -> bool:
    """Run the rest of a file, whose text this is, as one input; False if it is a list of
    inputs, or Clang takes a declaration in it for a statement.

    Then nothing has happened. Raises what ``evaluate`` raises, also for a program with
    errors.
    """
    try:
        evaluate(shell, replace(rest, is_whole=True))
    except CompileError as error:
        is_wrong = bool(str(error))  # and does not only have statements
        if is_wrong and compile_program(text, rest.name, shell.session.options) is not None:
            raise
        shell.log[-1].ran.pop()
        return False
    return True
