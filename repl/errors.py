"""Errors that the shell reports to its user; ``str()`` is the message."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from runtime.errors import ForkreplError, printable, told
from runtime.errors import did_you_mean as did_you_mean
from runtime.kernel_calls.limits import reason


class ShellError(ForkreplError):
    """Base: something that the user asked for cannot be done, and why."""


class SetupError(ShellError):
    """A part of the installation is missing or broken."""


class UnexpectedError(ShellError):
    """An exception that nobody has thought of, as an error of the input that met it."""


class CompilerDied(ShellError):
    """A compiler process (frontend or code generator) ended."""


class MalformedMessage(ShellError):
    """A compiler process said what makes no sense: it is of another installation, or broken."""


class CompilerTimeout(ShellError):
    """A compiler process took longer than it may."""


class CodegenError(ShellError):
    """LLVM could not turn the code into machine code."""


class UnreadableModule(CodegenError):
    """A file of the user's is no LLVM IR, or not for this machine. Where LLVM knows the
    place, ``str()`` begins with ``<string>:LINE:COLUMN:``."""


class Fix(Struct, frozen=True):
    """What Clang would write at a place: ``text`` instead of ``removed``, which is in one line.
    ``line`` and ``column`` (bytes) count from 1; 0: before the whole input."""

    file: str
    line: int
    column: int
    removed: str
    text: str


class Diagnostic(Struct, frozen=True):
    """One of Clang's, as data. ``line`` and ``column`` are 0 where there are none.

    ``text``: as Clang shows it, with the line of the source. ``system``: that is in a header of
    the system's. ``role``: of a note, what there may be many of (``diagnostic_roles.h`` of the
    frontend), or "hint" for one of ours. ``fixes`` belong together.
    """

    severity: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    system: bool = False
    role: str = ""
    fixes: tuple[Fix, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it rejects the input."""
        return "error" in self.severity


class CompileError(ShellError):
    """Clang rejected the snippet. ``str()`` is the errors with the best of what explains them;
    ``full``: all that Clang has to say, with whole paths."""

    def __init__(self, rendered: str, diagnostics: tuple[Diagnostic, ...], full: str = "") -> None:
        super().__init__(rendered.rstrip("\n"))
        self.diagnostics = diagnostics
        self.full = full or str(self)


class UncaughtException(ShellError):
    """A C++ exception left the input. ``type_name``: of it; ``what``: what its ``what()``
    says, or the value of an int or a string; ``report``: where it was thrown, in lines, if that
    is known. For subclasses that are Python's exceptions, too, see
    ``repl.session.uncaught_exceptions``.
    """

    def __init__(self, type_name: str, what: str, report: str = "") -> None:
        self.type_name = type_name
        self.what = what
        self.report = report
        said = f": {told(what)}" if what else ""
        first = f"uncaught exception of type {told(type_name)}{said}"
        super().__init__("\n".join(filter(None, [first, report])))


class ProgramCrashed(ShellError):
    """The user's program was ended by a signal, or by ``_exit``.

    Either ``signal`` or ``wait_status`` (its exit code) is set; neither if the
    connection to where it ran was lost. ``report``: why and where, if that is known
    (see ``crash_report``); it says more than the message without it. ``aftermath``: what
    has become of the session.
    """

    def __init__(
        self,
        signal_number: int | None,
        wait_status: int | None,
        report: str = "",
        aftermath: str = "",
    ) -> None:
        self.signal = signal_number
        self.wait_status = wait_status
        self.report = report
        self.aftermath = aftermath
        self.is_interrupt = False
        """Whether it was Ctrl-C, and not a SIGINT of the program's own."""
        self.destroyed = ""
        """What ran then, if it ended because of a destructor or an exit handler."""
        if signal_number is None and wait_status is None:
            how = "was lost: the connection to its executor ended"
        elif signal_number is None:
            how = f"ended without notice, with status {wait_status}"
        else:
            how = f"was ended by {signal_name(signal_number)}"
        super().__init__(report or f"the program {how}")

    def __str__(self) -> str:
        if self.is_interrupt:
            return "\n".join(filter(None, ["interrupted (SIGINT)", self.report, self.aftermath]))
        return "\n".join(filter(None, [super().__str__(), self.aftermath]))


class ProgramExited(ForkreplError):
    """The user's program called ``exit``: not an error, but the end."""

    def __init__(self, status: int) -> None:
        super().__init__(
            f"the program has ended by exit({status}): reset() or restart() begins another"
        )
        self.status = status


def signal_abbreviation(number: int) -> str:
    """``SIGSEGV``."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_name(number: int) -> str:
    """``SIGSEGV (Segmentation fault)``."""
    try:
        return f"{signal.Signals(number).name} ({signal.strsignal(number)})"
    except ValueError:
        return signal_abbreviation(number)


def status_of_crash(crash: ProgramCrashed) -> int:
    """As shells report it: 128 + the signal's number; 1 if nobody knows."""
    if crash.signal is not None:
        return 128 + crash.signal
    return 1 if crash.wait_status is None else crash.wait_status


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # write(2)
_LONGEST_REASON = 300  # characters: it is a line, and a file's name may be any text


def describe_unexpected(error: Exception) -> str:
    """One line about an exception that nobody has thought of. What the system refuses is no bug
    of ours."""
    if isinstance(error, MemoryError):
        return "out of memory"
    if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
        return f"cannot write to standard output: {reason(error)}"
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if isinstance(error.filename, str) else ""
        return told(printable(f"{reason(error)}{where}"), _LONGEST_REASON)
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    hint = "(this is a bug; FORKREPL_DEBUG=1 shows where)"
    return f"internal error: {told(printable(what), _LONGEST_REASON)} {hint}"


def explain_unexpected(error: Exception) -> str:
    """The same for who asks by FORKREPL_DEBUG: where it was."""
    if not is_debugging():
        return describe_unexpected(error)
    import traceback  # hardly ever

    return "".join(traceback.format_exception(error)).rstrip("\n")


def is_debugging() -> bool:
    """Whether tracebacks are wanted, by FORKREPL_DEBUG."""
    return bool(os.environ.get("FORKREPL_DEBUG"))


@contextmanager
def telling_unexpected(command: str = "") -> Iterator[None]:
    """Whatever is raised within becomes an error that is told, and the session goes on: the
    exceptions that mean something to the loop around it are ours, but for one when nobody reads
    our output. ``command``: what the user has asked for, if it is one.
    """
    try:
        yield
    except (ForkreplError, BrokenPipeError):
        raise
    except Exception as error:
        if is_debugging():
            print(explain_unexpected(error), file=sys.stderr)
        what = describe_unexpected(error)
        raise UnexpectedError(f"{command}: {what}" if command else what) from error
