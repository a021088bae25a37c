"""A controller that says anything: what the executor does not understand, it refuses.

Requests that use addresses are left out, except those that check them: a controller may
have any code run, so it can crash the program as well.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import struct
import subprocess
from pathlib import Path
from random import Random

from repl import native_programs
from runtime.protocol import wire
from runtime.protocol.wire import Operation
from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import damaged, some_bytes, some_number

_WITHOUT_ADDRESSES = (
    Operation.HELLO,
    Operation.LOOKUP,
    Operation.LOOKUP_THREAD_LOCAL,
    Operation.DESCRIBE,
    Operation.THREAD_AREA,
    Operation.READ,
    Operation.RESERVE,
    Operation.SET_ARGUMENTS,
    Operation.OPEN_EXPORTS,
    Operation.LOAD_LIBRARY,
    Operation.CHECKPOINT,
    Operation.NAME,
    Operation.RESUME,
    Operation.SHOW_OBJECTS,
    Operation.REDIRECT,
    Operation.TOGETHER,
)
_NAMES = (b"malloc\0", b"\0", b"errno\0", b"x" * 5000 + b"\0", b"\xff\0", b"environ", b"puts\0")
_LONGEST_REQUEST = 1 << 20  # bytes, about
_MOST_HEARD = 1 << 28  # bytes
_HELLO = wire.frame(Operation.HELLO, wire.VERSION.to_bytes(4, "little"))


class RequestsWorld:
    """A case is what is sent, in pieces, and then nothing more. It has an executor of its
    own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        chosen = os.environ.get("FORKREPL_FUZZED_EXECUTOR")
        self._program = os.path.abspath(chosen or native_programs.executor())

    def make(self, random: Random) -> Case:
        """Frames that are nearly right."""
        return [_some_frame(random, 3) for _ in range(random.randint(1, 6))]

    def try_case(self, case: Case) -> str:
        """It answers, refuses or goes; it does not crash."""
        ours, theirs = socket.socketpair()
        errors = self._folder / "errors"
        with ours, errors.open("wb") as file:
            with theirs:
                process = subprocess.Popen(
                    [self._program, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=file,
                )
            try:
                answers = _talk(ours, [_HELLO, *case])
                ours.close()
                status = process.wait()
            finally:
                process.kill()
                process.wait()
        told = errors.read_text("utf-8", "replace")
        assert status == 0, f"it ended with {status}\n{told}"
        assert answers >= 1, "it did not answer the first request"
        assert not re.search("Sanitizer|runtime error", told), told
        return f"{min(answers, 4)} answers"

    def close(self) -> None:
        """Nothing is open."""


def _talk(connection: socket.socket, pieces: list[bytes]) -> int:
    """Say all of it, and hear how many answers there are."""
    with contextlib.suppress(OSError):  # it has gone
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
    return _count_answers(connection)


def _count_answers(connection: socket.socket) -> int:
    """Those that come before the end, or before it is enough: thousands of requests to read
    64 MiB are no mistake of the executor's."""
    answers = heard = 0
    with contextlib.suppress(ConnectionResetError), connection.makefile("rb") as answered:
        while heard < _MOST_HEARD and len(head := answered.read(wire.HEAD.size)) == wire.HEAD.size:
            size, _, _ = wire.HEAD.unpack(head)
            assert size <= wire.MAX_PAYLOAD, f"an answer of {size} bytes"
            heard += len(answered.read(size))
            answers += 1
    return answers


def _some_frame(random: Random, depth: int) -> bytes:
    operation = random.choice(_WITHOUT_ADDRESSES)
    payload = _payload(random, operation, depth)
    if random.random() < 0.3:
        payload = damaged(random, payload, _NAMES)
    number = operation if random.random() < 0.95 else random.randint(39, 0xFFFF)
    size = len(payload)
    if random.random() < 0.05:
        size = random.choice([0, size + 1, size - 1, wire.MAX_PAYLOAD + 1, (1 << 32) - 1])
    error = 0 if random.random() < 0.9 else random.getrandbits(16)
    return wire.HEAD.pack(size % (1 << 32), number, error) + payload


def _payload(random: Random, operation: Operation, depth: int) -> bytes:
    if operation == Operation.TOGETHER and depth:
        frames = [_some_frame(random, depth - 1) for _ in range(random.randint(0, 3))]
        together = b"".join(frames)
        times = random.choice([1, 1, 1, 2, 2000])
        return together * times if len(together) * times < _LONGEST_REQUEST else together
    if operation == Operation.RESERVE:
        size = random.choice([0, 1, 4096, 1 << 20, 1 << 62, (1 << 64) - 1])
        return struct.pack("<QQQ", size, random.randint(0, 1), random.randint(0, 3))
    if operation == Operation.READ:
        size = random.choice([0, 1, 4096, wire.MAX_PAYLOAD, wire.MAX_PAYLOAD + 1, (1 << 64) - 1])
        return some_number(random, 8) + struct.pack("<Q", size)
    if operation == Operation.LOAD_LIBRARY:
        return random.choice([b"libm.so.6\0", b"./none\0", b"/dev/null\0", b"", b"."]) + b"\0"
    if operation == Operation.OPEN_EXPORTS:
        return b"\x7fELF\2\1\1" + some_bytes(random, 200)
    if random.random() < 0.7:
        return b"".join(random.choices(_NAMES, k=random.randint(0, 5)))
    return some_bytes(random, 100)


TARGET = Target("requests", "a controller that says anything", RequestsWorld, 30)
