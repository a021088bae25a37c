"""How a program ended, as the user is told: by its crash, or by what a sanitizer has said of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from repl.crash_reports.report import describe_crash
from repl.errors import ProgramCrashed
from runtime.errors import ExecutorDied, printable_lines

if TYPE_CHECKING:
    from runtime.units.execution_session import ExecutionSession


def program_crash(
    died: ExecutorDied,
    execution: ExecutionSession | None,
    most_frames: int,
    text: str,
    *,
    has_libraries: bool,
) -> ProgramCrashed:
    """The error for it, with the report. ``text``: what a sanitizer has written; if that was the
    end of the program, it says it better. Other arguments: as for ``describe_crash``."""
    if died.exit_status is not None:
        status = died.exit_status
        return ProgramCrashed(None, status, f"the program called exit({status})")
    told: list[str] = []
    is_explained = False
    if text:
        from repl.crash_reports.sanitizer_report import describe_last_reports  # if there are any

        told, is_explained = describe_last_reports(died, execution, most_frames, text)
    if not is_explained:
        told.append(describe_crash(died, execution, most_frames, has_libraries=has_libraries))
    crash = ProgramCrashed(died.signal, died.wait_status, "\n".join(filter(None, told)))
    crash.is_interrupt = died.is_interrupt
    return crash


def print_reports(text: str, execution: ExecutionSession | None, most_frames: int) -> None:
    """Each report in what a sanitizer has written, on standard error."""
    if text:
        from repl.crash_reports.sanitizer_report import describe_reports

        for report in describe_reports(text, execution, most_frames):
            print(printable_lines(report), file=sys.stderr, flush=True)
