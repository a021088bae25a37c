"""The processes of the Clang frontend: the root, its checkpoints, the copy that parses.

All are forks of one program, see ``repl.clang.frontend``. ``FrontendCopies`` makes a copy
that has parsed given inputs, from the newest checkpoint that has parsed a part of
them. Parsing the others again is begun at once and waited for when the copy is used.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from repl.clang.compiler_process import CompilerProcess
from repl.clang.diagnostics import shorten
from repl.clang.framing import Channel, receive_message, send_message
from repl.clang.inputs import AcceptedInput, texts_of, told_of
from repl.clang.protocol import (
    Fork,
    Forked,
    Greeting,
    Parse,
    Replay,
    Replayed,
    Reply,
    ReplyType,
    Request,
)
from repl.clang.start_folder import StartFolder
from repl.errors import CompilerDied, CompilerTimeout, SetupError, ShellError
from runtime.executor_client.memory_limit import machine_memory
from runtime.executor_client.process_handle import ProcessHandle
from runtime.executor_client.waiting import is_readable
from runtime.kernel_calls.limits import affordable_files

_SLOW_PARSE = 0.02  # s: worth a checkpoint of its own
_CHECKPOINT_EVERY = 16  # inputs
MOST_CHECKPOINTS = 6

# What may be under way at once: if the answers did not fit into the socket, both sides
# would wait for each other.
_MOST_REPLAYS = 64  # inputs
_MOST_REPLAYED_TEXT = 1 << 15  # bytes

_FORK_PATIENCE = 10.0  # s: a copy takes milliseconds
_START_PATIENCE = 60.0  # s, for Clang to start


class FrontendCopy:
    """One process; the constructor raises CompilerDied if it has ended. ``length``: how
    many inputs it has parsed, or will have when the replays that were begun are done; ``told``:
    of how many it knows what they have defined."""

    def __init__(self, channel: Channel, length: int, told: int = 0) -> None:
        self._channel = channel
        try:
            self._process = ProcessHandle(channel.pid)
        except ProcessLookupError:
            raise CompilerDied("the process ended") from None
        self._is_killed = False
        self._replays = 0  # that have not been answered yet
        self.length = length
        self.told = told
        self.errors: list[Reply] = []  # of the request that is being answered

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._is_killed or self._process.has_ended()

    @property
    def is_behind(self) -> bool:
        """Whether replays are under way."""
        return self._replays > 0

    def begin_parse(
        self,
        source: AcceptedInput,
        before: Sequence[AcceptedInput],
        *,
        keeps_value: bool = True,
        is_whole: bool = False,
    ) -> None:
        """Send an input, which comes after those; ``receive`` gets the answer. Raises
        CompilerDied."""
        request = Parse(
            source.hides,
            defined=self._news_of(before),
            includes=b"#include" in source.text,
            keep=keeps_value,
            whole=is_whole,
            read=told_of(source.read),
        )
        self.send(request, source.text + texts_of(source.read))

    def _news_of(self, inputs: Sequence[AcceptedInput]) -> tuple[str, ...]:
        """What they have defined and the process has not been told."""
        news: list[str] = []
        for each in inputs[self.told :]:
            if each.defined is None:
                break
            news += each.defined
            self.told += 1
        return tuple(news)

    def begin_replays(self, inputs: Sequence[AcceptedInput]) -> None:
        """Send the first of these that were accepted before, as many as may be under
        way. Raises CompilerDied."""
        room = _MOST_REPLAYED_TEXT
        for source in inputs[: _MOST_REPLAYS - self._replays]:
            text = source.text + texts_of(source.read)
            room -= len(text)
            if self._replays and room < 0:
                break
            self.send(Replay(source.hides, told_of(source.read)), text)
            self._replays += 1
            self.length += 1

    def finish_replays(self, limit: float) -> None:
        """Wait for those that have been begun, up to ``limit`` seconds for each.

        Raises CompilerDied, CompilerTimeout, or ShellError if one is now rejected.
        """
        while self._replays:
            reply, _ = self.receive(Replayed, limit)
            self._replays -= 1
            if not reply.ok:
                raise ShellError(
                    f"an input that was accepted before is now rejected:\n{reply.text}"
                )

    def send(
        self, request: Request[ReplyType], text: bytes = b"", descriptor: int | None = None
    ) -> None:
        """Send a request; ``receive`` gets the answer. Raises CompilerDied."""
        send_message(self._channel, request, text, descriptor)

    def ask(
        self, request: Request[ReplyType], text: bytes, limit: float
    ) -> tuple[ReplyType, bytes]:
        """Send a request and wait for its answer, as ``receive``."""
        self.send(request, text)
        return self.receive(request.reply_type(), limit)

    def receive(self, kind: type[ReplyType], limit: float = 0) -> tuple[ReplyType, bytes]:
        """Wait for the answer to a request, up to ``limit`` seconds (0: for ever).

        ``kind``: the request's ``reply_type``. Raises CompilerDied or CompilerTimeout; then
        ``errors`` are those that Clang had found by then.
        """
        self.errors = []
        deadline = time.monotonic() + (limit or math.inf)
        while True:
            try:
                left = max(deadline - time.monotonic(), 0)
                reply, blob = receive_message(self._channel, kind, left)
            except CompilerTimeout:
                raise CompilerTimeout(f"Clang did not finish within {limit:g} s") from None
            if not reply.interim:
                return reply, blob
            self.errors.append(reply)

    def answers_by(self, deadline: float) -> bool:
        """Wait until it says something, or for ``deadline``, of ``time.monotonic``."""
        left = max(deadline - time.monotonic(), 0)
        return is_readable(self._channel.connection.fileno(), left)

    def fork(self) -> FrontendCopy:
        """A copy of this copy, which must not be at work.

        Raises CompilerDied, also if it does not answer: then it is ended. Raises SetupError
        if there is no room.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                self.send(Fork(), descriptor=theirs.fileno())
            reply = self._receive_number()
            if not reply.ok:
                raise SetupError(f"the Clang frontend cannot fork: {reply.rendered}")
            channel = Channel(ours, self._channel.trace, reply.pid)
            return FrontendCopy(channel, self.length, self.told)
        except (ShellError, OSError):
            ours.close()
            raise

    def _receive_number(self) -> Forked:
        try:
            return self.receive(Forked, _FORK_PATIENCE)[0]
        except CompilerTimeout:  # stopped, perhaps; should it go on, nobody expects the answer
            self.interrupt()
            raise CompilerDied("a process of Clang's did not answer, and was ended") from None

    def interrupt(self) -> None:
        """End the process; who waits for its answer in another thread gets CompilerDied."""
        if not self._is_killed:
            self._process.kill()

    def kill(self) -> None:
        """End the process, whatever it is doing; a second time nothing happens."""
        if self._is_killed:
            return
        self._is_killed = True
        self._channel.connection.close()
        self._process.kill()
        self._process.close()


