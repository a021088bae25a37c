"""The controller's half of the keeper (``executor_process/keeper.h``), the parent of the executor
and of its checkpoints: it tells how each ended. If it does not, because somebody has stopped it or
traces it, the kernel is asked.

Processes are ended and waited for by their ``ProcessHandle``, so that it also works without a
keeper: the program may kill its parent.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time

from runtime.executor_client.process_handle import ProcessHandle
from runtime.executor_client.process_status import is_traced, status_of_zombie
from runtime.executor_client.waiting import is_readable
from runtime.protocol import wire

_PATIENCE = 2.0  # s, for a process that has been killed to be gone
_NEWS_TIME = 2.0  # s, from the end of a process to the keeper's report of it
_TICK = 0.05  # s of it, between looks at what the kernel knows


class Keeper:
    """``connection``: our end of the socket that it was given. ``process``: itself."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self._process = process
        self._connection = connection
        self._connection.setblocking(False)
        self._partial = b""
        self._is_gone = False
        self._codes: dict[int, int] = {}  # of watched processes that ended
        self._handles: dict[int, ProcessHandle] = {}

    def watch(self, pid: int) -> None:
        """Be able to end this process, and to say how it ended, until ``unwatch``."""
        if pid not in self._handles:
            with contextlib.suppress(ProcessLookupError):
                self._handles[pid] = ProcessHandle(pid)

    def unwatch(self, pid: int) -> None:
        """Stop watching a process, and give back what it takes."""
        self._codes.pop(pid, None)
        handle = self._handles.pop(pid, None)
        if handle is not None:
            handle.close()

    def end_descriptor(self, pid: int) -> int | None:
        """Readable when a watched process has ended, where there is such a thing."""
        handle = self._handles.get(pid)
        return handle.fileno() if handle is not None else None

    def has_ended(self, pid: int) -> bool:
        """Whether a watched process has ended."""
        return self.wait_for_end(pid, 0)

    def end(self, pid: int) -> None:
        """End a watched process, whatever it is doing."""
        self.send(pid, signal.SIGKILL)

    def send(self, pid: int, number: signal.Signals) -> bool:
        """Whether this signal could be sent to a watched process."""
        handle = self._handles.get(pid)
        return handle is not None and handle.send(number)

    def wait_for_end(self, pid: int, patience: float) -> bool:
        """Whether a process is gone within ``patience`` s, or is not watched."""
        handle = self._handles.get(pid)
        return handle is None or handle.has_ended(patience)

    def wait_for(self, pid: int, patience: float) -> int | None:
        """The exit code (negative: a signal) of a watched process; None if it lives on
        for ``patience`` s, or if that cannot be known."""
        if pid == self._process.pid:  # it has no keeper
            return self.wait(patience)
        if not self.wait_for_end(pid, patience):
            return None
        deadline = time.monotonic() + _NEWS_TIME
        while pid in self._handles and pid not in self._codes and not self._is_gone:
            if time.monotonic() > deadline:
                break
            if is_readable(self._connection, _TICK):
                self._read_reports()
            elif (status := status_of_zombie(pid)) is not None:
                self._note(pid, status)
        return self._codes.get(pid)

    def end_all(self) -> None:
        """End the keeper, and with it the executor that it has started (PR_SET_PDEATHSIG)."""
        self._process.kill()

    def wait(self, patience: float) -> int | None:
        """The keeper's own exit code; None if it lives on for ``patience`` s."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience)
        return None

    def close(self, end_forks: bool = False) -> None:
        """End all processes that are watched, and the keeper. ``end_forks``: also what
        the program has forked and left behind, except where it runs another program."""
        self._process.send_signal(signal.SIGCONT)  # somebody may have stopped it
        for pid in self._handles:
            self.end(pid)
        for pid in list(self._handles):
            self.wait_for(pid, _PATIENCE)
            self.unwatch(pid)
        if end_forks:
            with contextlib.suppress(OSError):
                self._connection.sendall(b"f")
        self._connection.close()
        self._is_gone = True  # nothing more is heard of it
        if is_traced(self._process.pid) or self.wait(_PATIENCE) is None:
            self._process.kill()
            self.wait(_PATIENCE)  # its tracer may have to let it go first

    def read_reports(self) -> None:
        """Take note of what it has said, so that it does not pile up."""
        if not self._is_gone and is_readable(self._connection, 0):
            self._read_reports()

    def _read_reports(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while not self._is_gone:
                piece = self._read()
                self._is_gone = not piece
                self._partial += piece
        while len(self._partial) >= wire.KEEPER_REPORT.size:
            pid, status = wire.KEEPER_REPORT.unpack_from(self._partial)
            self._partial = self._partial[wire.KEEPER_REPORT.size :]
            if pid in self._handles:
                self._note(pid, status)

    def _note(self, pid: int, status: int) -> None:
        code = wire.unpack_wait_status(status & ~_CORE_DUMPED)
        self._codes[pid] = 0 if code is None else code

    def _read(self) -> bytes:
        try:
            return self._connection.recv(4096)
        except ConnectionError:
            return b""


_CORE_DUMPED = 0x80  # in a status of wait(2)
