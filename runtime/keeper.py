"""The controller's half of the keeper (``executor/keeper.h``), the parent of the executor
and of its checkpoints: it tells how each ended, and ends them."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time

from runtime import wire
from runtime.executor_connection import is_readable

_PATIENCE = 2.0  # s, for it to end


class Keeper:
    """``connection``: our end of the socket that it was given. ``process``: itself."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self._process = process
        self._connection = connection
        self._connection.setblocking(False)
        self._partial = b""
        self._is_gone = False
        self._ended: dict[int, int] = {}  # exit codes; negative: a signal
        self._watched: set[int] = set()

    @property
    def is_gone(self) -> bool:
        """Whether it has ended: the program may kill its parent."""
        return self._is_gone

    def fileno(self) -> int:
        """For poll(2): readable when ``read_reports`` has something to read."""
        return self._connection.fileno()

    def watch(self, pid: int) -> None:
        """Remember how this process will end. Call before it can end."""
        self._ended.pop(pid, None)  # of an earlier process with this number
        self._watched.add(pid)

    def read_reports(self) -> None:
        """Take note of what it has said."""
        with contextlib.suppress(BlockingIOError):
            while not self._is_gone:
                piece = self._read()
                self._is_gone = not piece
                self._partial += piece
        while len(self._partial) >= wire.KEEPER_REPORT.size:
            pid, status = wire.KEEPER_REPORT.unpack_from(self._partial)
            self._partial = self._partial[wire.KEEPER_REPORT.size :]
            if pid in self._watched:
                self._watched.remove(pid)
                self._ended[pid] = _exit_code(status)

    def has_ended(self, pid: int) -> bool:
        """Whether a watched process has, as far as we have been told."""
        return pid in self._ended

    def wait_for(self, pid: int, patience: float) -> int | None:
        """The exit code (negative: a signal) of a watched process; None if it lives on
        for ``patience`` s, or if that cannot be known any more."""
        deadline = time.monotonic() + patience
        if pid == self._process.pid:
            return self._wait_for_process(patience)
        while pid not in self._ended and not self._is_gone:
            left = deadline - time.monotonic()
            if left < 0 or not is_readable(self._connection, left):
                return None
            self.read_reports()
        if pid in self._ended:
            return self._ended[pid]
        return self._wait_for_process(max(deadline - time.monotonic(), 0))

    def end(self, pids: list[int]) -> None:
        """Have processes ended, whatever they are doing; ``wait_for`` tells when."""
        if self._process.pid in pids:  # an executor without a keeper
            self._process.kill()
        words = b"".join(pid.to_bytes(4, "little") for pid in pids)
        with contextlib.suppress(OSError):  # it is gone, and they with it
            self._connection.sendall(words)

    def close(self, pids: list[int]) -> None:
        """End the keeper, with these processes. Afterwards they are gone."""
        self.end(pids)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._connection.close()

    def _wait_for_process(self, patience: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience)
        return None

    def _read(self) -> bytes:
        try:
            return self._connection.recv(4096)
        except ConnectionError:
            return b""


def _exit_code(status: int) -> int:
    code = wire.unpack_wait_status(status & ~0x80)  # 0x80: a core was dumped
    return 0 if code is None else code
