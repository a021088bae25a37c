"""An executor that says anything: a program can make it do so."""

from __future__ import annotations

import contextlib
import os
import struct
import tempfile
from pathlib import Path
from random import Random

from runtime.errors import ExecutorDied, ExecutorError
from runtime.protocol import crash, wire
from runtime.protocol.wire import Operation
from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import damaged, some_bytes, some_number
from tests.support.executor import methods, start_peer
from tests.support.runtime import open_descriptors

_REPLY = struct.Struct("<?hHi")
"""Whether the operation is the one that was asked for plus a number, or that number; the
number; the error; what the head says of the size beyond the payload's."""

_HELLO = b"hello"
"""A piece: it introduces itself as it should."""

_BODY = """
for is_answer, number, error, more, payload in {replies!r}:
    asked = take()
    send((asked * is_answer + number) % 65536, payload, error, max(len(payload) + more, 0))
    if more:
        break  # the controller may rightly wait for the rest, or for the end
"""


class RepliesWorld:
    """A case is methods that are called, after a ``?``, and answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._methods = methods()

    def make(self, random: Random) -> Case:
        """Mostly answers that are nearly right."""
        names = random.choices(sorted(self._methods), k=random.randint(1, 4))
        hello = [_HELLO] if random.random() < 0.9 else []
        return [
            *(b"?" + name.encode() for name in names),
            *hello,
            *(_some_reply(random) for _ in range(random.randint(0, 5))),
        ]

    def try_case(self, case: Case) -> str:
        """Each answer is taken for one or for an error, and nothing is left."""
        asked = [piece[1:].decode() for piece in case if piece.startswith(b"?")]
        replies = [
            (*_REPLY.unpack_from(piece), piece[_REPLY.size :])
            for piece in case
            if not piece.startswith(b"?") and piece != _HELLO
        ]
        body = ("greet()" if _HELLO in case else "") + _BODY.format(replies=replies)
        before = open_descriptors()
        ended = "answered"
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            with start_peer(Path(folder), body) as process, contextlib.suppress(ExecutorDied):
                for name in asked:
                    try:
                        self._methods[name](process)
                    except ExecutorError as error:
                        ended = type(error).__name__
            assert not os.path.exists(f"/proc/{process.pid}"), "the process is left"
        assert open_descriptors() == before, "descriptors are left"
        return ended

    def close(self) -> None:
        """Nothing is open."""


def _some_reply(random: Random) -> bytes:
    is_answer, number, payload = _good_reply(random)
    if random.random() < 0.5:
        payload = damaged(random, payload)
    if random.random() < 0.2:
        number += random.choice([1, -1, 14, 17, 18, 19])
    error = random.choice([0] * 9 + [1, 12, 0xFFFF])
    more = random.choice([0] * 9 + [1, -1, 1000, wire.MAX_PAYLOAD + 1, (1 << 31) - 1])
    return _REPLY.pack(is_answer, number, error, more) + payload


def _good_reply(random: Random) -> tuple[bool, int, bytes]:
    """Whether it answers what was asked; otherwise its operation; the payload."""
    text = random.choice([b"std::runtime_error", b"\x1b[31m", b"\xff\xfe", b"", b"x" * 5000])
    word = some_number(random, 8)
    kind = random.randrange(9)
    if kind == 0:
        return True, 0, b"".join(some_number(random, 8) for _ in range(random.randint(0, 4)))
    if kind == 1:
        return True, 0, wire.OUTCOME.pack(0, 0, 0, 0, 0)
    if kind == 2:
        thrown = wire.EXCEPTION.pack(len(text), 3, 1, 1) + text + b"abc" + _frame(random)
        return True, 0, wire.OUTCOME.pack(1, random.randint(0, 7), 0, 1, 0) + thrown
    if kind == 3:
        value = word + some_number(random, 8) + word
        return False, Operation.VALUE, value + struct.pack("<II", random.randint(0, 6), 4) + b"abcd"
    if kind == 4:
        return False, Operation.ELEMENT, word + bytes([1] + [0] * 7) + text
    if kind == 5:
        return True, 0, wire.PRINTED.pack(random.randint(0, 7), random.randint(-1, 65)) + text
    if kind == 6:
        about = (random.randint(0, 70), 1, 0, 4, 0x1000, 0x2000, os.getpid(), 0, 0, 0)
        crashed = crash.CRASH.pack(*about)
        details = crash.DETAILS.pack(1, 0, 1, 1, 1, 1, 0, 0)
        details += crash.MAPPING.pack(0x1000, 0x2000, 5, len(text)) + text + _frame(random)
        details = damaged(random, details) if random.random() < 0.5 else details
        head = wire.HEAD.pack(len(details), Operation.CRASH_DETAILS, 0)
        return False, Operation.CRASHED, crashed + head + details
    if kind == 7:
        unasked = random.choice([Operation.EXITING, Operation.ENDED, Operation.CHECKPOINT])
        return False, unasked, some_number(random, 4)
    return True, 0, some_bytes(random, 80)


def _frame(random: Random) -> bytes:
    numbers = struct.unpack("<QQ", some_number(random, 8) + some_number(random, 8))
    return struct.pack("<QQIIII", *numbers, 1, 4, 4, 0) + b"libcmain"


TARGET = Target("replies", "an executor that says anything", RepliesWorld, 30)
