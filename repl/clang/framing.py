"""Messages between the controller and its compilers: a JSON object and a blob.

u32 json size | u32 blob size | json | blob, little endian, over a stream socket.
The C++ side of the same format is ``frontend_process/protocol.cpp``; what the objects are says
``protocol``.
"""

from __future__ import annotations

import array
import functools
import select
import socket
import struct
import time
from typing import TypeVar

import msgspec
from msgspec import Struct

from repl.errors import CompilerDied, CompilerTimeout, MalformedMessage
from runtime.trace import Tracer

_HEAD = struct.Struct("<II")
_LIMIT = 1 << 30
_TICK = 0.2  # s

Message = TypeVar("Message", bound=Struct)


class Channel:
    """A connection to a compiler. ``trace``: who is told of its messages; ``pid``: of the
    process at the other end, for that."""

    def __init__(
        self, connection: socket.socket, trace: Tracer | None = None, pid: int = 0
    ) -> None:
        self.connection = connection
        self.trace = trace
        self.pid = pid


def send_message(
    channel: Channel, message: Struct, blob: bytes = b"", descriptor: int | None = None
) -> None:
    """Send one message, and a descriptor with it if given. Raises CompilerDied."""
    text = _ENCODER.encode(message)
    if channel.trace is not None:
        channel.trace.sent(channel.pid, text, blob)
    frame = _HEAD.pack(len(text), len(blob)) + text + blob
    try:
        if descriptor is not None:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
            frame = frame[channel.connection.sendmsg([frame], [rights]) :]
        channel.connection.sendall(frame)
    except OSError as error:
        raise CompilerDied(f"connection lost: {error}") from error


def receive_message(
    channel: Channel, kind: type[Message], limit: float | None = None
) -> tuple[Message, bytes]:
    """Receive one message, which is to be of that kind, within ``limit`` s: that may be infinity.

    Without a limit it just waits, as is right for who serves. Raises CompilerDied at the
    end of the stream, MalformedMessage, and CompilerTimeout.
    """
    decoder = _decoder(kind)  # making one takes a while: not when the answer is there
    deadline = None if limit is None else time.monotonic() + limit
    head = _receive_exactly(channel.connection, _HEAD.size, deadline)
    json_size, blob_size = _HEAD.unpack(head)
    if json_size > _LIMIT or blob_size > _LIMIT:
        raise MalformedMessage(f"malformed message: it has {json_size + blob_size} bytes")
    text = _receive_exactly(channel.connection, json_size, deadline)
    blob = _receive_exactly(channel.connection, blob_size, deadline)
    if channel.trace is not None:
        channel.trace.received(channel.pid, text, blob)
    try:
        return decoder.decode(text), blob
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedMessage(
            f"malformed message: it is not '{kind.__name__}': {error}"
        ) from error


_ENCODER = msgspec.json.Encoder()


@functools.cache
def _decoder(kind: type[Message]) -> msgspec.json.Decoder[Message]:
    return msgspec.json.Decoder(kind)


def _receive_exactly(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    """``deadline``: of ``time.monotonic()``, in s."""
    pieces = bytearray()
    while len(pieces) < size:
        if deadline is not None:
            _wait_until(connection, deadline)
        try:
            piece = connection.recv(min(size - len(pieces), 1 << 20))
        except ConnectionError as error:
            raise CompilerDied(f"connection lost: {error}") from error
        if not piece:
            raise CompilerDied("the process ended")
        pieces += piece
    return bytes(pieces)


def _wait_until(connection: socket.socket, deadline: float) -> None:
    """Until there is something to receive, or the end. Raises CompilerTimeout.

    In short waits: a signal that comes just before one begins does not end it, and
    Python's handler, as for Ctrl-C, has to run.
    """
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    while not poll.poll(min(max(0.0, deadline - time.monotonic()), _TICK) * 1000):
        if time.monotonic() >= deadline:
            raise CompilerTimeout("the compiler did not answer in time")
