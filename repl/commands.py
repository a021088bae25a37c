"""Commands: lines that begin with ``%``."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repl.errors import ShellError

if TYPE_CHECKING:
    from repl.session import Session


class Quit(Exception):
    """The user wants to leave."""


@dataclass(frozen=True, slots=True)
class Command:
    """``usage`` is what the help shows; ``run`` gets the rest of the line."""

    name: str
    usage: str
    summary: str
    run: Callable[[Session, str], str]


def is_command(text: str) -> bool:
    """Whether an input is meant for the shell and not for Clang."""
    return text.lstrip().startswith("%")


def run_command(session: Session, line: str) -> str:
    """Carry out a command; the result is text to print, perhaps empty.

    Raises ShellError for what cannot be done, Quit when the session should end.
    """
    name, _, argument = line.strip().partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ShellError(f"unknown command {name}{hint} (%help lists the commands)")
    return command.run(session, argument.strip())


def _help(session: Session, argument: str) -> str:
    if argument:
        name = argument if argument.startswith("%") else "%" + argument
        command = COMMANDS.get(name)
        if command is None:
            raise ShellError(f"no help for {argument}: there is no such command (%help lists them)")
        return f"{command.usage}\n    {command.summary}"
    width = max(len(command.usage) for command in COMMANDS.values())
    lines = [f"  {command.usage:{width}}  {command.summary}" for command in COMMANDS.values()]
    return "\n".join(
        [
            "Type C or C++. An expression without ';' shows its value.",
            *lines,
        ]
    )


def _undo(session: Session, argument: str) -> str:
    session.undo(_count("%undo", argument))
    return ""


def _rewind(session: Session, argument: str) -> str:
    session.rewind(_count("%rewind", argument))
    return ""


def _restart(session: Session, argument: str) -> str:
    if argument:
        raise ShellError("%restart takes no argument")
    session.restart()
    return ""


def _count(command: str, argument: str) -> int:
    if argument and not (argument.isdecimal() and int(argument) > 0):
        raise ShellError(f"{command} takes a number of inputs, not '{argument}'")
    return int(argument or 1)


def _reset(session: Session, argument: str) -> str:
    if argument:
        raise ShellError("%reset takes no argument (%undo N takes back some inputs)")
    session.reset()
    return ""


def _lib(session: Session, argument: str) -> str:
    if not argument:
        raise ShellError("%lib needs a library: a name (m), a file name (libm.so.6) or a path")
    session.load_library(argument)
    return ""


def _load(session: Session, argument: str) -> str:
    from repl.load_command import load_file  # which runs commands itself

    if not argument:
        raise ShellError("%load needs the name of a file with inputs")
    load_file(session, argument)
    return ""


def _quit(session: Session, argument: str) -> str:
    raise Quit


COMMANDS = {
    command.name: command
    for command in [
        Command("%help", "%help [COMMAND]", "this list, or one command's help", _help),
        Command("%undo", "%undo [N]", "take back the last input, or the last N", _undo),
        Command(
            "%rewind",
            "%rewind [N]",
            "go back in time to before the last input or N of them, memory too",
            _rewind,
        ),
        Command(
            "%restart",
            "%restart",
            "a fresh program, in which the inputs that declare something run again",
            _restart,
        ),
        Command("%reset", "%reset", "end the program as by exit(0) and start with nothing", _reset),
        Command("%lib", "%lib NAME", "load a shared library: m, libm.so.6 or a path", _lib),
        Command("%load", "%load FILE", "run the inputs of a file as if they were typed", _load),
        Command("%quit", "%quit", "leave the shell (Ctrl-D does too)", _quit),
    ]
}