class FrontendCopies:
    """The root and the checkpoints. Copies that it hands out are the caller's to end."""

    def __init__(
        self,
        program: Path,
        flags: Sequence[str],
        memory_limit: int | None = None,
        folder: StartFolder | None = None,
    ) -> None:
        """``memory_limit``: of each process, in bytes; None: half of the machine's.

        ``folder``: where names of files are looked for, the current one if None; it stays
        so, or inputs would mean something else when they are parsed again.
        """
        self.folder = StartFolder(folder)
        self._memory_limit = memory_limit or machine_memory() // 2
        self._program = os.fspath(program)
        self.flags = list(flags)
        self._checkpoints: list[FrontendCopy] = []  # the root first
        self._can_start = False  # has done it, and not failed since
        self._start_failure = ""  # why it has never started, once that is known
        try:
            self._root = self._start_root()
        except BaseException:
            self.folder.close()
            raise

    def is_ready(self) -> bool:
        """Whether ``wait_until_ready`` will not wait."""
        is_known = bool(self._checkpoints or self._start_failure)
        return is_known or is_readable(self._root.channel.connection, 0)

    def wait_until_ready(self) -> None:
        """Wait for Clang to have started. Raises SetupError if it cannot."""
        if self._checkpoints:
            return
        if self._start_failure:  # what it has printed was read then
            raise SetupError(self._start_failure)
        try:
            greeting = self._receive_greeting()
        except CompilerDied:
            self._start_failure = (
                f"the Clang frontend ({self._program}) does not start: "
                f"{self._root.last_words()}\n"
                "It needs the shared libraries of LLVM and Clang 22 (on Debian: libllvm22 and "
                "libclang-cpp22); 'make setup' installs them"
            )
            raise SetupError(self._start_failure) from None
        if not greeting.ok:
            reason = self._root.take_output() or greeting.rendered
            self._start_failure = shorten(reason.removeprefix("error: "))
            raise SetupError(self._start_failure)
        self._checkpoints.append(FrontendCopy(self._root.channel, 0))
        self._can_start = True

    def _receive_greeting(self) -> Greeting:
        while True:
            try:
                return self._root.receive(Greeting, _START_PATIENCE)[0]
            except (CompilerDied, CompilerTimeout) as error:
                if self._can_start:
                    self._can_start = False  # it was ended from outside; but only once
                    self.lose_newest()
                elif isinstance(error, CompilerDied):
                    raise
                else:
                    raise SetupError(
                        f"the Clang frontend ({self._program}) has not started within "
                        f"{_START_PATIENCE:g} s"
                    ) from None

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
        """End the newest checkpoint, which has turned out to be unusable."""
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

    def forget_told(self, index: int) -> None:
        """Drop the checkpoints that know what this input has defined."""
        while self._checkpoints and self._checkpoints[-1].told > index:
            self._checkpoints.pop().kill()

    def keep_if_worthwhile(self, copy: FrontendCopy, parse_time: float, text: bytes = b"") -> None:
        """Make a checkpoint of a copy whose last input took ``parse_time`` seconds.

        Also if that input (``text``) includes a file, which may change or go.
        """
        since = copy.length - self._checkpoints[-1].length
        is_cheap = parse_time < _SLOW_PARSE and b"#include" not in text
        if not since or (is_cheap and since < _CHECKPOINT_EVERY):
            return
        # Older ones must do, also where there is no descriptor left for one more.
        with contextlib.suppress(CompilerDied, SetupError, OSError):
            self._checkpoints.append(copy.fork())
        if len(self._checkpoints) > affordable_files(MOST_CHECKPOINTS):
            self._checkpoints.pop(1).kill()

    def keep_after(self, length: int, copy: FrontendCopy) -> None:
        """Make a checkpoint of a copy, which takes the place of the one that has parsed more than
        ``length`` inputs, if there is one."""
        if copy.length > self._checkpoints[-1].length:
            with contextlib.suppress(CompilerDied, SetupError, OSError):
                newest = copy.fork()
                self.forget(length)
                self._checkpoints.append(newest)

    def take_output(self) -> str:
        """What the processes have printed since the last call."""
        return self._root.take_output()

    def close(self) -> None:
        """End them."""
        self.forget(-1)
        self._root.close()
        self.folder.close()

    def _start_root(self) -> CompilerProcess:
        # It ends with this process; or else it would end with the thread.
        in_thread = threading.current_thread() is not threading.main_thread()
        how = ["--started-by-thread"] if in_thread else []
        root = CompilerProcess([self._program, *how, *self.flags], "clang", self.folder.path())
        # An endless instantiation shall meet this limit, which copies inherit, and not
        # the machine's.
        most = self._memory_limit
        with contextlib.suppress(OSError):  # it has ended, and says why; or may not
            resource.prlimit(root.pid, resource.RLIMIT_DATA, (most, most))
        return root
