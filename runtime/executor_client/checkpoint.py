"""A checkpoint: a sleeping fork of the executor, which can take its place."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct

from msgspec import Struct

from runtime.errors import ExecutorError
from runtime.executor_client.process_handle import ProcessHandle
from runtime.executor_client.waiting import is_ready
from runtime.protocol import wire
from runtime.protocol.wire import Operation

_PATIENCE = 10.0  # s, until a fork says hello
_CREDENTIALS = struct.Struct("iII")  # struct ucred: unix(7)


class Introduction(Struct, frozen=True):
    """A checkpoint's first word. ``threads``: how many of the program's it has not;
    ``channels``: how many pipes and sockets of the program's look closed in it. ``pid``
    is the kernel's word, not its."""

    pid: int
    threads: int
    channels: int


class Checkpoint:
    """``connection``: our end, on which it waits."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    @property
    def is_discarded(self) -> bool:
        """Whether ``discard`` or ``take_connection`` has been called."""
        return self._connection.fileno() < 0

    def take_connection(self) -> socket.socket:
        """Our end, which is the caller's from now on: it takes over."""
        return socket.socket(fileno=self._connection.detach())

    def meet(self) -> Introduction:
        """Read its first word, once. Raises ExecutorError if it has none."""
        size = wire.HEAD.size + wire.CHECKPOINT.size
        try:
            frame, pid = peer_credentials(self._connection, size)
        except OSError as error:
            raise ExecutorError("a checkpoint of the program does not answer") from error
        expected = wire.HEAD.pack(wire.CHECKPOINT.size, Operation.CHECKPOINT, 0)
        if not frame.startswith(expected) or len(frame) != size or pid <= 1:
            raise ExecutorError("a checkpoint of the program is not there any more")
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        self._connection.settimeout(None)
        return Introduction(pid, *wire.CHECKPOINT.unpack_from(frame, wire.HEAD.size))

    def discard(self) -> None:
        """End it; a second time, or once it has taken over, nothing happens."""
        if self.is_discarded:
            return
        self._connection.setblocking(False)
        # One that has not said who it is yet ends when it sees the end of the stream.
        with contextlib.suppress(ExecutorError, OSError):
            self._kill(self.meet().pid)
        self._connection.close()

    def _kill(self, pid: int) -> None:
        """Somebody may have stopped it: then it would not see the end of the stream."""
        with ProcessHandle(pid) as handle:
            # As long as its end of the connection is open, the number is still its own.
            if not is_ready([(self._connection, select.POLLRDHUP)], 0):
                handle.kill()


def peer_credentials(connection: socket.socket, size: int) -> tuple[bytes, int]:
    """A message, and by the kernel's word the number of the process that has sent it (0: it
    does not say), on a socket with SO_PASSCRED. Raises OSError."""
    message, ancillary, _, _ = connection.recvmsg(size, socket.CMSG_SPACE(_CREDENTIALS.size))
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return message, int(_CREDENTIALS.unpack(data)[0])
    return message, 0


def open_connection() -> tuple[socket.socket, socket.socket]:
    """Our end of a checkpoint's connection, and its own."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    ours.settimeout(_PATIENCE)
    return ours, theirs


def memory_of(pid: int) -> int:
    """Resident memory of a process in bytes; 0 if it has ended (proc(5), statm)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError):
        return 0
