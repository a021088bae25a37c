"""The handshake of listener and shell: nobody gets in without the token, and nobody else
is kept out by those who try."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.executor_client.remote import RemoteExecutor
from runtime.protocol import wire
from runtime.protocol.handshake import (
    ANSWER,
    GREETING,
    HEAD,
    MAGIC,
    VERDICT,
    HandshakeError,
    ListenerBusy,
    ListenerHandshake,
    Verdict,
    authenticate,
    busy_greeting,
    prove,
    refusal,
)
from runtime.protocol.listener_address import connect
from tests.support.leaks import wait_for
from tests.support.listener import KINDS, RunningListener, running_listener
from tests.support.program import TIMEOUT
from tests.support.runtime import open_descriptors

TOKEN = "the token of these tests"
NONCE = bytes(range(32))


@pytest.fixture(scope="module", params=KINDS)
def listener(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningListener]:
    """One for all hostile peers."""
    folder = tmp_path_factory.mktemp("listener")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with running_listener(folder, environment, request.param) as found:
        yield found


@pytest.fixture
def peer(listener: RunningListener) -> Iterator[socket.socket]:
    """A connection that has said nothing yet."""
    with connect(listener.listener.address, TIMEOUT) as connection:
        yield connection


def serves_a_good_peer(listener: RunningListener) -> bool:
    with RemoteExecutor(listener.listener) as executor:
        return executor.lookup(["malloc"]) != [0]


def answer_to(greeting: bytes, token: str, nonce: bytes = NONCE) -> bytes:
    """A proper answer, written down a second time."""
    proof = hmac.new(token.encode(), b"client" + greeting[16:] + nonce, hashlib.sha256).digest()
    return b"forkrepl" + struct.pack("<I", wire.VERSION) + nonce + proof


def read_greeting(peer: socket.socket) -> bytes:
    greeting = peer.recv(GREETING.size, socket.MSG_WAITALL)
    assert greeting[:16] == b"forkrepl" + struct.pack("<II", wire.VERSION, 0)
    return greeting


def rest_of(peer: socket.socket) -> bytes:
    """What comes until the listener closes the connection."""
    received = b""
    while True:
        try:
            piece = peer.recv(4096)
        except ConnectionError:
            return received
        if not piece:
            return received
        received += piece


# Peers of a listener.


def test_the_documented_bytes_open_it(listener: RunningListener, peer: socket.socket) -> None:
    greeting = read_greeting(peer)
    peer.sendall(answer_to(greeting, listener.token))
    verdict = peer.recv(VERDICT.size, socket.MSG_WAITALL)
    key = listener.token.encode()
    proof = hmac.new(key, b"server" + greeting[16:] + NONCE, hashlib.sha256).digest()
    assert verdict == bytes(4) + proof
    peer.sendall(wire.HEAD.pack(4, wire.Operation.HELLO, 0) + bytes(4))
    assert peer.recv(wire.HEAD.size, socket.MSG_WAITALL) == wire.HEAD.pack(wire.HELLO.size, 1, 0)


def hostile_answers(greeting: bytes, token: str) -> dict[str, tuple[bytes, str]]:
    """What a peer might say, and what the listener's user is told about it."""
    good = answer_to(greeting, token)
    unlike = "does not speak"
    flipped = bytes([good[-1] ^ 1])
    return {
        "a web browser": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", unlike),
        "a byte": (b"x", unlike),
        "zeros": (bytes(ANSWER.size), unlike),
        "much": (b"forkrepl" * 100_000, "version"),
        "its own greeting": (greeting[:12] + greeting[16:] + bytes(32), "token"),
        "another version": (HEAD.pack(MAGIC, wire.VERSION + 1), "version"),
        "an older version": (HEAD.pack(MAGIC, wire.VERSION - 1), "version"),
        "no version": (HEAD.pack(MAGIC, 0) + good[12:], "version 0, this is"),
        "the largest version": (HEAD.pack(MAGIC, (1 << 32) - 1) + good[12:], "version 4294967295"),
        "another version and more": (
            HEAD.pack(MAGIC, wire.VERSION + 1) + bytes(64),
            f"version {wire.VERSION + 1}, this is version {wire.VERSION}",
        ),
        "too much": (good + b"x", "more than an answer"),
        "a request at once": (good + wire.HEAD.pack(0, 12, 0), "more than an answer"),
        "another token": (answer_to(greeting, TOKEN), "token"),
        "no token": (answer_to(greeting, ""), "token"),
        "a wrong bit": (good[:-1] + flipped, "token"),
        "another role": (
            good[:44] + prove(token, b"server", greeting[16:], NONCE),
            "does not know the token",
        ),
    }


