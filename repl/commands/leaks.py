"""``%leaks``."""

from __future__ import annotations

from repl.commands.context import Shell
from repl.commands.helper_code import call_for_number
from repl.errors import ShellError
from repl.input.command_syntax import Arguments

_CHECK = "__lsan_do_recoverable_leak_check"


def run_leaks(shell: Shell, arguments: Arguments) -> str:
    """``%leaks``. What is found is among the warnings, as all reports are."""
    sanitizers = shell.session.options.sanitizers
    if sanitizers is None or not sanitizers.finds_leaks:
        raise ShellError("%leaks needs a session with --sanitize=leak or --sanitize=address")
    found = call_for_number(shell.session, "%leaks", [f"int {_CHECK}(void);"], f"{_CHECK}()")
    return "" if found else "no leaks: something points to all memory that was allocated"
