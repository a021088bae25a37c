"""The entry point: which command it is, and what is told when nothing else has told it.

``forkrepl`` without one of the others' names is the shell: ``shell_command``.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

import repl.quick_msgspec  # noqa: F401
from repl.errors import ShellError, describe_unexpected, is_debugging
from repl.terminal.standard_streams import prepare_standard_streams
from runtime import trace
from runtime.errors import RuntimeFailure, printable_lines

_GARBAGE = 100_000
"""Objects after whose making Python looks for cycles of garbage. Ours makes few: to look after each
700, as is usual, takes time in a session; and to look at all while it is imported, at the start."""


def main() -> None:
    """The entry point of ``forkrepl``."""
    gc.set_threshold(_GARBAGE)
    debugging = is_debugging()
    prepare_standard_streams()
    try:
        trace.check_setting()
        status = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Exception as error:
        if debugging:
            raise
        with suppress(OSError):  # standard error may be what is full
            print(printable_lines(f"forkrepl: {_describe(error)}"), file=sys.stderr)
        status = 1
    _leave(status)


def _describe(error: Exception) -> str:
    if isinstance(error, (ShellError, RuntimeFailure)):
        return f"error: {error}"
    described = describe_unexpected(error)
    return f"error: {described}" if isinstance(error, OSError) else described


def _leave(status: int) -> NoReturn:
    """End at once: all is closed, and what Python does at its end takes 20 ms."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # it has been told, or nobody listens
            stream.flush()
    os._exit(status)


def _run(arguments: list[str]) -> int:
    """Each command imports what it needs, and no other."""
    match arguments[:1]:
        case ["link"]:
            from repl.link_command import command as link_command

            return link_command.main(arguments[1:])
        case ["executor"]:
            from repl.command_line import executor_command

            return executor_command.main(arguments[1:])
        case ["doctor"]:
            from repl.doctor import command as doctor_command

            return doctor_command.main(arguments[1:])
        case ["kernel"]:
            from repl.jupyter import command as kernel_command

            return kernel_command.main(arguments[1:])
        case _:
            from repl import shell_command

            return shell_command.main(arguments)
