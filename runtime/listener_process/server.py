"""The listener: gives one peer at a time an executor of its own, and watches both.

A single loop over poll(2). Nobody is waited for: a peer that is slow with its
handshake, or wrong, costs the others nothing.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Sequence, Set

from msgspec import Struct

from runtime.listener_process.log import Log
from runtime.protocol import wire
from runtime.protocol.handshake import (
    HandshakeError,
    ListenerHandshake,
    Verdict,
    WrongToken,
    busy_greeting,
    refusal,
)
from runtime.protocol.listener_address import configure
from runtime.protocol.tokens import without_token
from runtime.protocol.wire import Operation

_HANDSHAKE_TIME = 5.0  # s, all in all
_MOST_PEERS = 16  # in their handshakes
_LAST_WORD_TIME = 2.0  # s, for a peer that does not read, or a debugger that is to end
_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Peer(Struct):
    """A peer whose handshake is not finished. ``deadline``: by ``time.monotonic()``, in s."""

    connection: socket.socket
    name: str
    handshake: ListenerHandshake
    deadline: float


class Signals:
    """A context manager that catches signals: SIGINT, SIGTERM and SIGHUP set ``stop``,
    and these and SIGCHLD make ``wakeup`` readable.

    ``interrupt_is_ours``: otherwise Ctrl-C on the terminal is meant for somebody else.
    """

    def __init__(self) -> None:
        self.stop = False
        self.interrupt_is_ours = True
        self.wakeup, self._written = socket.socketpair()
        self._restore = contextlib.ExitStack()

    def __enter__(self) -> Signals:
        for connection in (self.wakeup, self._written):
            self._restore.enter_context(connection)
            connection.setblocking(False)
        for number in (*_STOPPING_SIGNALS, signal.SIGCHLD):
            handler = signal.getsignal(number)
            if handler != signal.SIG_IGN or number == signal.SIGCHLD:  # as under nohup
                signal.signal(number, self._on_signal)
                self._restore.callback(signal.signal, number, handler)
        before = signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        self._restore.callback(signal.set_wakeup_fd, before)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore.close()

    def wait_until_writable(self, descriptor: int) -> bool:
        """Whether something can be written to a descriptor; False if a signal says to stop before
        that."""
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT)
        poll.register(self.wakeup, select.POLLIN)
        while not self.stop:
            ready = {number for number, _ in poll.poll()}
            self.hear(ready)
            if descriptor in ready:
                return True
        return False

    def hear(self, ready: Set[int]) -> None:
        """Read away what made ``wakeup`` readable, if that is among these descriptors."""
        if self.wakeup.fileno() in ready:
            with contextlib.suppress(BlockingIOError):
                self.wakeup.recv(4096)

    def _on_signal(self, number: int, _: object) -> None:
        if number != signal.SIGCHLD and (number != signal.SIGINT or self.interrupt_is_ours):
            self.stop = True


class _Session:
    """A peer with its executor, both of which may go at any time."""

    def __init__(self, connection: socket.socket, command: Sequence[str]) -> None:
        """Raises OSError if the command cannot be started."""
        self.connection = connection
        # The two processes share this setting, and the executor waits for its requests.
        connection.setblocking(True)
        descriptor = connection.fileno()
        self._process = subprocess.Popen(
            [*command, str(descriptor)], pass_fds=[descriptor], env=without_token(os.environ)
        )

    def has_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def end(self, gently: bool) -> None:
        """End the process, tell the peer how it ended, and end the connection.

        ``gently``: it is a debugger, which has a terminal to clean up.
        """
        if gently and not self.has_ended():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_WORD_TIME)
        self._process.kill()
        status = wire.pack_wait_status(self._process.wait())
        head = wire.HEAD.pack(wire.STATUS.size, Operation.ENDED, 0)
        with self.connection:
            with contextlib.suppress(OSError):  # the peer has gone, or does not read
                self.connection.settimeout(_LAST_WORD_TIME)
                self.connection.sendall(head + wire.STATUS.pack(status))
            with contextlib.suppress(OSError):
                # Also for forks of the user's program that still hold it.
                self.connection.shutdown(socket.SHUT_RDWR)


class ExecutorServer:
    """Serves on a socket that listens, which stays the caller's, as do the signals and the log.

    ``command`` starts an executor, which gets the number of its socket as one more
    argument; ``is_debugger``: by way of a program that shares the terminal.
    """

    def __init__(
        self,
        listening: socket.socket,
        token: str,
        command: Sequence[str],
        signals: Signals,
        log: Log,
        *,
        is_debugger: bool,
    ) -> None:
        self._listening = listening
        self._signals = signals
        self._log = log
        self._token = token
        self._command = command
        self._is_debugger = is_debugger
        self._peers: list[_Peer] = []
        self._session: _Session | None = None
        self._has_served = False

    def serve(self, *, once: bool) -> None:
        """Until a signal says to stop, which ends the session, or ``once`` a session has
        ended."""
        try:
            while not (self._signals.stop or (once and self._has_served)):
                self._step(once)
        finally:
            self._close()

    def _step(self, once: bool) -> None:
        """Wait until something happens and deal with it."""
        ready = self._wait()
        self._signals.hear(ready)
        # First, so that a peer that comes again at once is not told that we are busy.
        session = self._session
        if session and (session.connection.fileno() in ready or session.has_ended()):
            self._end_session(session)
            if once:
                return
        for peer in list(self._peers):
            if peer.connection.fileno() in ready:
                self._hear(peer)
            elif time.monotonic() > peer.deadline:
                self._refuse(peer, "it did not answer in time")
        if self._listening.fileno() in ready:
            self._accept()

    def _wait(self) -> set[int]:
        poll = select.poll()
        poll.register(self._signals.wakeup, select.POLLIN)
        poll.register(self._listening, select.POLLIN)
        for peer in self._peers:
            poll.register(peer.connection, select.POLLIN)
        if self._session is not None:  # what comes there is for the executor
            poll.register(self._session.connection, select.POLLRDHUP)
        deadlines = [peer.deadline for peer in self._peers]
        timeout = max(0.0, min(deadlines) - time.monotonic()) * 1000 + 1 if deadlines else None
        return {descriptor for descriptor, _ in poll.poll(timeout)}

    def _accept(self) -> None:
        try:
            connection, where = self._listening.accept()
        except OSError as error:
            if not isinstance(error, BlockingIOError | ConnectionError):  # no descriptors left
                self._log.add(f"cannot accept a connection: {error.strerror}")
                time.sleep(0.1)
            return
        name = f"{where[0]}:{where[1]}" if isinstance(where, tuple) else "a peer"
        handshake = ListenerHandshake(self._token)
        peer = _Peer(connection, name, handshake, time.monotonic() + _HANDSHAKE_TIME)
        with contextlib.suppress(OSError):  # it has gone, which is heard later
            configure(connection)
        connection.setblocking(False)
        if self._session is not None:
            _send_and_close(connection, busy_greeting())
            return
        if len(self._peers) == _MOST_PEERS:
            self._refuse(self._peers[0], "it did not answer, and others came")
        if _send(connection, handshake.greeting):
            self._peers.append(peer)
        else:
            connection.close()

    def _hear(self, peer: _Peer) -> None:
        try:
            data = peer.connection.recv(peer.handshake.missing)
            if not data:
                raise HandshakeError("it broke off")
            if peer.handshake.receive(data):
                self._peers.remove(peer)
                self._begin_session(peer)
        except WrongToken as error:
            self._refuse(peer, str(error), refusal(Verdict.WRONG_TOKEN))
        except HandshakeError as error:
            self._refuse(peer, str(error))
        except OSError as error:
            self._refuse(peer, f"it broke off: {error.strerror}")

    def _begin_session(self, peer: _Peer) -> None:
        if self._session is not None:
            _send_and_close(peer.connection, refusal(Verdict.BUSY))
            return
        try:
            self._session = _Session(peer.connection, self._command)
        except OSError as error:
            self._log.add(f"cannot start {self._command[0]}: {error.strerror}")
            _send_and_close(peer.connection, refusal(Verdict.NO_EXECUTOR))
            return
        self._signals.interrupt_is_ours = not self._is_debugger
        # If this fails, the peer has gone, as the next poll tells.
        _send(peer.connection, peer.handshake.welcome())

    def _end_session(self, session: _Session) -> None:
        self._session = None
        self._signals.interrupt_is_ours = True
        session.end(self._is_debugger)
        self._has_served = True

    def _refuse(self, peer: _Peer, why: str, last_word: bytes = b"") -> None:
        self._peers.remove(peer)
        _send_and_close(peer.connection, last_word)
        self._log.add(f"refused {peer.name}: {why}")

    def _close(self) -> None:
        for peer in self._peers:
            peer.connection.close()
        self._peers.clear()
        if self._session is not None:
            self._end_session(self._session)


def _send(connection: socket.socket, data: bytes) -> bool:
    """Without waiting: what we send here fits into any buffer. False: the peer is gone."""
    try:
        return connection.send(data, socket.MSG_DONTWAIT) == len(data)
    except OSError:
        return False


def _send_and_close(connection: socket.socket, data: bytes) -> None:
    with connection:
        _send(connection, data)
