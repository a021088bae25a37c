"""Messages between the controller and its compilers: a JSON object and a blob.

u32 json size | u32 blob size | json | blob, little endian, over a stream socket.
The C++ side of the same format is ``frontend_process/protocol.cpp``.
"""

from __future__ import annotations

import array
import json
import socket
import struct
from typing import Any

from repl.errors import CompilerDied

_HEAD = struct.Struct("<II")
_LIMIT = 1 << 30

Header = dict[str, Any]


def send_message(
    connection: socket.socket, header: Header, blob: bytes = b"", descriptor: int | None = None
) -> None:
    """Send one message, and a descriptor with it if given. Raises CompilerDied."""
    text = json.dumps(header).encode()
    frame = _HEAD.pack(len(text), len(blob)) + text + blob
    try:
        if descriptor is not None:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
            frame = frame[connection.sendmsg([frame], [rights]) :]
        connection.sendall(frame)
    except OSError as error:
        raise CompilerDied(f"connection lost: {error}") from error


def receive_message(connection: socket.socket) -> tuple[Header, bytes]:
    """Receive one message. Raises CompilerDied at the end of the stream."""
    json_size, blob_size = _HEAD.unpack(_receive_exactly(connection, _HEAD.size))
    if json_size > _LIMIT or blob_size > _LIMIT:
        raise CompilerDied(f"a message of {json_size + blob_size} bytes")
    try:
        header = json.loads(_receive_exactly(connection, json_size))
    except ValueError as error:
        raise CompilerDied(f"malformed message: {error}") from error
    if not isinstance(header, dict):
        raise CompilerDied("malformed message: not an object")
    return header, _receive_exactly(connection, blob_size)


def _receive_exactly(connection: socket.socket, size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        try:
            piece = connection.recv(min(size - len(pieces), 1 << 20))
        except ConnectionError as error:
            raise CompilerDied(f"connection lost: {error}") from error
        if not piece:
            raise CompilerDied("the process ended")
        pieces += piece
    return bytes(pieces)
