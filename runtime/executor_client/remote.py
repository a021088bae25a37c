"""An executor behind a listener (``forkrepl executor``), perhaps on another machine."""

from __future__ import annotations

import contextlib
import signal
import socket
import time

from runtime.errors import ExecutorDied
from runtime.executor_client.client import ExecutorClient
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

    _end_is_announced = True

    def __init__(self, listener: Listener) -> None:
        is_unix = isinstance(listener.address, UnixAddress)
        # Only its family counts until ``greet`` has connected another.
        super().__init__(socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET))
        self._listener = listener
        self._connected = False
        self._last_bytes = b""

    def greet(self) -> None:
        """Connect, once, and make sure that the other side is of this installation."""
        if not self._connected and self._ended is None:
            connection = connect_and_authenticate(self._listener)
            self._socket.close()
            self._socket = connection
            self._connected = True
        super().greet()

    def shutdown(self, status: int = 0) -> int:
        """End the program; if none has been started there is nothing to do."""
        return super().shutdown(status) if self._connected else status & 0xFF

    def kill(self) -> None:
        """End the connection, and the listener ends the process."""
        self._socket.close()
        if self._ended is None:
            self._ended = ExecutorDied(exit_status=None, signal=signal.SIGKILL)

    def _stop(self) -> None:
        with contextlib.suppress(OSError):  # the connection is gone already
            self._socket.shutdown(socket.SHUT_WR)  # the listener says how it ended

    def _receive_piece(self, size: int) -> bytes:
        return self._note_last(super()._receive_piece(size))

    def _note_last(self, piece: bytes) -> bytes:
        self._last_bytes = (self._last_bytes + piece[-_ENDED_SIZE:])[-_ENDED_SIZE:]
        return piece

    def _reap(self, patience: float) -> int | None:
        """Read to the end. ENDED is the last on the stream, also where the process ended
        in the midst of a reply."""
        deadline = time.monotonic() + patience
        with contextlib.suppress(OSError):
            while (left := deadline - time.monotonic()) > 0 and self._wait(left):
                if not self._note_last(self._socket.recv(1 << 16, socket.MSG_DONTWAIT)):
                    break
        self._socket.close()
        return _exit_code(self._last_bytes)


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
