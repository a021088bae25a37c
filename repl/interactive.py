"""The interactive session: prompt, run, print, until the user leaves."""

from __future__ import annotations

import sys
from pathlib import Path

from repl.commands import COMMANDS, Quit
from repl.errors import ProgramCrashed, ProgramExited, SetupError, ShellError
from repl.evaluate import evaluate, report
from repl.frontend import Source
from repl.prompt import Prompt
from repl.session import Session
from runtime.errors import RuntimeFailure


def run_interactive(
    session: Session, *, history_file: Path | None, colour: bool, quiet: bool
) -> int:
    """Returns the exit status: 0 unless the user's program called ``exit``."""
    prompt = Prompt(history_file=history_file, colour=colour, commands=tuple(COMMANDS))
    if not quiet:
        print("forkrepl: type C++ or C, %help for help, Ctrl-D to leave")
    if prompt.warning:
        print(prompt.warning, file=sys.stderr)
    number = 1
    try:
        while True:
            try:
                text = prompt.read(number)
            except EOFError:
                break
            if text.strip():
                _run_one(session, text, f"In[{number}]")
                number += 1
    except Quit:
        pass
    except ProgramExited as exited:
        return exited.status
    return _finish(session)


def _finish(session: Session) -> int:
    try:
        return session.finish()
    except ProgramCrashed as crash:
        report(crash)
        return 0


def _run_one(session: Session, text: str, name: str) -> None:
    try:
        try:
            evaluate(session, Source(text, name))
        finally:
            session.prepare()
    except SetupError:  # nothing can ever work
        raise
    except (ShellError, RuntimeFailure, KeyboardInterrupt) as error:
        report(error)
