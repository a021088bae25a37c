"""FORKREPL_TRACE: what the processes say to each other, as they say it.

A line for each message, to standard error or appended to FORKREPL_TRACE_FILE::

    14:03:22.104311 wire 4711 -> 4720 READ | 16 bytes: \\x00\\x10...

with the time of day, the channel, this process and the other one (``?`` until it has said its
number), which way it went, the message, and the bytes that came with it. It costs nothing where
it is off: then nobody has a ``Tracer``.
"""

from __future__ import annotations

import errno
import functools
import os
import stat
import time
from contextlib import suppress
from typing import Literal, get_args

from msgspec import Struct

from runtime.errors import WrongTrace, printable
from runtime.standard_descriptors import STANDARD_ERROR

Channel = Literal["wire", "clang", "codegen"]
"""Of the controller with the executor, the Clang frontend, the code generator."""

NAMES: tuple[str, ...] = get_args(Channel)
ALL = "all"

_MOST_TEXT = 2000  # bytes of a message that are shown
_MOST_BYTES = 100  # of those that came with it


class Tracer:
    """Writes the lines of one channel; whatever goes wrong with that is nobody's business."""

    def __init__(self, channel: Channel, descriptor: int) -> None:
        self._channel = channel
        self._descriptor = descriptor

    def sent(self, pid: int, message: bytes, blob: bytes = b"") -> None:
        """To the process ``pid``, or 0 if that is not known yet."""
        self._note("->", pid, message, blob)

    def received(self, pid: int, message: bytes, blob: bytes = b"") -> None:
        """From that process."""
        self._note("<-", pid, message, blob)

    def _note(self, direction: str, pid: int, message: bytes, blob: bytes) -> None:
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now % 1 * 1e6):06}"
        line = f"{clock} {self._channel} {os.getpid()} {direction} {pid or '?'} "
        line += _shown(message, _MOST_TEXT)
        if blob:
            size = "1 byte" if len(blob) == 1 else f"{len(blob):,} bytes"
            line += f" | {size}: {_shown(blob, _MOST_BYTES)}"
        with suppress(OSError):  # the disk is full, or standard error is closed
            os.write(self._descriptor, line.encode() + b"\n")  # at once: others write, too


class _Setting(Struct, frozen=True):
    channels: frozenset[str]
    descriptor: int


def tracer(channel: Channel) -> Tracer | None:
    """Who is to be told of a channel's messages, if anybody. Raises WrongTrace.

    The environment is read once.
    """
    setting = _setting()
    return Tracer(channel, setting.descriptor) if channel in setting.channels else None


def check_setting() -> None:
    """Raises WrongTrace, if ``tracer`` would: so that no process is started before."""
    _setting()


@functools.cache
def _setting() -> _Setting:
    wanted = frozenset(os.environ.get("FORKREPL_TRACE", "").replace(",", " ").split())
    unknown = wanted - {*NAMES, ALL}
    if unknown:
        raise WrongTrace(
            f"FORKREPL_TRACE: there is no '{printable(min(unknown))}' to trace: choose of "
            f"{', '.join(NAMES)} (several with commas between them), or {ALL}"
        )
    channels = frozenset(NAMES) if ALL in wanted else wanted
    path = os.environ.get("FORKREPL_TRACE_FILE", "")
    return _Setting(channels, _open(path) if path and channels else STANDARD_ERROR)


def _open(path: str) -> int:
    """A descriptor for appending; what is traced is for the user's eyes only."""
    # Not through a link, and not waiting for somebody who reads a pipe: in a folder like /tmp
    # others could have put either there.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY, 0o600)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise WrongTrace(
            f"FORKREPL_TRACE_FILE: cannot write {printable(path)}: {reason}"
        ) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        os.close(descriptor)
        raise WrongTrace(f"FORKREPL_TRACE_FILE: {printable(path)} is not a file of yours")
    os.fchmod(descriptor, 0o600)
    return descriptor


def _shown(data: bytes, most: int) -> str:
    text = printable(data[:most].decode("utf-8", "backslashreplace"))
    return text if len(data) <= most else f"{text}..."
