"""One input, from text to what is printed: the same for scripts and the prompt."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from repl.commands import run_command
from repl.commands.context import Shell
from repl.commands.meaning import advice_on, is_command
from repl.commands.reloading import tell_edits
from repl.errors import CompileError, ShellError
from repl.input.source import Source
from repl.session.steps import Result
from repl.shell.correction import offer
from repl.terminal.terminal import can_redraw
from repl.terminal.terminal_state import lent_terminal


def evaluate(shell: Shell, source: Source, upcoming: Sequence[Source] = ()) -> None:
    """Carry out a command or run C or C++; print the value and all warnings.

    ``upcoming`` as in ``Session.run``. Raises what that and ``run_command`` raise.
    """
    value = carry_out(shell, source, upcoming)
    if value:
        print(value, flush=True)


def carry_out(shell: Shell, source: Source, upcoming: Sequence[Source] = ()) -> str | None:
    """The same, for those who have another place for the value, which is returned."""
    session = shell.session
    entry = shell.begin_entry(source)
    started = time.monotonic()
    try:
        with lent_terminal(session.lends_terminal):
            if "include" in source.text:
                tell_edits(shell)
            if is_command(shell, source.text):
                result = Result(value=run_command(shell, source.text), warnings="")
            elif shell.has_prompt and (advice := advice_on(shell, source.text)):
                raise ShellError(advice)
            else:
                entry.ran.append(source)
                result = session.run(source, upcoming, inspect=shell.show)
        shell.tell_warnings(result)
        if result.warnings and shell.has_prompt and source.number is not None:
            offer(shell, source, result.diagnostics)
        if result.waits_for and shell.session.options.interactive:  # else the end will tell
            print(f"note: waits for {result.waits_for}", file=sys.stderr, flush=True)
    finally:
        entry.seconds = time.monotonic() - started
        for warning in session.take_warnings():
            print(warning, file=sys.stderr, flush=True)
    return result.value


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
    print(message, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr, flush=True)
