"""Help, going back, leaving."""

from __future__ import annotations

from repl.commands.command import Quit, positive_number
from repl.commands.context import Shell
from repl.input.command_syntax import Arguments


def run_undo(shell: Shell, arguments: Arguments) -> str:
    """``%undo``."""
    shell.session.undo(positive_number(arguments.text, "inputs"))
    return ""


def run_rewind(shell: Shell, arguments: Arguments) -> str:
    """``%rewind``."""
    shell.session.rewind(positive_number(arguments.text, "inputs"))
    return ""


def run_restart(shell: Shell, arguments: Arguments) -> str:
    """``%restart``."""
    shell.session.restart()
    return ""


def run_reset(shell: Shell, arguments: Arguments) -> str:
    """``%reset``."""
    shell.libraries.clear()
    shell.session.reset()
    return ""


def run_quit(shell: Shell, arguments: Arguments) -> str:
    """``%quit``."""
    raise Quit
