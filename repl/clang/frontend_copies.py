"""The processes of the Clang frontend: the root, its checkpoints, the copy that parses.

All are forks of one program, see ``repl.clang.frontend``. ``FrontendCopies`` makes a copy
that has parsed given inputs, from the newest checkpoint that has parsed a part of
them. Parsing the others again is begun at once and waited for when the copy is used.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from repl.clang.compiler_process import CompilerProcess
from repl.clang.diagnostics import shorten
from repl.clang.framing import Header, receive_message, send_message
from repl.errors import CompilerDied, CompilerTimeout, SetupError, ShellError
from runtime.keeper import is_readable
from runtime.memory_limit import machine_memory

_SLOW_PARSE = 0.02  # s: worth a checkpoint of its own
_CHECKPOINT_EVERY = 16  # inputs
MOST_CHECKPOINTS = 6

# What may be under way at once: if the answers did not fit into the socket, both sides
# would wait for each other.
_MOST_REPLAYS = 64  # inputs
_MOST_REPLAYED_TEXT = 1 << 15  # bytes


class HiddenDeclaration(Struct, frozen=True):
    """A declaration of an earlier input that another takes the place of.

    ``input`` is counted from 0; ``file``, ``line`` and ``column`` are where Clang
    says that the name is declared.
    """

    input: int
    name: str
    file: str
    line: int
    column: int

    @staticmethod
    def from_json(description: dict[str, Any]) -> HiddenDeclaration:
        """Read the frontend's description; the frontend is trusted to be ours."""
        return HiddenDeclaration(**description)


class AcceptedInput(Struct, frozen=True, eq=False):
    """An input as Clang got it, and what had to be hidden for it.

    ``variables``: if it has includes, the names of the variables that its code defines.
    """

    text: bytes
    hides: tuple[HiddenDeclaration, ...] = ()
    variables: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AcceptedInput):
            return NotImplemented
        return (self.text, self.hides) == (other.text, other.hides)

    def __hash__(self) -> int:
        return hash((self.text, self.hides))

    def request(self, operation: str) -> Header:
        """The header of a message that sends it."""
        return {
            "op": operation,
            "hide": [asdict(hidden) for hidden in self.hides],
            "includes": b"#include" in self.text,
        }


class FrontendCopy:
    """One process; the constructor raises CompilerDied if it has ended. ``length``: how
    many inputs it has parsed, or will have when the replays that were begun are done."""

    def __init__(self, connection: socket.socket, pid: int, length: int) -> None:
        self._connection = connection
        try:
            self._pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            raise CompilerDied("the process ended") from None
        self._replays = 0  # that have not been answered yet
        self.length = length

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return is_readable(self._pidfd, 0)

    @property
    def is_behind(self) -> bool:
        """Whether replays are under way."""
        return self._replays > 0

    def begin_parse(
        self, source: AcceptedInput, *, keeps_value: bool = True, is_whole: bool = False
    ) -> None:
        """Send an input; ``receive`` gets the answer. Raises CompilerDied."""
        request = source.request("parse") | {"keep": keeps_value, "whole": is_whole}
        send_message(self._connection, request, source.text)

    def begin_replays(self, inputs: Sequence[AcceptedInput]) -> None:
        """Send the first of these that were accepted before, as many as may be under
        way. Raises CompilerDied."""
        room = _MOST_REPLAYED_TEXT
        for source in inputs[: _MOST_REPLAYS - self._replays]:
            room -= len(source.text)
            if self._replays and room < 0:
                break
            send_message(self._connection, source.request("replay"), source.text)
            self._replays += 1
            self.length += 1

    def finish_replays(self, limit: float) -> None:
        """Wait for those that have been begun, up to ``limit`` seconds for each.

        Raises CompilerDied, CompilerTimeout, or ShellError if one is now rejected.
        """
        while self._replays:
            reply, _ = self.receive(limit)
            self._replays -= 1
            if not reply.get("ok"):
                raise ShellError(
                    "an input that was accepted before is now rejected (did a file that it "
                    f"includes change?)\n{reply.get('rendered', '')}"
                )

    def send(self, header: Header, text: bytes = b"") -> None:
        """Send a request; ``receive`` gets the answer. Raises CompilerDied."""
        send_message(self._connection, header, text)

    def ask(self, header: Header, text: bytes, limit: float) -> tuple[Header, bytes]:
        """Send a request and wait for its answer, as ``receive``."""
        self.send(header, text)
        return self.receive(limit)

    def receive(self, limit: float = 0) -> tuple[Header, bytes]:
        """Wait for the answer to a request, up to ``limit`` seconds (0: for ever).

        Raises CompilerDied or CompilerTimeout.
        """
        if limit and not is_readable(self._connection, limit):
            raise CompilerTimeout(f"Clang did not finish within {limit:g} s")
        return receive_message(self._connection)

    def fork(self) -> FrontendCopy:
        """A copy of this copy. Raises CompilerDied, or SetupError if there is no room."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                header = {"op": "checkpoint"}
                send_message(self._connection, header, descriptor=theirs.fileno())
            reply, _ = self.receive()
            if not reply.get("ok"):
                raise SetupError(f"the Clang frontend cannot fork: {reply.get('rendered')}")
            return FrontendCopy(ours, int(reply["pid"]), self.length)
        except (ShellError, OSError):
            ours.close()
            raise

    def interrupt(self) -> None:
        """End the process; who waits for its answer in another thread gets CompilerDied."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self._connection.close()
        self.interrupt()
        os.close(self._pidfd)


