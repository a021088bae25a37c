"""C++ exceptions as Python's: each is an UncaughtException, and what Python calls the same.

The classes are chosen as pybind11 chooses them; derived classes count as their bases do.
"""

from __future__ import annotations

from repl.display.names import as_users_write
from repl.errors import UncaughtException
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


def raise_exception(outcome: Outcome) -> None:
    """Raise what has left the program's code, if something has."""
    if outcome.exception_type is not None:
        error = _CLASSES[outcome.exception_class]
        raise error(as_users_write(outcome.exception_type), outcome.exception_what)
