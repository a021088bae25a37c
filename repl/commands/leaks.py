"""``%leaks``."""

from __future__ import annotations

from repl.commands.context import Shell
from repl.commands.helper_code import C_LINKAGE, run_helper, unique_name
from repl.errors import ShellError
from repl.input.command_syntax import Arguments

_CHECK = "__lsan_do_recoverable_leak_check"


def run_leaks(shell: Shell, arguments: Arguments) -> str:
    """``%leaks``. What is found is among the warnings, as all reports are."""
    sanitizers = shell.session.options.sanitizers
    if sanitizers is None or not sanitizers.finds_leaks:
        raise ShellError("%leaks needs a session with --sanitize=leak or --sanitize=address")
    results = unique_name("results")
    text = (
        f"{C_LINKAGE}__FORKREPL_C int {_CHECK}(void);\n"
        f"__FORKREPL_C unsigned long long {results}[1];\n"
        f"unsigned long long {results}[1];\n"
        f"{results}[0] = {_CHECK}();\n"
    )
    (found,) = run_helper(shell.session, text, "%leaks", results, 1)
    return "" if found else "no leaks: something points to all memory that was allocated"