def _current_folder() -> str | None:
    try:
        return os.getcwd()
    except FileNotFoundError:  # it has been removed
        return None


class FrontendCopies:
    """The root and the checkpoints. Copies that it hands out are the caller's to end."""

    def __init__(
        self,
        program: Path,
        flags: Sequence[str],
        memory_limit: int | None = None,
        folder: str | None = None,
    ) -> None:
        """``memory_limit``: of each process, in bytes; None: half of the machine's.

        ``folder``: where names of files are looked for, the current one if None; it stays
        so, or inputs would mean something else when they are parsed again.
        """
        self.folder = folder or _current_folder()
        self._memory_limit = memory_limit or machine_memory() // 2
        self._program = os.fspath(program)
        self._flags = list(flags)
        self._checkpoints: list[FrontendCopy] = []  # the root first
        self._can_start = False  # has done it, and not failed since
        self._root = self._start_root()

    def wait_until_ready(self) -> None:
        """Wait for Clang to have started. Raises SetupError if it cannot."""
        if self._checkpoints:
            return
        try:
            reply, _ = self._receive_greeting()
        except CompilerDied:
            raise SetupError(
                f"the Clang frontend ({self._program}) does not start: "
                f"{self._root.last_words()}\n"
                "It needs the shared libraries of LLVM and Clang 22 (on Debian: libllvm22 and "
                "libclang-cpp22); 'make setup' installs them"
            ) from None
        if not reply.get("ok"):
            reason = self._root.take_output() or str(reply.get("rendered", ""))
            raise SetupError(shorten(reason.removeprefix("error: ")))
        self._checkpoints.append(FrontendCopy(self._root.connection, self._root.pid, 0))
        self._can_start = True

    def _receive_greeting(self) -> tuple[Header, bytes]:
        while True:
            try:
                return self._root.receive()
            except CompilerDied:
                if not self._can_start:
                    raise
                self._can_start = False  # it was ended from outside; but only once
                self.lose_newest()

    def fork_newest(self) -> FrontendCopy:
        """A copy of the newest checkpoint; the root comes again if it has been lost."""
        while True:
            self.wait_until_ready()
            try:
                return self._checkpoints[-1].fork()
            except CompilerDied:
                self.lose_newest()
            except (SetupError, OSError):
                raise
            except BaseException:  # Ctrl-C: it may still answer, as if to the next request
                self.lose_newest()
                raise

    def fork_root(self) -> FrontendCopy:
        """A copy that has parsed nothing. Raises CompilerDied, or SetupError."""
        self.wait_until_ready()
        try:
            return self._checkpoints[0].fork()
        except (SetupError, OSError):
            raise
        except BaseException:  # it died, or Ctrl-C: see fork_newest
            self.forget(0)
            self.lose_newest()
            raise

    def lose_newest(self) -> None:
        """The newest checkpoint is no good: do without it."""
        if len(self._checkpoints) > 1:
            self._checkpoints.pop().kill()
            return
        lost, self._root = self._root, self._start_root()
        while self._checkpoints:
            self._checkpoints.pop().kill()
        lost.close()

    def forget(self, length: int) -> None:
        """Drop the checkpoints that have parsed more than ``length`` inputs."""
        while self._checkpoints and self._checkpoints[-1].length > length:
            self._checkpoints.pop().kill()

    def keep_if_worthwhile(self, copy: FrontendCopy, parse_time: float, text: bytes = b"") -> None:
        """Make a checkpoint of a copy whose last input took ``parse_time`` seconds.

        Also if that input (``text``) includes a file, which may change or go.
        """
        since = copy.length - self._checkpoints[-1].length
        is_cheap = parse_time < _SLOW_PARSE and b"#include" not in text
        if not since or (is_cheap and since < _CHECKPOINT_EVERY):
            return
        with contextlib.suppress(CompilerDied, SetupError):  # older ones must do
            self._checkpoints.append(copy.fork())
        if len(self._checkpoints) > MOST_CHECKPOINTS:
            self._checkpoints.pop(1).kill()

    def take_output(self) -> str:
        """What the processes have printed since the last call."""
        return self._root.take_output()

    def close(self) -> None:
        """End them."""
        self.forget(-1)
        self._root.close()

    def _start_root(self) -> CompilerProcess:
        # It ends with this process; or else it would end with the thread.
        in_thread = threading.current_thread() is not threading.main_thread()
        how = ["--started-by-thread"] if in_thread else []
        root = CompilerProcess([self._program, *how, *self._flags], self.folder)
        # An endless instantiation shall meet this limit, which copies inherit, and not
        # the machine's.
        most = self._memory_limit
        with contextlib.suppress(OSError):  # it has ended, and says why; or may not
            resource.prlimit(root.pid, resource.RLIMIT_DATA, (most, most))
        return root
