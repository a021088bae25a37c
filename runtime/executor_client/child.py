"""An executor that is a descendant of this process, with checkpoints."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runtime import trace
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client.checkpoint import Checkpoint, Introduction, open_connection
from runtime.executor_client.client import ExecutorClient
from runtime.executor_client.interrupts import DeferredInterrupt
from runtime.executor_client.keeper import Keeper
from runtime.executor_client.memory_limit import limit_memory
from runtime.executor_client.waiting import is_ready
from runtime.protocol import wire
from runtime.protocol.wire import Operation

_LARGE_READ = 1 << 20  # bytes
_PATIENCE = 2.0  # s, for a process that has been killed to be gone
TAKE_OVER_PATIENCE = 5.0  # s, for a checkpoint to wake


class ExecutorProcess(ExecutorClient):
    """Starts the executor and ends it; see ``ExecutorClient``.

    ``begin_checkpoint`` and ``finish_checkpoint`` make a checkpoint, and after the
    executor's end ``take_over`` puts it in its place: the methods then talk to that.
    """

    def __init__(
        self,
        program: Path,
        *,
        standard_input: int | None = None,
        environment: Mapping[str, str] | None = None,
        memory_limit: int | None = None,
    ) -> None:
        """``memory_limit``: bytes that the program may have, see ``limit_memory``."""
        trace.check_setting()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        keepers, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs, its:
                process = subprocess.Popen(
                    [os.fspath(program), str(theirs.fileno()), str(its.fileno())],
                    stdin=standard_input,
                    pass_fds=[theirs.fileno(), its.fileno()],
                    env=environment,
                )
        except OSError as error:
            ours.close()
            keepers.close()
            raise ExecutorError(
                f"cannot start the executor {program}: {error.strerror}; "
                "is there memory and a free process slot (ulimit -u)?"
            ) from error
        super().__init__(ours)
        self._memory_limit = memory_limit
        self._keeper = Keeper(process, keepers)
        self._is_closed = False
        self.ends_forks = False
        """Whether the program's forks end with it, as far as they run no other program."""
        self._pending_checkpoint: socket.socket | None = None  # a checkpoint that is being made
        self._finished_checkpoint: Checkpoint | ExecutorError | None = None  # what became of it
        self._checkpoints: set[Checkpoint] = set()

    def read_memory(self, address: ExecutorAddress, size: int) -> bytes:
        """See ``ExecutorClient``. Much is read from outside: it is copied once, not four times."""
        if _LARGE_READ <= size <= wire.MAX_PAYLOAD:
            data = self._read_from_outside(address, size)
            if len(data) == size:
                return data
        return super().read_memory(address, size)

    def _read_from_outside(self, address: ExecutorAddress, size: int) -> bytes:
        """Nothing where the executor has to be asked: a printer's copy of it is meant, or
        Ctrl-C has been pressed, or the process has ended or may not be looked at."""
        pid = self.pid
        if self._look_at_element is not None or self._interrupt.is_noted:
            return b""
        try:
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                data = os.pread(memory.fileno(), size, address)
        except (OSError, OverflowError):
            return b""
        # Or the number may have become another process's.
        return b"" if self._keeper.has_ended(pid) else data

    def begin_checkpoint(self) -> None:
        """Have the executor make a checkpoint; ``finish_checkpoint`` waits for it."""
        self.greet()
        self._settle_patiently()
        ours, theirs = open_connection()
        try:
            with theirs:
                self._send(wire.HEAD.pack(0, Operation.CHECKPOINT, 0), theirs.fileno())
        except ExecutorDied:
            ours.close()
            raise
        self._pending_checkpoint = ours

    def finish_checkpoint(self) -> Checkpoint:
        """The checkpoint that was begun last.

        Raises ExecutorError if the process cannot be copied (no memory, no process
        slot, no descriptor), ExecutorDied if it has ended.
        """
        self._settle_patiently()
        made, self._finished_checkpoint = self._finished_checkpoint, None
        if not isinstance(made, Checkpoint):
            raise made or ExecutorError("no checkpoint was begun")
        return made

    def take_over(self, checkpoint: Checkpoint) -> Introduction:
        """End what runs now and go on with a checkpoint, as it was when that was made.

        Raises ExecutorDied or ExecutorError if the checkpoint has ended. One that does not
        answer in some seconds, or after Ctrl-C, is ended.
        """
        if self._pending_checkpoint is not None:
            self._pending_checkpoint.close()
            self._pending_checkpoint = None
        self._finished_checkpoint = None
        self._socket.close()
        self._keeper.end(self._pid)
        self._keeper.wait_for_end(self._pid, _PATIENCE)
        self._keeper.unwatch(self._pid)
        self._pid = 0
        self._checkpoints.discard(checkpoint)
        try:
            introduction = checkpoint.meet()
        except ExecutorError:
            checkpoint.discard()
            raise
        self._keeper.watch(introduction.pid)
        self._socket, self._pid = checkpoint.take_connection(), introduction.pid
        self._ended = self._given_up = None
        with self._answering_within(TAKE_OVER_PATIENCE):
            self._ask(Operation.TAKE_OVER, b"")
        return introduction

    def check(self) -> None:
        """Raises ExecutorDied if the process has ended since it was last asked."""
        if self._ended is not None:
            raise self._ended.again()
        self._keeper.read_reports()
        if self._keeper.has_ended(self._pid):
            self._interrupt = DeferredInterrupt()  # Ctrl-C of an earlier request was not why
            self._receive(Operation.HELLO)  # its last words, or the end of the stream
            raise self._find_out_how_it_ended()

    def kill(self) -> None:
        """End the process and its checkpoints now, whatever they are doing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._ended is None:
            self._ended = ExecutorDied(exit_status=None, signal=signal.SIGKILL)
        self._socket.close()
        if self._pending_checkpoint is not None:
            self._pending_checkpoint.close()
        for checkpoint in self._checkpoints:
            checkpoint.discard()
        self._keeper.close(self.ends_forks)

    def _greet(self) -> None:
        super()._greet()
        self._keeper.watch(self._pid)
        limit_memory(self._pid, self._memory_limit)

    def _settle_patiently(self) -> None:
        """Outside of a request. Ctrl-C ends an executor that does not answer."""
        if self._pending_checkpoint is not None:
            with DeferredInterrupt() as self._interrupt:
                self._settle()

    def _settle(self) -> None:
        ours, self._pending_checkpoint = self._pending_checkpoint, None
        if ours is None:
            return
        try:
            self._receive_answer(Operation.CHECKPOINT)
        except ExecutorError as error:
            ours.close()
            self._finished_checkpoint = error
        except BaseException:
            ours.close()
            raise
        else:
            self._finished_checkpoint = Checkpoint(ours)
            kept = {other for other in self._checkpoints if not other.is_discarded}
            self._checkpoints = kept | {self._finished_checkpoint}

    def _stop(self) -> None:
        if self._pid:
            self._keeper.end(self._pid)
        else:  # it never said who it is
            self._keeper.end_all()

    def _wait(self, timeout: float, event: int = select.POLLIN) -> bool:
        pidfd = self._keeper.pidfd(self._pid)
        # Forks of the program's may hold its end of the socket.
        process = [] if pidfd is None else [(pidfd, select.POLLIN)]
        return is_ready([(self._socket, event), *process], timeout)

    def _reap(self, patience: float) -> int | None:
        if not self._pid:  # it never said who it is
            code = self._keeper.wait(patience)
            self._keeper.close()
            return code
        code = self._keeper.wait_for(self._pid, patience)
        if code is None:
            self._keeper.end(self._pid)
            code = self._keeper.wait_for(self._pid, _PATIENCE)
        return code
