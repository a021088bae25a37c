"""One input, from text to what is printed: the same for scripts and the prompt."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from repl.commands import run_command
from repl.commands.context import Shell
from repl.commands.meaning import advice_on, is_command
from repl.commands.reloading import tell_edits
from repl.errors import CompileError, SetupError, ShellError, telling_unexpected
from repl.input.source import Source
from repl.session.steps import Result
from repl.terminal.terminal import can_redraw
from repl.terminal.terminal_state import lent_terminal
from runtime.errors import printable_lines, told


def evaluate(shell: Shell, source: Source, upcoming: Sequence[Source] = ()) -> None:
    """Carry out a command or run C or C++; print the value and all warnings.

    ``upcoming`` as in ``Session.run``. Raises what that and ``run_command`` raise; what else goes
    wrong while an input is carried out is an UnexpectedError.
    """
    if value := carry_out(shell, source, upcoming):
        print(value, flush=True)


def carry_out(shell: Shell, source: Source, upcoming: Sequence[Source] = ()) -> str | None:
    """The same, for those who have another place for the value, which is returned."""
    session = shell.session
    entry = shell.begin_entry(source)
    started = time.monotonic()
    try:
        with telling_unexpected(), lent_terminal(session.lends_terminal):
            if "include" in source.text:
                tell_edits(shell)
            if is_command(shell, source.text):
                value = run_command(shell, source.text)
                text = printable_lines(value, keeps_colours=shell.colour)
                result = Result(value=text, warnings="")
            elif shell.has_prompt and (advice := advice_on(shell, source.text)):
                raise ShellError(advice)
            else:
                entry.ran.append(source)
                result = shell.run(source, upcoming)
        shell.tell_warnings(result)
        if result.warnings and shell.has_prompt and source.number:
            from repl.shell.correction import offer  # which the prompt has imported

            offer(shell, source, result.diagnostics)
        if result.waits_for and shell.session.options.interactive:  # else the end will tell
            print(f"note: waits for {told(result.waits_for)}", file=sys.stderr, flush=True)
    finally:
        entry.seconds = time.monotonic() - started
        for warning in session.take_warnings():
            print(printable_lines(warning), file=sys.stderr, flush=True)
    return result.value or None


def is_hopeless(shell: Shell, error: BaseException) -> bool:
    """Whether it says that nothing can ever be run: a SetupError before anything has been. Later
    one is about the machine for now, such as no process slot, and not about the installation."""
    has_worked = bool(shell.session.steps) or any(entry.ran for entry in shell.log[:-1])
    return isinstance(error, SetupError) and not has_worked


def is_interrupt(error: BaseException) -> bool:
    """Whether Ctrl-C has ended an input."""
    return bool(getattr(error, "is_interrupt", isinstance(error, KeyboardInterrupt)))


def report(shell: Shell, error: BaseException) -> None:
    """Print an error message, and the notes that were added to it, on standard error."""
    if isinstance(error, CompileError):
        message = shell.messages(str(error), error.full)
    else:
        message = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    if is_interrupt(error) and can_redraw(sys.stderr):
        message = "\n" + message  # the terminal has shown ^C
    message = "\n".join([message, *getattr(error, "__notes__", ())])
    # Of what is told here only Clang has colours; a file's name or the program may have anything.
    has_colours = shell.colour and isinstance(error, CompileError)
    print(printable_lines(message, keeps_colours=has_colours), file=sys.stderr, flush=True)
