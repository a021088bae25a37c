"""An executor that is a descendant of this process, with checkpoints."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorError, RuntimeFailure
from runtime.executor_client.checkpoint import Checkpoint, Introduction, open_connection
from runtime.executor_client.child_life import ChildLife, start_child
from runtime.executor_client.client import ExecutorClient
from runtime.executor_client.kept_crash import KeptCrashes
from runtime.executor_client.sanitizer_runtime import SanitizerRuntime
from runtime.executor_client.states import Asked, Ended
from runtime.kernel_calls.limits import reason
from runtime.protocol import wire
from runtime.protocol.wire import Operation

_LARGE_READ = 1 << 20  # bytes
TAKE_OVER_PATIENCE = 5.0  # s, for a checkpoint to wake


class ExecutorProcess(ExecutorClient):
    """Starts the executor and ends it; see ``ExecutorClient``.

    ``begin_checkpoint`` and ``finish_checkpoint`` make a checkpoint, and after the
    executor's end ``take_over`` puts it in its place: the methods then talk to that.
    """

    _life: ChildLife

    def __init__(
        self,
        program: Path | Sequence[str],
        *,
        standard_input: int | None = None,
        environment: Mapping[str, str] | None = None,
        memory_limit: int | None = None,
        survives_interrupts: bool = False,
        ends_forks: bool = False,
        keeps_crashes: bool = False,
        sanitizer: SanitizerRuntime | None = None,
    ) -> None:
        """``program``: the executor, or a command that ends with one: the sockets are what it
        is given besides. ``memory_limit``: bytes that the program may have, see ``limit_memory``.
        ``survives_interrupts``: see ``Connection``. ``ends_forks``: the program's forks end with
        it, as far as they run no other program. ``keeps_crashes``: see ``KeptCrashes``.
        ``sanitizer``: what it starts with; the caller closes that."""
        life = start_child(
            program,
            standard_input=standard_input,
            environment=environment,
            memory_limit=memory_limit,
            ends_forks=ends_forks,
            keeps_crashes=keeps_crashes,
            sanitizer=sanitizer,
        )
        super().__init__(life, survives_interrupts=survives_interrupts)
        self._pending_checkpoint: socket.socket | None = None  # a checkpoint that is being made
        self._finished_checkpoint: Checkpoint | ExecutorError | None = None  # what became of it
        self._checkpoints: set[Checkpoint] = set()

    @property
    def crashes(self) -> KeptCrashes | None:
        """What is kept of them; None if nothing is to be."""
        return self._life.crashes

    def show_objects(self, objects: int | None) -> None:
        """Show debuggers what a memfd has (``debug_objects.shown_objects``), or no more."""
        self._connection.ask(Operation.SHOW_OBJECTS, b"", objects)

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
        if not self._connection.state.shows_its_memory:
            return b""
        try:
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                data = os.pread(memory.fileno(), size, address)
        except (OSError, OverflowError):
            return b""
        # Or the number may have become another process's.
        return b"" if self._life.has_ended() else data

    def begin_checkpoint(self) -> None:
        """Have the executor make a checkpoint; ``finish_checkpoint`` waits for it."""
        self._connection.greet()
        self._connection.settle()
        try:
            ours, theirs = open_connection()
        except OSError as error:
            self._finished_checkpoint = ExecutorError(f"no checkpoint can be made: {reason(error)}")
            return
        self._pending_checkpoint = ours
        try:
            with theirs:
                self._connection.ask_ahead(
                    Operation.CHECKPOINT, theirs.fileno(), self._note_checkpoint
                )
        except RuntimeFailure:
            self._drop_pending_checkpoint()
            raise

    def finish_checkpoint(self) -> Checkpoint:
        """The checkpoint that was begun last.

        Raises ExecutorError if the process cannot be copied (no memory, no process
        slot, no descriptor), ExecutorDied if it has ended.
        """
        self._connection.settle()
        made, self._finished_checkpoint = self._finished_checkpoint, None
        if not isinstance(made, Checkpoint):
            raise made or ExecutorError("no checkpoint was begun")
        return made

    def take_over(self, checkpoint: Checkpoint) -> Introduction:
        """End what runs now and go on with a checkpoint, as it was when that was made.

        Raises ExecutorDied or ExecutorError if the checkpoint has ended. One that does not
        answer in some seconds, or after Ctrl-C, is ended.
        """
        self._drop_pending_checkpoint()
        self._finished_checkpoint = None
        self._connection.leave()
        self._life.leave()
        self._checkpoints.discard(checkpoint)
        try:
            introduction = checkpoint.meet()
        except ExecutorError:
            checkpoint.discard()
            raise
        self._life.follow(introduction.pid)
        self._connection.go_on_with(checkpoint.take_connection())
        self._connection.ask(Operation.TAKE_OVER, b"", asked=Asked(TAKE_OVER_PATIENCE))
        return introduction

    def check(self) -> None:
        """Raises ExecutorDied if the process has ended since it was last asked."""
        self._life.read_reports()
        if self._life.has_ended() or isinstance(self._connection.state, Ended):
            self._connection.read_last_words()

    def kill(self) -> None:
        """End the process and its checkpoints now, whatever they are doing."""
        self._drop_pending_checkpoint()
        for checkpoint in self._checkpoints:
            checkpoint.discard()
        super().kill()

    def _note_checkpoint(self, error: BaseException | None) -> None:
        """The executor has answered: its fork will say hello, or there is none."""
        ours, self._pending_checkpoint = self._pending_checkpoint, None
        if ours is None:  # nobody wants it any more
            return
        if error is None:
            self._finished_checkpoint = Checkpoint(ours)
            kept = {other for other in self._checkpoints if not other.is_discarded}
            self._checkpoints = kept | {self._finished_checkpoint}
            return
        ours.close()
        if isinstance(error, ExecutorError):
            self._finished_checkpoint = error

    def _drop_pending_checkpoint(self) -> None:
        if self._pending_checkpoint is not None:
            self._pending_checkpoint.close()
            self._pending_checkpoint = None
