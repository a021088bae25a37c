"""One input, from text to what is printed: the same for scripts and the prompt."""

from __future__ import annotations

import sys

from repl.commands import is_command, run_command
from repl.session import Session


def evaluate(session: Session, text: str, name: str, line: int = 1) -> None:
    """Carry out a command or run C or C++; print the value and Clang's warnings.

    Raises what ``Session.run`` and ``commands.run_command`` raise.
    """
    if is_command(text):
        output = run_command(session, text)
    else:
        result = session.run(text, name, line)
        if result.warnings:
            print(result.warnings, file=sys.stderr, flush=True)
        output = result.value or ""
    if output:
        print(output, flush=True)


def report(error: Exception) -> None:
    """Print an error message on standard error."""
    print(error, file=sys.stderr, flush=True)
