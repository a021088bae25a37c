"""The runtime of a sanitizer for a program: which one, and how it is set up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repl.clang.sanitizers import Sanitizers
    from runtime.executor_client.sanitizer_runtime import SanitizerRuntime


def sanitizer_runtime(wanted: Sanitizers | None, *, goes_on: bool) -> SanitizerRuntime | None:
    """What the program's process is to start with; None without ``-fsanitize=``. ``goes_on``:
    the program is a session, and wants its memory until its end."""
    if wanted is None:
        return None
    from runtime.executor_client.sanitizer_runtime import SanitizerRuntime  # seldom needed

    chosen = {
        # %leaks looks for them at any time.
        "detect_leaks": _switch(wanted.finds_leaks),
        "leak_check_at_exit": _switch(wanted.leak or not goes_on),
    }
    return SanitizerRuntime(Path(wanted.runtime), chosen)


def _switch(is_on: bool) -> str:
    return "1" if is_on else "0"
