"""Help, going back, leaving."""

from __future__ import annotations

from repl.commands.command import Quit, no_argument, positive_number
from repl.commands.context import Shell


def run_undo(shell: Shell, argument: str) -> str:
    """``%undo``."""
    shell.session.undo(positive_number(argument, "inputs"))
    return ""


def run_rewind(shell: Shell, argument: str) -> str:
    """``%rewind``."""
    shell.session.rewind(positive_number(argument, "inputs"))
    return ""


def run_restart(shell: Shell, argument: str) -> str:
    """``%restart``."""
    no_argument(argument)
    shell.session.restart()
    return ""


def run_reset(shell: Shell, argument: str) -> str:
    """``%reset``."""
    no_argument(argument)
    shell.libraries.clear()
    shell.session.reset()
    return ""


def run_quit(shell: Shell, argument: str) -> str:
    """``%quit``."""
    no_argument(argument)
    raise Quit
