"""C++ exceptions as Python's: each is an UncaughtException, and what Python calls the same.

The classes are chosen as pybind11 chooses them; derived classes count as their bases do.
"""

from __future__ import annotations

from repl.crash_reports.report import describe_throw
from repl.display.names import as_users_write
from repl.errors import UncaughtException
from repl.session.state import SessionState
from runtime.protocol.wire import ExceptionClass, Outcome


class UncaughtIndexError(UncaughtException, IndexError):
    """``std::out_of_range``."""


class UncaughtMemoryError(UncaughtException, MemoryError):
    """``std::bad_alloc``."""


class UncaughtValueError(UncaughtException, ValueError):
    """``std::invalid_argument``, ``domain_error``, ``length_error`` or ``range_error``."""


class UncaughtOverflowError(UncaughtException, OverflowError):
    """``std::overflow_error``."""


class UncaughtOSError(UncaughtException, OSError):
    """``std::system_error``, and thus ``filesystem_error`` and ``ios_base::failure``."""


class UncaughtRuntimeError(UncaughtException, RuntimeError):
    """Any other ``std::exception``."""


_CLASSES = {
    ExceptionClass.OTHER: UncaughtException,
    ExceptionClass.STD_EXCEPTION: UncaughtRuntimeError,
    ExceptionClass.OUT_OF_RANGE: UncaughtIndexError,
    ExceptionClass.BAD_ALLOC: UncaughtMemoryError,
    ExceptionClass.BAD_VALUE: UncaughtValueError,
    ExceptionClass.OVERFLOW_ERROR: UncaughtOverflowError,
    ExceptionClass.SYSTEM_ERROR: UncaughtOSError,
}


def uncaught_exception(
    outcome: Outcome, state: SessionState | None = None
) -> UncaughtException | None:
    """What has left the program's code, if something has. It tells where it was thrown, if that
    code is still part of the session's program."""
    if not outcome.exceptions:
        return None
    first = outcome.exceptions[0]
    error = _CLASSES[outcome.exception_class]
    report = ""
    if state is not None:
        options = state.options
        report = describe_throw(
            outcome.exceptions,
            state.program.loaded,
            options.most_frames,
            has_libraries=options.listener is None,
        )
    return error(as_users_write(first.type), first.what, report)


def raise_exception(outcome: Outcome, state: SessionState | None = None) -> None:
    """Raise it, if there is one."""
    error = uncaught_exception(outcome, state)
    if error is not None:
        raise error
