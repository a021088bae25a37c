"""One input, from text to what is printed: the same for scripts and the prompt."""

from __future__ import annotations

import sys

from repl.commands import is_command, run_command
from repl.frontend import Source
from repl.session import Session


def evaluate(session: Session, source: Source, upcoming: Source | None = None) -> None:
    """Carry out a command or run C or C++; print the value and all warnings.

    ``upcoming`` as in ``Session.run``. Raises what that and ``run_command`` raise.
    """
    try:
        if is_command(source.text):
            output = run_command(session, source.text)
        else:
            result = session.run(source, upcoming)
            if result.warnings:
                print(result.warnings, file=sys.stderr, flush=True)
            output = result.value or ""
    finally:
        for warning in session.take_warnings():
            print(warning, file=sys.stderr, flush=True)
    if output:
        print(output, flush=True)


def report(error: Exception) -> None:
    """Print an error message on standard error."""
    print(error, file=sys.stderr, flush=True)
