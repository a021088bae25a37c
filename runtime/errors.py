"""Errors of the runtime: each says what was wrong, where, and what can be done."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.protocol.crash import CrashReport


class ForkreplError(Exception):
    """Base of all that this program raises for its users, as a library too.

    Each can be pickled and copied, with its attributes and notes, whatever its ``__init__`` takes:
    so a process of a pool can raise it to who waits.
    """

    def __reduce__(self) -> tuple[Callable[..., ForkreplError], tuple[Any, ...], dict[str, Any]]:
        return _made_again, (type(self), self.args), self.__dict__.copy()


def _made_again(class_: type[ForkreplError], arguments: tuple[Any, ...]) -> ForkreplError:
    # An exception's own way would call `__init__` with the message. And one of Python's own that
    # this is as well, such as OSError, may take its arguments for something else.
    try:
        error = class_.__new__(class_)
    except TypeError:  # CPython does not find the one that it uses, if it is a MemoryError, too
        error = Exception.__new__(class_)
    error.args = arguments
    return error


class RuntimeFailure(ForkreplError):
    """Base of what the runtime reports to its user; ``str()`` is the message."""


class ObjectFormatError(RuntimeFailure):
    """The bytes are not a relocatable object that this linker can read."""


class LinkError(RuntimeFailure):
    """The objects cannot be linked; nothing of them stays behind."""


class UndefinedSymbolsError(LinkError):
    """Symbols that nothing defines: ``names`` holds them all, as in the object files.

    ``brief``: the message without the places of the references, which say nothing to
    the author of a snippet. ``needed_by``: for each name the numbers of the objects, of those
    that were to be linked, that refer to it.
    """

    def __init__(
        self,
        message: str,
        brief: str,
        names: tuple[str, ...],
        needed_by: Mapping[str, Set[int]] | None = None,
    ) -> None:
        super().__init__(message)
        self.brief = brief
        self.names = names
        self.needed_by = {} if needed_by is None else dict(needed_by)


class OutOfMemoryError(RuntimeFailure):
    """A reservation could not be made or has no room left."""


class WrongTrace(RuntimeFailure):
    """FORKREPL_TRACE or FORKREPL_TRACE_FILE asks for what cannot be."""


class ExecutorError(RuntimeFailure):
    """The executor refused a request or broke the protocol.

    ``was_postponed``: it has refused a request that was postponed, and the one that was to go
    with it was not carried out.
    """

    was_postponed = False


class ExecutorOutOfMemory(ExecutorError):
    """The user's program has used up what memory it may have; the executor goes on."""


class ExecutorDied(RuntimeFailure):
    """The executor process ended while it was needed.

    ``exit_status``: what ``exit()`` was called with, if it was; otherwise
    ``signal``: the number of the fatal signal; otherwise both are None (it
    vanished without saying, as by ``_exit``) and ``wait_status`` holds its code, or
    None too if the connection to it was lost. ``crash``: what it said of the signal
    itself, if it did.
    """

    def __init__(
        self,
        *,
        exit_status: int | None,
        signal: int | None,
        wait_status: int | None = None,
        crash: CrashReport | None = None,
    ) -> None:
        self.exit_status = exit_status
        self.signal = signal
        self.wait_status = wait_status
        self.crash = crash
        self.is_interrupt = False
        """Whether it was ended because of Ctrl-C."""
        if exit_status is not None:
            text = f"the program called exit({exit_status})"
        elif signal is not None:
            text = f"the program was ended by signal {signal}"
        elif wait_status is None:
            text = "the connection to the program was lost"
        else:
            text = f"the program ended without notice (status {wait_status})"
        super().__init__(text)

    def again(self) -> ExecutorDied:
        """To be raised, by who keeps this one: the traceback of an exception keeps alive
        what its frames refer to."""
        died = ExecutorDied(
            exit_status=self.exit_status,
            signal=self.signal,
            wait_status=self.wait_status,
            crash=self.crash,
        )
        died.is_interrupt = self.is_interrupt
        return died


def printable(text: str) -> str:
    """A name from a file as it can be shown: one line, nothing that moves the cursor."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _SPACES else ascii(c)[1:-1] for c in text)


def printable_lines(text: str, *, keeps_colours: bool = False) -> str:
    """As ``printable``, but with its lines and tabs. ``keeps_colours``: and colours, in what Clang
    says."""
    lines = text.replace("\r\n", "\n").split("\n")
    if not keeps_colours:
        return "\n".join(map(_printable_line, lines))
    return "\n".join("".join(map(_printable_piece, _COLOUR.split(line))) for line in lines)


def told(text: str, most: int = 4000) -> str:
    """What a program says of itself, in the midst of a message: at most so many characters. Its
    further lines are indented, so that nobody takes them for ours."""
    rest = len(text) - most
    cut = text if rest <= 0 else f"{text[:most]}... ({rest:,} more characters)"
    return printable_lines(cut.rstrip("\n")).replace("\n", "\n  ")


_SPACES = "\u00a0\u3000"  # wider than a space, and as harmless
_COLOUR = re.compile(r"(\x1b\[[\d;]*m)")


def _printable_line(line: str) -> str:
    return line if line.isprintable() else "\t".join(map(printable, line.split("\t")))


def _printable_piece(piece: str) -> str:
    return piece if _COLOUR.fullmatch(piece) else _printable_line(piece)


def shown_path(path: str) -> str:
    """As short as it can be and mean something."""
    try:
        inside = os.path.relpath(path)
    except (OSError, ValueError):  # there is no current folder
        return path
    return path if inside.startswith("..") else inside


def describe_error(number: int) -> str:
    """``ENOMEM: Cannot allocate memory``, for a message."""
    return f"{errno.errorcode.get(number, number)}: {os.strerror(number)}"


def did_you_mean(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """``; did you mean NAME?`` with the nearest known name, or nothing if none is near.

    ``likeness``: from 0 to 1, of names that are near enough.
    """
    import difflib  # only for this

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=likeness)
    return f"; did you mean {near[0]}?" if near else ""
