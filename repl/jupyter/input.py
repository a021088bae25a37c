"""The program's standard input: what it reads is asked for in the notebook.

Descriptor 0 of this process, and so of all its children, is a terminal of its own. While a cell
runs a thread looks whether somebody stands in read(2) on it; then the user is asked, and the line
that is typed goes into the terminal. It being a terminal, a program can switch its echo off, as for
a password, and Ctrl-D ends one read and not all that follow.
"""

from __future__ import annotations

import array
import fcntl
import os
import pty
import select
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from runtime.executor_client.process_status import process_status

_TICK = 0.03  # s, between looks
_READS = {0, 19}  # read and readv: what they are called by number on x86-64
_END_OF_FILE = b"\x04"
_QUOTE = b"\x16"  # in front of what the terminal would take for a key
_PIECE = 1000  # bytes: a line of a terminal has no more than 4095
_MOST_PROCESSES = 1000

Ask = Callable[[bool, threading.Event], str | None]
"""Ask for a line: whether it is to be hidden, and what is set when nobody wants it any more. The
line, or None at the end of the input."""

_Wait = tuple[int, int, str]
"""A thread that waits: its process, itself, and how often it has waited."""


class ProgramInput:
    """Takes the place of descriptor 0: until the process ends, or if it does not ``stay`` while
    it is ``asking``."""

    def __init__(self, *, stays: bool = True) -> None:
        self._master, self._slave = pty.openpty()
        self._device = os.ttyname(self._slave)
        self._modes = termios.tcgetattr(self._slave)
        self._stays = stays
        self._answered: _Wait | None = None
        if stays:
            os.dup2(self._slave, 0)

    @contextmanager
    def asking(self, ask: Ask) -> Iterator[None]:
        """While a cell runs: what is read is asked for. It begins with a terminal as at first."""
        termios.tcsetattr(self._slave, termios.TCSANOW, self._modes)
        termios.tcflush(self._slave, termios.TCIOFLUSH)
        is_over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ask, is_over), name="input")
        thread.start()
        try:
            with nullcontext() if self._stays else self._in_place():
                yield
        finally:
            is_over.set()
            thread.join()

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        before = os.dup(0)
        os.dup2(self._slave, 0)
        try:
            yield
        finally:
            os.dup2(before, 0)
            os.close(before)

    def _watch(self, ask: Ask, is_over: threading.Event) -> None:
        seen: _Wait | None = None
        while not is_over.wait(_TICK):
            self._drop_echo()
            with suppress(OSError, termios.error):
                wait = self._find_wait()
                # Twice: or it might just have been about to read what is there.
                if wait is not None and wait == seen and wait != self._answered:
                    line = ask(self._hides_input(), is_over)
                    if is_over.is_set():
                        return
                    self._answered = wait
                    self._type(line, is_over)
                seen = wait

    def _find_wait(self) -> _Wait | None:
        """A thread that waits for the terminal, in which nothing is."""
        if self._unread():
            return None
        for pid in _descendants():
            with suppress(OSError, ValueError):
                for tid in map(int, os.listdir(f"/proc/{pid}/task")):
                    if self._reads(pid, tid):
                        count = process_status(tid).get("voluntary_ctxt_switches", "")
                        return pid, tid, count
        return None

    def _reads(self, pid: int, tid: int) -> bool:
        number, *arguments = Path(f"/proc/{pid}/task/{tid}/syscall").read_text().split()
        if not number.isdecimal() or int(number) not in _READS or not arguments:
            return False
        descriptor = int(arguments[0], 16)
        return os.readlink(f"/proc/{pid}/fd/{descriptor}") == self._device

    def _unread(self) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(self._slave, termios.FIONREAD, count)
        return count[0]

    def _hides_input(self) -> bool:
        return not termios.tcgetattr(self._slave)[3] & termios.ECHO

    def _type(self, line: str | None, is_over: threading.Event) -> None:
        """Put a line into the terminal, or the end of the input."""
        is_canonical = bool(termios.tcgetattr(self._slave)[3] & termios.ICANON)
        if line is None:
            self._write(_END_OF_FILE)
            return
        data = line.encode("utf-8", "surrogateescape")
        if not is_canonical:
            self._write(data + b"\n")
            return
        while len(data) > _PIECE:
            piece, data = data[:_PIECE], data[_PIECE:]
            self._write(_quoted(piece) + _END_OF_FILE)  # which hands out what there is of a line
            while self._unread():
                if is_over.wait(_TICK):
                    return
                self._drop_echo()
        self._write(_quoted(data) + b"\n")

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]
            self._drop_echo()

    def _drop_echo(self) -> None:
        """What the terminal shows of what is typed: the notebook shows it anyway."""
        while select.select([self._master], [], [], 0)[0]:
            os.read(self._master, 1 << 16)


def _quoted(data: bytes) -> bytes:
    """Typed so that the terminal takes no character for one of its keys."""
    return b"".join(
        _QUOTE + bytes([byte]) if byte < 0x20 or byte == 0x7F else bytes([byte]) for byte in data
    )


def _descendants() -> Iterator[int]:
    """The processes that have come from this one, without itself."""
    waiting = [os.getpid()]
    for _ in range(_MOST_PROCESSES):
        if not waiting:
            return
        pid = waiting.pop()
        if pid != os.getpid():
            yield pid
        with suppress(OSError):
            for tid in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{tid}/children").read_text()
                waiting += map(int, children.split())
