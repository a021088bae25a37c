"""Script mode: inputs from a file, from ``-c`` or from piped standard input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.commands import COMMAND_LINES, Quit
from repl.commands.context import Shell
from repl.errors import ProgramCrashed, ProgramExited, ShellError, status_of_crash
from repl.input.script_inputs import ScriptInputs
from repl.input.script_text import ScriptText
from repl.input.source import Source
from repl.shell.run_input import evaluate, is_hopeless, report
from runtime.errors import LinkError, RuntimeFailure

if TYPE_CHECKING:
    from repl.session.kept_scripts import ScriptCache


class Script(Struct, frozen=True):
    """Where inputs come from. ``played``: all of them, if they have been compiled before.

    ``keep_going``: an input that fails does not keep the next ones from running
    (the exit status tells all the same).
    """

    text: ScriptText
    name: str
    keep_going: bool = False
    played: Sequence[Source] | None = None


class Progress(Struct):
    """How far a script got. ``status``: the exit status, if the program or the
    script said that this is the end; ``failure``: what it is otherwise, 0 if no input
    failed. ``ran``: the inputs that were tried."""

    status: int | None = None
    failure: int = 0
    ran: list[Source] = []


def run_script(shell: Shell, script: Script, kept: ScriptCache | None = None) -> int:
    """Run all inputs, then ``main`` if there is one; returns the exit status. ``kept``: where
    to keep what they were compiled to."""
    progress = run_inputs(shell, script)
    status = _end_script(shell, script, progress)
    if kept is not None and shell.session.recorder is not None and not progress.failure:
        kept.store(shell.session.recorder, progress.ran)
    return status


def _end_script(shell: Shell, script: Script, progress: Progress) -> int:
    if progress.status is not None:
        return progress.status
    if not progress.failure or script.keep_going:  # else it was not read to its end
        for each, needs in shell.session.waiting():
            report(shell, LinkError(f"{each.name}: undefined symbol: {needs}"))
            progress.failure = progress.failure or 1
    return _finish(shell, progress.failure)


def run_inputs(shell: Shell, script: Script, failure: int = 0) -> Progress:
    """Run all inputs, after others with this ``failure``. Raises SetupError if none can be run."""
    progress = Progress(failure=failure)
    inputs = None if script.played is not None else _inputs_of(shell, script)
    played = ((source, ()) for source in script.played or ())
    try:
        for source, upcoming in inputs or played:
            shell.session.batches.are_allowed = inputs is not None and inputs.is_all_code
            progress.ran.append(source)
            try:
                evaluate(shell, source, upcoming)
            except (ShellError, RuntimeFailure) as error:
                if is_hopeless(shell, error):
                    raise
                report(shell, error)
                if isinstance(error, ProgramCrashed):
                    progress.failure = status_of_crash(error)
                    if not script.keep_going:
                        progress.status = progress.failure
                    if error.is_interrupt:  # Ctrl-C is meant for all of it
                        break
                progress.failure = progress.failure or 1
                if not script.keep_going:
                    break
            crash = shell.session.take_crash_between()
            if crash is not None:
                progress.failure = status_of_crash(crash)
    except Quit:
        progress.status = leave_script(shell, progress)
    except ProgramExited as exited:
        progress.status = exited.status
    return progress


def _inputs_of(shell: Shell, script: Script) -> ScriptInputs:
    ask = shell.session.compiler.input_ends
    ahead = 2 * shell.session.options.joined_inputs.highest
    return ScriptInputs(script.text, script.name, COMMAND_LINES, ask, ahead)


def leave_script(shell: Shell, progress: Progress) -> int:
    """Let the program end without calling ``main``; returns the exit status."""
    if progress.status is not None:
        return progress.status
    return shell.session.finish(progress.failure) or progress.failure


def _finish(shell: Shell, status: int) -> int:
    """Call ``main`` unless something failed, and let the program end."""
    session = shell.session
    try:
        returned = session.run_main() if status == 0 else None
        at_exit = session.finish(status or returned or 0)
        return status or at_exit
    except ProgramExited as exited:
        return exited.status
    except ProgramCrashed as crash:
        report(shell, crash)
        return status_of_crash(crash)
    except (ShellError, RuntimeFailure) as error:
        report(shell, error)
        session.finish(1)
        return 1
