"""How a controller and a listener make sure of each other before the wire protocol.

Both know a token, which never crosses the wire; each proves that it does by a MAC
over two fresh nonces, so an old answer is worth nothing. Little endian, no padding:

    listener    GREETING   8 bytes "forkrepl", u32 version, u32 verdict (0, or BUSY
                           and nothing follows), 32 bytes nonce
    controller  ANSWER     8 bytes "forkrepl", u32 version, 32 bytes nonce, 32 bytes
                           HMAC-SHA256(token, "client" + listener's nonce + own nonce)
    listener    VERDICT    u32 verdict, 32 bytes HMAC-SHA256(token, "server" +
                           listener's nonce + controller's nonce), zeros if refused

The version is that of the wire protocol. The first twelve bytes of both sides are
the same in all versions; a side that sees another version says its own and goes.
The messages are authenticated, what follows is not and nothing is encrypted: on a
network that others share, go through ssh.
"""

from __future__ import annotations

import enum
import hmac
import secrets
import socket
import struct
import time

from runtime.errors import ExecutorError
from runtime.protocol import wire

MAGIC = b"forkrepl"
NONCE_SIZE = 32

HEAD = struct.Struct("<8sI")  # magic, version
GREETING = struct.Struct("<8sII32s")
ANSWER = struct.Struct("<8sI32s32s")
VERDICT = struct.Struct("<I32s")


class Verdict(enum.IntEnum):
    """What the listener makes of a peer."""

    WELCOME = 0
    BUSY = 1
    WRONG_TOKEN = 2
    NO_EXECUTOR = 3


_REFUSALS: dict[int, str] = {
    Verdict.WRONG_TOKEN: "it has another token (each start of a listener makes a new one)",
    Verdict.NO_EXECUTOR: "it cannot start an executor: its standard error says why",
}


class HandshakeError(ExecutorError):
    """The other side is not, or does not say, what it should."""


class ListenerBusy(HandshakeError):
    """The listener serves somebody else."""


class WrongToken(HandshakeError):
    """The peer's MAC is not right; the peer is told."""


class AnotherVersion(HandshakeError):
    """The sides come from different installations."""


def prove(token: str, role: bytes, listener_nonce: bytes, controller_nonce: bytes) -> bytes:
    """The MAC of a side (``b"client"`` or ``b"server"``)."""
    key = token.encode("utf-8", "surrogateescape")
    return hmac.digest(key, role + listener_nonce + controller_nonce, "sha256")


class ListenerHandshake:
    """The listener's half, for one peer: bytes in, bytes out, no socket."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._nonce = secrets.token_bytes(NONCE_SIZE)
        self._received = b""
        self._proof = b""

    @property
    def greeting(self) -> bytes:
        """What to send first."""
        return GREETING.pack(MAGIC, wire.VERSION, Verdict.WELCOME, self._nonce)

    @property
    def missing(self) -> int:
        """How many bytes are still needed, at least 1, for more than that are too many."""
        return ANSWER.size - len(self._received) + 1

    def receive(self, data: bytes) -> bool:
        """Take what came; whether that completes a proof that the peer has the token.

        Raises HandshakeError, saying what was wrong, as soon as it is clear.
        """
        self._received += data
        _check_head(self._received, "the peer")
        if len(self._received) > ANSWER.size:
            raise HandshakeError("it sent more than an answer")
        if len(self._received) < ANSWER.size:
            return False
        _, _, nonce, proof = ANSWER.unpack(self._received)
        if not hmac.compare_digest(proof, prove(self._token, b"client", self._nonce, nonce)):
            raise WrongToken("it does not know the token")
        self._proof = prove(self._token, b"server", self._nonce, nonce)
        return True

    def welcome(self) -> bytes:
        """The verdict for a peer that has proved itself."""
        return VERDICT.pack(Verdict.WELCOME, self._proof)


def refusal(verdict: Verdict) -> bytes:
    """The verdict for a peer that is not let in."""
    return VERDICT.pack(verdict, bytes(NONCE_SIZE))


def busy_greeting() -> bytes:
    """The greeting for a peer that comes while another is served."""
    return GREETING.pack(MAGIC, wire.VERSION, Verdict.BUSY, bytes(NONCE_SIZE))


def authenticate(connection: socket.socket, token: str, deadline: float) -> None:
    """The controller's half. ``deadline``: of ``time.monotonic()``, in s.

    Raises ListenerBusy, or HandshakeError for any other reason not to go on.
    """
    head = _receive(connection, HEAD.size, deadline)
    try:
        _check_head(head, "the listener")
    except AnotherVersion:
        _send(connection, HEAD.pack(MAGIC, wire.VERSION), deadline)  # so that it can say so too
        raise
    rest = _receive(connection, GREETING.size - HEAD.size, deadline)
    _, _, verdict, listener_nonce = GREETING.unpack(head + rest)
    _check_verdict(verdict)
    nonce = secrets.token_bytes(NONCE_SIZE)
    proof = prove(token, b"client", listener_nonce, nonce)
    _send(connection, ANSWER.pack(MAGIC, wire.VERSION, nonce, proof), deadline)
    verdict, proof = VERDICT.unpack(_receive(connection, VERDICT.size, deadline))
    _check_verdict(verdict)
    if not hmac.compare_digest(proof, prove(token, b"server", listener_nonce, nonce)):
        raise HandshakeError("it does not know the token: it is not the listener you started")


def _check_head(received: bytes, who: str) -> None:
    """Check the head of the message, as far as it has been received."""
    if received[: len(MAGIC)] != MAGIC[: len(received)]:
        raise HandshakeError("it does not speak forkrepl's protocol")
    if len(received) >= HEAD.size:
        _, version = HEAD.unpack_from(received)
        if version != wire.VERSION:
            raise AnotherVersion(
                f"{who} speaks protocol version {version}, this is version {wire.VERSION}: "
                "they come from different installations"
            )


def _check_verdict(verdict: int) -> None:
    if verdict == Verdict.BUSY:
        raise ListenerBusy("it is busy with another session")
    if verdict != Verdict.WELCOME:
        raise HandshakeError(_REFUSALS.get(verdict, f"it refuses, for reason {verdict}"))


def _receive(connection: socket.socket, size: int, deadline: float) -> bytes:
    received = b""
    while len(received) < size:
        try:
            connection.settimeout(_left(deadline))
            piece = connection.recv(size - len(received))
        except TimeoutError:
            raise HandshakeError("it does not answer") from None
        except OSError as error:
            raise HandshakeError(f"it broke off: {error.strerror}") from error
        if not piece:
            raise HandshakeError("it broke off")
        received += piece
    return received


def _send(connection: socket.socket, data: bytes, deadline: float) -> None:
    try:
        connection.settimeout(_left(deadline))
        connection.sendall(data)
    except OSError as error:
        raise HandshakeError(f"it broke off: {error.strerror}") from error


def _left(deadline: float) -> float:
    """Raises TimeoutError when there is nothing left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left
