"""A program between a shell and its executor, which changes what the executor says.

A listener starts it as its ``--wrapper``: FILE COMMAND... SOCKET. FILE says what to change, as
JSON, one change a line.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import subprocess
import sys

HEAD = struct.Struct("<IHH")  # payload size, operation, error


def forged(frame: bytes, changes: list[dict[str, int | str]]) -> bytes:
    """A frame of the executor's, changed.

    A change has the number of an ``operation``, and the ``word`` that it puts into the payload,
    ``at`` a place or everywhere; or ``payload`` (hexadecimal), all of it; and ``error``.
    """
    _, operation, error = HEAD.unpack_from(frame)
    payload = bytearray(frame[HEAD.size :])
    for change in changes:
        if change["operation"] != operation:
            continue
        error = int(change.get("error", error))
        if "payload" in change:
            payload[:] = bytes.fromhex(str(change["payload"]))
        elif "word" in change:
            word = int(change["word"]).to_bytes(8, "little")
            for at in [int(change["at"])] if "at" in change else range(0, len(payload), 8):
                payload[at : at + 8] = word[: max(len(payload) - at, 0)]
    return HEAD.pack(len(payload), operation, error) + bytes(payload)


def relay(shell: socket.socket, executor: socket.socket, path: str) -> None:
    """Pass on what both say, until one of them goes."""
    received = b""
    while True:
        ready, _, _ = select.select([shell, executor], [], [])
        if shell in ready:
            request = shell.recv(1 << 16)
            if not request:
                return
            executor.sendall(request)
        if executor in ready:
            piece = executor.recv(1 << 16)
            received += piece
            while len(received) >= HEAD.size:
                size = HEAD.size + HEAD.unpack_from(received)[0]
                if len(received) < size:
                    break
                with open(path) as file:
                    changes = [json.loads(line) for line in file]
                shell.sendall(forged(received[:size], changes))
                received = received[size:]
            if not piece:
                return


def main() -> None:
    """See above."""
    path, *command, descriptor = sys.argv[1:]
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen([*command, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    try:
        with socket.socket(fileno=int(descriptor)) as shell, ours:
            relay(shell, ours, path)
    except OSError:  # one of them has gone
        pass
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
