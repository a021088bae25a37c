"""The interactive session: prompt, run, print, until the user leaves."""

from __future__ import annotations

import sys

from repl.commands import COMMANDS, Quit
from repl.editor.options import PromptOptions
from repl.errors import ProgramCrashed, ProgramExited, SetupError, ShellError
from repl.evaluate import evaluate, report
from repl.frontend import Source
from repl.prompt import Prompt
from repl.session import Session
from repl.startup_file import StartupFile
from runtime.errors import RuntimeFailure


def run_interactive(
    session: Session,
    *,
    options: PromptOptions,
    colour: bool,
    quiet: bool,
    startup: StartupFile | None = None,
) -> int:
    """Returns the exit status: 0 unless the user's program called ``exit``."""
    prompt = Prompt(
        history_file=options.history_file,
        vi_mode=options.vi_mode,
        colour=colour,
        commands=tuple(COMMANDS),
    )
    if not quiet:
        print("forkrepl: type C++ or C, %help for help, Ctrl-D to leave")
    if prompt.warning:
        print(prompt.warning, file=sys.stderr)
    number = 1
    try:
        while True:
            if startup is not None:
                startup.attend(session)
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