@pytest.mark.parametrize("name", hostile_answers(bytes(GREETING.size), "x"))
def test_hostile_answer(listener: RunningListener, peer: socket.socket, name: str) -> None:
    reported = len(listener.errors)
    answer, complaint = hostile_answers(read_greeting(peer), listener.token)[name]
    with contextlib.suppress(ConnectionError):  # it may be refused before all is said
        peer.sendall(answer)
    word = rest_of(peer)
    assert word in (b"", refusal(Verdict.WRONG_TOKEN))
    assert wait_for(lambda: not listener.executors)
    assert wait_for(lambda: complaint in listener.errors[reported:])
    assert listener.errors[reported:].count("\n") == 1
    assert serves_a_good_peer(listener)


@pytest.mark.parametrize("size", [0, 1, 12, ANSWER.size - 1])
def test_truncated_answer(listener: RunningListener, peer: socket.socket, size: int) -> None:
    reported = len(listener.errors)
    peer.sendall(answer_to(read_greeting(peer), listener.token)[:size])
    peer.shutdown(socket.SHUT_WR)
    assert rest_of(peer) == b""
    assert wait_for(lambda: "broke off" in listener.errors[reported:])
    assert serves_a_good_peer(listener)


def test_replayed_answer(listener: RunningListener) -> None:
    with connect(listener.listener.address, TIMEOUT) as first:
        answer = answer_to(read_greeting(first), listener.token)
        first.sendall(answer)
        verdict = first.recv(VERDICT.size, socket.MSG_WAITALL)
        assert verdict[:4] == bytes(4)
    assert wait_for(lambda: not listener.executors)
    with connect(listener.listener.address, TIMEOUT) as second:
        read_greeting(second)
        second.sendall(answer)
        assert rest_of(second) == refusal(Verdict.WRONG_TOKEN)
    assert serves_a_good_peer(listener)


def test_nonces_are_fresh(listener: RunningListener) -> None:
    seen = set()
    for _ in range(10):
        with connect(listener.listener.address, TIMEOUT) as peer:
            seen.add(read_greeting(peer))
    assert len(seen) == 10


def test_silent_and_slow_peers_keep_nobody_out(listener: RunningListener) -> None:
    with (
        connect(listener.listener.address, TIMEOUT) as silent,
        connect(listener.listener.address, TIMEOUT) as slow,
    ):
        answer = answer_to(read_greeting(slow), listener.token)
        assert serves_a_good_peer(listener)
        try:  # each byte is in time, the whole is not
            for byte in answer:
                slow.sendall(bytes([byte]))
                time.sleep(0.2)
        except ConnectionError:
            pass
        else:
            assert rest_of(slow) == b""
        assert len(rest_of(silent)) == GREETING.size
    assert serves_a_good_peer(listener)


def test_a_crowd_of_silent_peers_keeps_nobody_out(listener: RunningListener) -> None:
    before = listener.descriptors()
    crowd = [connect(listener.listener.address, TIMEOUT) for _ in range(100)]
    try:
        assert serves_a_good_peer(listener)
        assert listener.descriptors() < before + 50
    finally:
        for peer in crowd:
            peer.close()
    assert wait_for(lambda: listener.descriptors() <= before)


