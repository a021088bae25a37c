"""What a connection allows while a question is out, a value is looked at, or an answer is owed.

The other side is a thread, so nothing here depends on an executor.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client.connection import Connection
from runtime.executor_client.states import IDLE, NEW, Asked, Ended, Owing, Printing, Running, State
from runtime.protocol import wire
from runtime.protocol.machine import OWN_MACHINE
from runtime.protocol.wire import Operation

PID = 4711
VALUE = bytes(wire.VALUE.size)
ELEMENT = bytes(wire.ELEMENT.size)


class Peer:
    """The other side. ``connection``: its end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def take(self, expected: Operation) -> bytes:
        head = self._connection.recv(wire.HEAD.size, socket.MSG_WAITALL)
        size, operation, _ = wire.HEAD.unpack(head)
        assert operation == expected
        return self._connection.recv(size, socket.MSG_WAITALL) if size else b""

    def send(self, operation: Operation, payload: bytes = b"", error: int = 0) -> None:
        self._connection.sendall(wire.HEAD.pack(len(payload), operation, error) + payload)

    def answer(self, operation: Operation, payload: bytes = b"", error: int = 0) -> None:
        self.take(operation)
        self.send(operation, payload, error)

    def greet(self) -> None:
        self.answer(Operation.HELLO, wire.HELLO.pack(wire.VERSION, PID, 4096, OWN_MACHINE))


class FakeLife:
    """An ``ExecutorLife`` without a process: it ends with its socket."""

    announces_end = False
    passes_descriptors = False

    def __init__(self, connection: socket.socket) -> None:
        self.pid = 0
        self.calls: list[str] = []
        self._connection = connection

    def connect(self) -> socket.socket:
        return self._connection

    def note_pid(self, pid: int) -> None:
        self.pid = pid

    def end_descriptor(self) -> None:
        return None

    def ask_where(self) -> bool:
        return False

    def stop(self) -> None:
        self.calls.append("stop")
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def reap(self, patience: float) -> int | None:
        self.calls.append("reap")
        return None

    def close(self) -> None:
        self._connection.close()


Script = Callable[[Peer], None]


@contextmanager
def connected(script: Script) -> Iterator[tuple[Connection, FakeLife]]:
    """A connection to a thread that greets and does ``script``, which must come to its end."""
    ours, theirs = socket.socketpair()
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            peer = Peer(theirs)
            peer.greet()
            script(peer)
        except BaseException as error:
            wrong.append(error)
            theirs.close()

    life = FakeLife(ours)
    connection = Connection(life)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        with theirs:
            yield connection, life
            thread.join()
    finally:
        connection.close()
        thread.join()
    assert not wrong


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_question_greets() -> None:
    def script(peer: Peer) -> None:
        peer.answer(Operation.LOOKUP, b"found")

    with connected(script) as (connection, life):
        assert connection.state is NEW
        assert connection.ask(Operation.LOOKUP, b"") == b"found"
        assert connection.state is IDLE
        assert life.pid == PID


def test_nothing_is_asked_while_an_answer_is_awaited() -> None:
    """As a signal handler of the host's could."""
    refused: list[str] = []

    class Meddler(Asked):
        @property
        def is_overdue(self) -> bool:
            if not refused:
                with pytest.raises(ExecutorError) as error:
                    connection.ask(Operation.READ, b"")
                refused.append(str(error.value))
                may_answer.set()
            return False

    may_answer = threading.Event()

    def script(peer: Peer) -> None:
        peer.take(Operation.LOOKUP)
        may_answer.wait()
        peer.send(Operation.LOOKUP, b"found")

    with connected(script) as (connection, _):
        connection.greet()
        assert connection.ask(Operation.LOOKUP, b"", asked=Meddler()) == b"found"
        assert refused == ["read: the executor has not answered yet"]
        assert connection.state is IDLE


def test_a_program_that_waits_answers_questions() -> None:
    def script(peer: Peer) -> None:
        peer.take(Operation.RUN)
        peer.send(Operation.VALUE, VALUE)
        peer.answer(Operation.READ, b"memory")
        peer.take(Operation.RESUME)
        peer.send(Operation.RUN, b"outcome")

    seen: list[object] = []
    with connected(script) as (connection, _):

        def look(value: object) -> None:
            before = connection.state
            seen.append(connection.ask(Operation.READ, b""))
            assert connection.state is before
            assert before.shows_its_memory

        running = Running(look)
        assert connection.ask(Operation.RUN, b"", asked=running) == b"outcome"
        running.raise_failure()
        assert connection.state is IDLE
    assert seen == [b"memory"]


def test_what_looking_raises_is_kept_until_the_answer() -> None:
    def script(peer: Peer) -> None:
        peer.take(Operation.RUN)
        for _ in range(2):
            peer.send(Operation.VALUE, VALUE)
            assert peer.take(Operation.RESUME) == b""
        peer.send(Operation.RUN, b"outcome")

    looks: list[object] = []

    def look(value: object) -> None:
        looks.append(value)
        raise ZeroDivisionError

    with connected(script) as (connection, _):
        running = Running(look)
        assert connection.ask(Operation.RUN, b"", asked=running) == b"outcome"
        assert len(looks) == 1  # after that nobody wants to know
        with pytest.raises(ZeroDivisionError):
            running.raise_failure()


