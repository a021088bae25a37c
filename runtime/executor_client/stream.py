"""Frames over a socket to another process, which may be slow, stopped, or gone.

Owns waiting: no longer than who waits has patience. Must not know what the frames mean.
"""

from __future__ import annotations

import array
import math
import select
import socket
import time
from typing import Protocol

from runtime.errors import ExecutorError
from runtime.executor_client.life import ExecutorLife
from runtime.executor_client.waiting import is_ready
from runtime.protocol import wire
from runtime.trace import Tracer

_PATIENCE = 5  # s, for a process that has been ended
_TIME_TO_SAY = 0.5  # s, for a process that is asked where it is
_TICK = 0.2  # s, between looks at whether Ctrl-C has been pressed
_LEAST = 4096  # bytes to ask the system for


class StreamEnded(Exception):
    """The other side has closed the stream or ended, or this one has closed the socket."""


class Patience(Protocol):
    """Whoever waits."""

    @property
    def is_overdue(self) -> bool:
        """Whether the process has taken too long."""

    @property
    def is_interrupted(self) -> bool:
        """Whether that is because of Ctrl-C for the program."""


class FrameStream:
    """``connection``: the socket, which is the stream's from now on. ``life``: of the process
    at its other end, which is ended if it is overdue."""

    def __init__(
        self, connection: socket.socket, life: ExecutorLife, tracer: Tracer | None
    ) -> None:
        self._socket = connection
        self._life = life
        self._trace = tracer
        self._asked_where: float | None = None  # when
        self._given_up: float | None = None  # when the process was ended for being overdue
        self._received = bytearray()  # and not asked for yet

    def send(self, frame: bytes, patience: Patience, descriptor: int | None = None) -> None:
        """Send a frame with its head, perhaps with a descriptor.

        Raises StreamEnded if the socket is closed. If only the other side is gone, that is found
        out by ``receive``: its last words may wait to be read.
        """
        if self._trace is not None:
            for message, payload in wire.describe_request(frame, descriptor):
                self._trace.sent(self._life.pid, message, payload)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor or 0]))
        ancillary = [] if descriptor is None else [rights]
        rest = memoryview(frame)
        try:
            while rest:
                try:
                    sent = self._socket.sendmsg([rest], ancillary, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    if self._wait_patiently(select.POLLOUT, patience):
                        continue
                    return  # it does not read any more
                rest, ancillary = rest[sent:], []
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is gone
        except OSError as error:
            if _is_of_a_handler(error):
                raise
            raise StreamEnded from error

    def receive(self, patience: Patience) -> tuple[int, int, bytes]:
        """Operation, error and payload of a frame.

        Raises StreamEnded, and ExecutorError if it is too large to be one.
        """
        head = self._receive_exactly(wire.HEAD.size, patience)
        size, operation, error = wire.HEAD.unpack(head)
        if size > wire.MAX_PAYLOAD:
            raise ExecutorError(f"a reply of {size} bytes")
        payload = self._receive_exactly(size, patience)
        if self._trace is not None:
            message = wire.describe_frame(operation, error)
            self._trace.received(self._life.pid, message, payload)
        return operation, error, payload

    def receive_some(self, timeout: float) -> bytes:
        """The bytes that come within ``timeout`` s; none if none do, or there will be none."""
        if self._received:
            received, self._received = bytes(self._received), bytearray()
            return received
        try:
            self.wait(timeout)
            return self._socket.recv(1 << 16, socket.MSG_DONTWAIT)
        except OSError:  # nothing, or nobody is there any more
            return b""

    def wait(self, timeout: float, event: int = select.POLLIN) -> bool:
        """Whether POLLIN (also: there will never be anything to receive) or POLLOUT comes
        within ``timeout`` s, or the process ends, where that is seen.

        Raises OSError if the socket is closed.
        """
        # The end of the stream does not tell: forks of the program's may hold its socket.
        end = self._life.end_descriptor()
        process = [] if end is None else [(end, select.POLLIN)]
        return is_ready([(self._socket, event), *process], timeout)

    def close(self) -> None:
        """Close the socket; again does nothing."""
        self._socket.close()

    def _receive_exactly(self, size: int, patience: Patience) -> bytes:
        received = self._received
        while len(received) < size:
            # A short answer comes at once, with its head.
            piece = self._receive_piece(max(size - len(received), _LEAST), patience)
            if not piece:
                raise StreamEnded
            received += piece
        wanted = bytes(memoryview(received)[:size])
        del received[:size]
        return wanted

    def _receive_piece(self, size: int, patience: Patience) -> bytes:
        """Up to ``size`` bytes; none at the end of the stream."""
        try:
            if not self._wait_patiently(select.POLLIN, patience):
                return b""
            return self._socket.recv(size, socket.MSG_DONTWAIT)
        except OSError as error:  # reset, or nobody is there any more
            if _is_of_a_handler(error):
                raise
            return b""

    def _wait_patiently(self, event: int, patience: Patience) -> bool:
        """Wait for POLLIN or POLLOUT for as long as the process may take, then end it.

        False if the event will never come. Raises OSError if the socket is closed.
        """
        while not self.wait(_TICK, event):
            if self._given_up is None:
                if patience.is_overdue and not self._is_asked_where(patience):
                    self._life.stop()
                    self._given_up = time.monotonic()
            elif time.monotonic() - self._given_up > _PATIENCE:
                return False  # not even its end is heard of
        return event == select.POLLIN or is_ready([(self._socket, event)], 0)

    def _is_asked_where(self, patience: Patience) -> bool:
        """Whether the process is to say first where it was interrupted, and has still time to."""
        if not patience.is_interrupted:
            return False
        if self._asked_where is None:
            self._asked_where = time.monotonic() if self._life.ask_where() else -math.inf
        return time.monotonic() - self._asked_where < _TIME_TO_SAY


def _is_of_a_handler(error: OSError) -> bool:
    """Whether a signal handler of the host's has raised it, as to end an input."""
    return error.errno is None and isinstance(error, TimeoutError)