def test_a_flood_during_a_session_costs_it_nothing(listener: RunningListener) -> None:
    """Of peers that talk, and of some that go at once."""
    with RemoteExecutor(listener.listener) as executor:
        executor.greet()
        before = listener.descriptors()
        for _ in range(300):
            with (
                contextlib.suppress(ConnectionError),
                connect(listener.listener.address, TIMEOUT) as peer,
            ):
                peer.sendall(bytes(1000))
        assert executor.lookup(["malloc"]) != [0]
        assert wait_for(lambda: listener.descriptors() <= before)
    assert serves_a_good_peer(listener)


def test_a_flood_of_talkers_keeps_nobody_out(listener: RunningListener) -> None:
    """Each says almost all of an answer, and stays."""
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            peer = stack.enter_context(connect(listener.listener.address, TIMEOUT))
            with contextlib.suppress(ConnectionError):
                peer.sendall(answer_to(bytes(GREETING.size), TOKEN)[:-1])
        assert serves_a_good_peer(listener)


def test_an_answer_is_for_one_greeting_and_one_role(listener: RunningListener) -> None:
    """What is right for another connection at the same time opens nothing; nor does what the
    listener itself has said."""
    with (
        connect(listener.listener.address, TIMEOUT) as first,
        connect(listener.listener.address, TIMEOUT) as second,
    ):
        greetings = [read_greeting(peer) for peer in (first, second)]
        second.sendall(answer_to(greetings[0], listener.token))
        assert rest_of(second) == refusal(Verdict.WRONG_TOKEN)
        first.sendall(answer_to(greetings[0], listener.token, nonce=greetings[1][16:]))
        verdict = first.recv(VERDICT.size, socket.MSG_WAITALL)
        assert verdict[:4] == bytes(4)  # a nonce may be any, also the listener's own
    assert wait_for(lambda: not listener.executors)
    with connect(listener.listener.address, TIMEOUT) as third:
        head = HEAD.pack(MAGIC, wire.VERSION)
        read_greeting(third)
        third.sendall(head + greetings[1][16:] + verdict[4:])  # the listener's own proof
        assert rest_of(third) == refusal(Verdict.WRONG_TOKEN)
    assert serves_a_good_peer(listener)


def test_a_peer_that_comes_during_a_session_is_told(listener: RunningListener) -> None:
    with RemoteExecutor(listener.listener) as executor:
        executor.greet()
        with connect(listener.listener.address, TIMEOUT) as second:
            assert rest_of(second) == busy_greeting()
        assert executor.lookup(["malloc"]) != [0]


def test_of_two_peers_that_prove_themselves_one_is_let_in(listener: RunningListener) -> None:
    with (
        connect(listener.listener.address, TIMEOUT) as first,
        connect(listener.listener.address, TIMEOUT) as second,
    ):
        answers = [(p, answer_to(read_greeting(p), listener.token)) for p in (first, second)]
        for peer, answer in answers:
            peer.sendall(answer)
            verdict = peer.recv(VERDICT.size, socket.MSG_WAITALL)
            assert verdict[:4] == struct.pack("<I", 0 if peer is first else Verdict.BUSY)
    assert serves_a_good_peer(listener)


@given(st.binary(max_size=2 * ANSWER.size))
def test_no_bytes_are_an_answer_by_chance(data: bytes) -> None:
    begins_well = HEAD.pack(MAGIC, wire.VERSION).startswith(data[: HEAD.size])
    assume(not begins_well or len(data) < ANSWER.size)
    handshake = ListenerHandshake(TOKEN)
    if begins_well:
        assert not handshake.receive(data)
    else:
        with pytest.raises(HandshakeError, match=r"does not speak|version"):
            handshake.receive(data)


@given(st.binary(min_size=64, max_size=64), st.binary())
def test_no_proof_is_right_by_chance(data: bytes, more: bytes) -> None:
    handshake = ListenerHandshake(TOKEN)
    with pytest.raises(HandshakeError):
        handshake.receive(HEAD.pack(MAGIC, wire.VERSION) + data + more)


