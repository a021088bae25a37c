"""Both sides of the handshake, and a listener, against peers that say anything."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random

from runtime.executor_client.remote import RemoteExecutor
from runtime.protocol import wire
from runtime.protocol.handshake import (
    ANSWER,
    GREETING,
    MAGIC,
    NONCE_SIZE,
    VERDICT,
    HandshakeError,
    ListenerHandshake,
    authenticate,
    prove,
)
from runtime.protocol.listener_address import connect
from tests.fuzz.cases import Case, Target
from tests.fuzz.damage import damaged
from tests.support.listener import running_listener

_TOKEN = "the token of these cases"
_SIDES = (b"listener", b"controller", b"running listener")
_GOOD = b"<good>"
"""A piece that stands for what a good peer would say."""


class HandshakeWorld:
    """A case is who is talked to, and what is said to it in pieces."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
        self._running = self._stack.enter_context(running_listener(folder, environment, "unix"))

    def make(self, random: Random) -> Case:
        """Good messages, damaged and cut into pieces, and any bytes."""
        side = random.choices(_SIDES, (6, 6, 1))[0]
        nonce = random.randbytes(NONCE_SIZE)
        if side == b"controller":
            said = GREETING.pack(MAGIC, wire.VERSION, random.choice([0, 0, 0, 1, 2, 3, 9]), nonce)
            said += VERDICT.pack(random.choice([0, 0, 0, 1, 2, 3, 9]), nonce)
        else:
            said = ANSWER.pack(MAGIC, wire.VERSION, nonce, nonce)
        for _ in range(random.choice([0, 1, 1, 2, 3])):
            said = damaged(random, said, (MAGIC, nonce, b"\0" * 16))
        if random.random() < 0.2:
            return [side, _GOOD, said[: random.choice([0, 1, 100])]]
        cuts = sorted(random.sample(range(len(said) + 1), min(2, len(said))))
        return [side, *(said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True))]

    def try_case(self, case: Case) -> str:
        """Only who knows the token gets in."""
        side, *pieces = case
        try:
            if side == b"listener":
                return _listener(pieces)
            if side == b"controller":
                return _controller(pieces)
            return self._running_listener(pieces) if side == b"running listener" else "nothing"
        except HandshakeError as error:
            told = error
        assert str(told).isprintable(), told
        return f"{side.decode()}: {type(told).__name__}"

    def _running_listener(self, pieces: list[bytes]) -> str:
        listener = self._running.listener
        with connect(listener.address, 10) as peer:
            greeting = peer.recv(GREETING.size, socket.MSG_WAITALL)
            assert len(greeting) == GREETING.size
            with suppress(OSError):
                for piece in pieces:
                    peer.sendall(_good_answer(greeting, "") if piece == _GOOD else piece)
                peer.shutdown(socket.SHUT_WR)
                verdict = peer.recv(VERDICT.size, socket.MSG_WAITALL)
                assert not verdict or verdict[:4] != bytes(4), "it let a stranger in"
        with RemoteExecutor(listener) as executor:
            assert executor.lookup(["malloc"]) != [0]
        return "running listener: goes on"

    def close(self) -> None:
        """The listener ends; raises if it leaves anything."""
        self._stack.close()


def _good_answer(greeting: bytes, token: str) -> bytes:
    nonce = bytes(NONCE_SIZE)
    proof = prove(token, b"client", greeting[16:], nonce)
    return ANSWER.pack(MAGIC, wire.VERSION, nonce, proof)


def _listener(pieces: list[bytes]) -> str:
    handshake = ListenerHandshake(_TOKEN)
    good = _good_answer(handshake.greeting, _TOKEN)
    said = b"".join(good if piece == _GOOD else piece for piece in pieces)
    is_in = False
    for piece in pieces:
        is_in = handshake.receive(good if piece == _GOOD else piece)
        assert handshake.missing > 0
    assert is_in == (said == good), "it let a stranger in"
    return f"listener: {'in' if is_in else 'waits'}"


def _controller(pieces: list[bytes]) -> str:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for piece in pieces:
            theirs.sendall(piece)
        theirs.shutdown(socket.SHUT_WR)
        authenticate(ours, _TOKEN, time.monotonic() + 5)
    raise AssertionError("it believes a listener that does not know the token")


TARGET = Target("handshake", "a listener, a controller, any peers", HandshakeWorld, 30)
