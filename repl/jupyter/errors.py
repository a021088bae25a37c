"""Errors as notebooks get them: name, message and traceback."""

from __future__ import annotations

from typing import TypedDict

from repl.commands.context import Shell
from repl.errors import (
    CompileError,
    ProgramCrashed,
    ShellError,
    UncaughtException,
    signal_abbreviation,
)
from repl.shell.run_input import is_interrupt
from runtime.errors import LinkError, RuntimeFailure

_HEAD = "\x1b[1;31m{}\x1b[0m"


class ErrorContent(TypedDict):
    """The content of an ``error`` message; also a part of the reply to the request."""

    ename: str
    evalue: str
    traceback: list[str]


def error_content(shell: Shell | None, error: BaseException) -> ErrorContent:
    """What a cell is told of why it failed: the same as the prompt says."""
    name = _name(error)
    if isinstance(error, CompileError) and shell is not None:
        text = shell.messages(str(error), error.full)
        return _content(name, _first_error(error), text, error)
    text = "interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
    first, newline, rest = text.partition("\n")
    return _content(name, _without(name, first), _HEAD.format(first) + newline + rest, error)


def _content(name: str, value: str, text: str, error: BaseException) -> ErrorContent:
    notes = getattr(error, "__notes__", ())
    return ErrorContent(ename=name, evalue=value, traceback=["\n".join([text, *notes])])


def _name(error: BaseException) -> str:
    if is_interrupt(error):
        return "KeyboardInterrupt"  # what frontends know
    match error:
        case UncaughtException():
            return error.type_name
        case ProgramCrashed() if error.signal is not None:
            return signal_abbreviation(error.signal)
        case ProgramCrashed():
            return "ProgramEnded"
        case CompileError():
            return "CompileError"
        case LinkError():
            return "LinkError"
        case ShellError() | RuntimeFailure():
            return "Error"
        case _:
            return type(error).__name__


def _without(name: str, text: str) -> str:
    """The message behind the name, where it begins with that."""
    for begin in (f"{name}: ", f"uncaught exception of type {name}: "):
        if text.startswith(begin):
            return text.removeprefix(begin)
    return text


def _first_error(error: CompileError) -> str:
    found = [each for each in error.diagnostics if each.is_error]
    if not found:
        return str(error).partition("\n")[0]
    first = found[0]
    return f"{first.file}:{first.line}:{first.column}: {first.message}"
