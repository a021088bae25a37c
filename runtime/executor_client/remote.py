"""An executor behind a listener (``forkrepl executor``), perhaps on another machine."""

from __future__ import annotations

import contextlib
import socket
import time

from runtime.executor_client.client import ExecutorClient
from runtime.executor_client.waiting import is_readable
from runtime.protocol import wire
from runtime.protocol.handshake import HandshakeError, ListenerBusy, authenticate
from runtime.protocol.listener_address import Listener, UnixAddress, connect
from runtime.protocol.wire import Operation

_PATIENCE = 5.0  # s, for the handshake, and for a listener that is finishing a session
_PAUSE = 0.1  # s, between attempts at a busy listener
_ENDED_SIZE = wire.HEAD.size + wire.STATUS.size


class RemoteExecutor(ExecutorClient):
    """Connects with the first request (or ``greet``), which then raises ExecutorError if
    that is not possible and may be tried again; see ``ExecutorClient``.

    The listener ends the process when the connection ends, and says as its last
    word, in an ENDED frame, how the process ended. If it cannot say that any more,
    ExecutorDied has neither a signal nor a status.
    """

    _life: RemoteLife

    def __init__(self, listener: Listener, *, survives_interrupts: bool = False) -> None:
        super().__init__(RemoteLife(listener), survives_interrupts=survives_interrupts)

    def shutdown(self, status: int = 0) -> int:
        """End the program; if none has been started there is nothing to do."""
        return super().shutdown(status) if self._life.is_connected else status & 0xFF


class RemoteLife:
    """An ``ExecutorLife``: as far as the listener tells of it on the connection."""

    announces_end = True

    def __init__(self, listener: Listener) -> None:
        self.pid = 0
        self._listener = listener
        self._socket: _RememberingSocket | None = None

    @property
    def passes_descriptors(self) -> bool:
        """Whether the listener is on this machine."""
        return isinstance(self._listener.address, UnixAddress)

    @property
    def is_connected(self) -> bool:
        """Whether ``connect`` has succeeded."""
        return self._socket is not None

    def connect(self) -> socket.socket:
        """Connect to the listener. Raises ExecutorError."""
        connection = connect_and_authenticate(self._listener)
        self._socket = _RememberingSocket(fileno=connection.detach())
        return self._socket

    def note_pid(self, pid: int) -> None:
        """See ``ExecutorLife``."""
        self.pid = pid

    def end_descriptor(self) -> None:
        """There is none: the listener watches the process."""

    def ask_where(self) -> bool:
        """Only the listener knows the process."""
        return False

    def stop(self) -> None:
        """End our half of the connection: the listener says how the process ended."""
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the connection is gone already
                self._socket.shutdown(socket.SHUT_WR)

    def reap(self, patience: float) -> int | None:
        """Read to the end. ENDED is the last on the stream, also where the process ended
        in the midst of a reply."""
        if self._socket is None:
            return None
        deadline = time.monotonic() + patience
        with contextlib.suppress(OSError):
            while (left := deadline - time.monotonic()) > 0 and is_readable(self._socket, left):
                if not self._socket.recv(1 << 16, socket.MSG_DONTWAIT):
                    break
        self._socket.close()
        return _exit_code(self._socket.last_bytes)

    def close(self) -> None:
        """End the connection, and the listener ends the process."""
        if self._socket is not None:
            self._socket.close()


class _RememberingSocket(socket.socket):
    """Remembers the last bytes that were received: the listener may have added its word to the
    program's."""

    last_bytes = b""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        piece = super().recv(size, flags)
        self.last_bytes = (self.last_bytes + piece[-_ENDED_SIZE:])[-_ENDED_SIZE:]
        return piece


def connect_and_authenticate(listener: Listener) -> socket.socket:
    """A connection on which an executor waits for requests.

    Waits some seconds for a listener that is busy, as it may be about to finish.
    Raises ExecutorError.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        connection = connect(listener.address, _PATIENCE)
        try:
            authenticate(connection, listener.token, time.monotonic() + _PATIENCE)
            connection.settimeout(None)
            return connection
        except ListenerBusy as error:
            connection.close()
            if time.monotonic() > deadline:
                raise _refused(listener, error) from error
            time.sleep(_PAUSE)
        except HandshakeError as error:
            connection.close()
            raise _refused(listener, error) from error
        except BaseException:
            connection.close()
            raise


def _refused(listener: Listener, error: HandshakeError) -> HandshakeError:
    return HandshakeError(f"no executor from the listener at {listener.address}: {error}")


def _exit_code(last_bytes: bytes) -> int | None:
    """From an ENDED frame: an exit status, or a signal's number, negative; None if the
    bytes are no such frame."""
    if len(last_bytes) != _ENDED_SIZE:
        return None
    if wire.HEAD.unpack_from(last_bytes) != (wire.STATUS.size, Operation.ENDED, 0):
        return None
    (status,) = wire.STATUS.unpack_from(last_bytes, wire.HEAD.size)
    return wire.unpack_wait_status(status)