def test_a_copy_that_prints_is_not_the_program() -> None:
    def script(peer: Peer) -> None:
        peer.take(Operation.PRINT)
        for more in (1, 0):
            peer.send(Operation.ELEMENT, ELEMENT)
            assert peer.take(Operation.RESUME) == wire.WORD.pack(more)
        peer.send(Operation.PRINT, b"printed")

    states: list[State] = []

    def look(address: object, text: object) -> bool:
        states.append(connection.state)
        return len(states) < 2

    with connected(script) as (connection, _):
        assert connection.ask(Operation.PRINT, b"", asked=Printing(look)) == b"printed"
        assert connection.state is IDLE
    assert [state.shows_its_memory for state in states] == [False, False]


def test_ctrl_c_ends_the_looking_and_not_the_program() -> None:
    def script(peer: Peer) -> None:
        peer.take(Operation.RUN)
        peer.send(Operation.VALUE, VALUE)
        peer.take(Operation.RESUME)
        peer.send(Operation.RUN)
        peer.answer(Operation.LOOKUP)

    def look(value: object) -> None:
        press_ctrl_c()
        assert not connection.state.shows_its_memory
        connection.ask(Operation.READ, b"")
        raise AssertionError("what is asked after Ctrl-C is refused")

    with connected(script) as (connection, life):
        running = Running(look)
        with pytest.raises(KeyboardInterrupt):
            connection.ask(Operation.RUN, b"", asked=running)
        assert running.failure is None
        assert connection.state is IDLE
        connection.ask(Operation.LOOKUP, b"")
        assert life.calls == []


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (Asked, Operation.VALUE),
        (Asked, Operation.ELEMENT),
        (lambda: Running(None), Operation.ELEMENT),
        (lambda: Printing(lambda _, __: True), Operation.VALUE),
    ],
)
def test_what_is_shown_at_the_wrong_time_breaks_the_protocol(
    asked: Callable[[], Asked], sent: Operation
) -> None:
    def script(peer: Peer) -> None:
        peer.take(Operation.RUN)
        peer.send(sent, VALUE if sent == Operation.VALUE else ELEMENT)

    with connected(script) as (connection, life):
        with pytest.raises(ExecutorError, match="broke the protocol"):
            connection.ask(Operation.RUN, b"", asked=asked())
        assert isinstance(connection.state, Ended)
        assert life.calls == ["stop", "reap"]
        with pytest.raises(ExecutorDied):
            connection.ask(Operation.LOOKUP, b"")


def test_an_answer_that_is_owed_is_read_before_the_next_question() -> None:
    def script(peer: Peer) -> None:
        peer.answer(Operation.CHECKPOINT)
        peer.answer(Operation.LOOKUP, b"found")
        peer.answer(Operation.CHECKPOINT, b"no memory", error=5)

    noted: list[BaseException | None] = []
    with connected(script) as (connection, _), open(os.devnull, "rb") as file:
        connection.greet()
        connection.ask_ahead(Operation.CHECKPOINT, file.fileno(), noted.append)
        assert isinstance(connection.state, Owing)
        assert connection.ask(Operation.LOOKUP, b"") == b"found"
        assert noted == [None]
        connection.ask_ahead(Operation.CHECKPOINT, file.fileno(), noted.append)
        connection.settle()
        assert str(noted[1]) == "no memory"
        assert connection.state is IDLE


def test_ctrl_c_while_it_is_greeted_leaves_a_process_that_is_known() -> None:
    ours, theirs = socket.socketpair()
    life = FakeLife(ours)
    connection = Connection(life)

    def greet() -> None:
        peer = Peer(theirs)
        peer.take(Operation.HELLO)
        press_ctrl_c()
        peer.send(Operation.HELLO, wire.HELLO.pack(wire.VERSION, PID, 4096, OWN_MACHINE))

    thread = threading.Thread(target=greet)
    thread.start()
    with theirs:
        with pytest.raises(KeyboardInterrupt):
            connection.greet()
        thread.join()
        assert life.pid == PID
        assert connection.state is IDLE
        connection.close()


def test_what_a_handler_of_the_hosts_raises_ends_the_process() -> None:
    """Its answer would be taken for that of the next question."""

    class Impatient(Asked):
        @property
        def is_overdue(self) -> bool:
            raise TimeoutError

    def script(peer: Peer) -> None:
        peer.take(Operation.LOOKUP)

    with connected(script) as (connection, life):
        with pytest.raises(TimeoutError):
            connection.ask(Operation.LOOKUP, b"", asked=Impatient())
        assert isinstance(connection.state, Ended)
        assert life.calls == ["stop", "reap"]