@given(st.lists(st.integers(0, ANSWER.size), max_size=10), st.binary(min_size=32, max_size=32))
def test_an_answer_may_come_in_pieces(cuts: list[int], nonce: bytes) -> None:
    handshake = ListenerHandshake(TOKEN)
    answer = answer_to(handshake.greeting, TOKEN, nonce)
    ends = [*sorted(cuts), ANSWER.size]
    starts = [0, *ends[:-1]]
    completed: list[bool] = []
    for start, end in zip(starts, ends, strict=True):
        if start < end or not completed:
            assert handshake.missing > end - start
            completed.append(handshake.receive(answer[start:end]))
    assert completed == [False] * (len(completed) - 1) + [True]


# Listeners that are not what they seem.


def outcome_of(said: bytes, token: str = TOKEN) -> HandshakeError:
    """What a shell makes of a listener that says this and goes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(HandshakeError) as caught:
            authenticate(ours, token, time.monotonic() + TIMEOUT)
    return caught.value


GOOD_GREETING = GREETING.pack(MAGIC, wire.VERSION, 0, NONCE)


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(GOOD_GREETING.__add__)))
def test_no_listener_is_believed_by_chance(said: bytes) -> None:
    assert str(outcome_of(said))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"", "broke off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak"),
        (GOOD_GREETING[:20], "broke off"),
        (GOOD_GREETING, "broke off"),
        (GOOD_GREETING + VERDICT.pack(0, bytes(32)), "not the listener you started"),
        (GOOD_GREETING + refusal(Verdict.WRONG_TOKEN), "another token"),
        (GOOD_GREETING + refusal(Verdict.NO_EXECUTOR), "cannot start"),
        (GOOD_GREETING + VERDICT.pack(77, bytes(32)), "77"),
        (HEAD.pack(MAGIC, 999) + bytes(100), f"version 999, this is version {wire.VERSION}"),
    ],
)
def test_hostile_listener(said: bytes, complaint: str) -> None:
    assert complaint in str(outcome_of(said))


def test_a_busy_listener_is_told_apart() -> None:
    assert isinstance(outcome_of(busy_greeting()), ListenerBusy)
    assert isinstance(outcome_of(GOOD_GREETING + refusal(Verdict.BUSY)), ListenerBusy)


def test_a_listener_that_sends_our_own_proof_back() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(GOOD_GREETING)

        def reflect() -> None:
            answer = theirs.recv(ANSWER.size, socket.MSG_WAITALL)
            theirs.sendall(VERDICT.pack(0, answer[-32:]))

        helper = threading.Thread(target=reflect)
        helper.start()
        with pytest.raises(HandshakeError, match="not the listener"):
            authenticate(ours, TOKEN, time.monotonic() + TIMEOUT)
        helper.join()


def test_a_listener_that_says_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(HandshakeError, match="does not answer"):
        authenticate(ours, TOKEN, time.monotonic() + 0.2)


@pytest.mark.parametrize("version", [0, wire.VERSION - 1, wire.VERSION + 5, (1 << 32) - 1])
def test_both_sides_hear_of_another_version(version: int) -> None:
    """Neither speaks an older one because the other wants it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(HEAD.pack(MAGIC, version) + bytes(36))
        with pytest.raises(HandshakeError, match=f"version {version},"):
            authenticate(ours, TOKEN, time.monotonic() + TIMEOUT)
        assert theirs.recv(100) == HEAD.pack(MAGIC, wire.VERSION)


def test_a_refused_shell_leaves_no_descriptor_open(
    listener: RunningListener, tmp_path: Path
) -> None:
    before = open_descriptors()
    wrong = type(listener.listener)(listener.listener.address, secrets.token_urlsafe())
    for _ in range(3):
        with RemoteExecutor(wrong) as executor, pytest.raises(HandshakeError, match="token"):
            executor.lookup(["malloc"])
    assert open_descriptors() == before
