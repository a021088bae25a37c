"""The life of an executor that is a descendant of this process: its keeper tells how it ended."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from runtime import trace
from runtime.errors import ExecutorError
from runtime.executor_client.keeper import Keeper
from runtime.executor_client.kept_crash import KeptCrashes, open_channel
from runtime.executor_client.memory_limit import limit_memory
from runtime.executor_client.sanitizer_runtime import SanitizerRuntime
from runtime.kernel_calls.limits import reason
from runtime.kernel_calls.program_origin import loadable
from runtime.protocol.tokens import without_token

_PATIENCE = 2.0  # s, for a process that has been killed to be gone


class ChildLife:
    """An ``ExecutorLife``: of a process, and then of the checkpoint that takes its place.

    ``connection``: our end of the process's socket. ``memory_limit``: see ``limit_memory``.
    ``ends_forks``: whether ``close`` ends what the program has forked, too. ``crashes``: what is
    kept of them, None if nothing is to be. ``has_shadow``: there is memory of a sanitizer's, to
    which the limit does not apply.
    """

    announces_end = False
    passes_descriptors = True

    def __init__(
        self,
        keeper: Keeper,
        connection: socket.socket,
        memory_limit: int | None,
        ends_forks: bool,
        crashes: KeptCrashes | None,
        has_shadow: bool = False,
    ) -> None:
        self.pid = 0
        self.crashes = crashes
        self._has_shadow = has_shadow
        self._ends_forks = ends_forks
        self._keeper = keeper
        self._connection = connection
        self._memory_limit = memory_limit

    def connect(self) -> socket.socket:
        """The process has been connected from the start."""
        return self._connection

    def note_pid(self, pid: int) -> None:
        """Watch the process, and limit its memory."""
        self.follow(pid)
        limit_memory(pid, self._memory_limit, is_besides=self._has_shadow)

    def follow(self, pid: int) -> None:
        """Watch this process, which has or inherits its limit of memory."""
        self.pid = pid
        self._keeper.watch(pid)

    def end_descriptor(self) -> int | None:
        """Its pidfd, once it is watched, where there are such."""
        return self._keeper.end_descriptor(self.pid)

    def has_ended(self) -> bool:
        """Whether the process, if it has said who it is, has ended."""
        return self.pid != 0 and self._keeper.has_ended(self.pid)

    def read_reports(self) -> None:
        """Take note of what the keeper has said, so that it does not pile up."""
        self._keeper.read_reports()

    def ask_where(self) -> bool:
        """See ``ExecutorLife``."""
        return self.pid != 0 and self._keeper.send(self.pid, signal.SIGSYS)

    def stop(self) -> None:
        """See ``ExecutorLife``."""
        if self.pid:
            self._keeper.end(self.pid)
        else:  # it never said who it is
            self._keeper.end_all()

    def reap(self, patience: float) -> int | None:
        """See ``ExecutorLife``."""
        if not self.pid:  # it never said who it is
            code = self._keeper.wait(patience)
            self._keeper.close()
            return code
        code = self._keeper.wait_for(self.pid, patience)
        if code is None and not self._keeper.has_ended(self.pid):
            self._keeper.end(self.pid)
            code = self._keeper.wait_for(self.pid, _PATIENCE)
        return code

    def leave(self) -> None:
        """End the process without asking how it ended: another will be followed."""
        self._keeper.end(self.pid)
        self._keeper.wait_for_end(self.pid, _PATIENCE)
        self._keeper.unwatch(self.pid)
        self.pid = 0

    def close(self) -> None:
        """See ``ExecutorLife``. Its keeper ends, too, and with it the program's forks, where
        that is wanted."""
        self._connection.close()
        if self.crashes is not None:
            self.crashes.close()
        self._keeper.close(self._ends_forks)


def start_child(
    program: Path | Sequence[str],
    *,
    standard_input: int | None,
    environment: Mapping[str, str] | None,
    memory_limit: int | None,
    ends_forks: bool,
    keeps_crashes: bool,
    sanitizer: SanitizerRuntime | None,
) -> ChildLife:
    """Start a keeper, and with it an executor. ``program``: see ``ExecutorProcess``. Raises
    ExecutorError."""
    trace.check_setting()
    command = [os.fspath(program)] if isinstance(program, Path) else list(program)
    environment = without_token(os.environ if environment is None else environment)
    if sanitizer is not None:
        environment = sanitizer.environment(environment)
    environment = loadable(Path(command[-1]), environment)
    with ExitStack() as ours, ExitStack() as theirs:
        pairs = [socket.socketpair(), socket.socketpair()]
        if keeps_crashes:
            pairs.append(open_channel())
        for mine, its in pairs:
            ours.enter_context(mine)
            theirs.enter_context(its)
        passed = [its.fileno() for _, its in pairs]
        reports = [] if sanitizer is None else [sanitizer.fileno()]
        try:
            process = subprocess.Popen(
                [*command, *map(str, passed)],
                stdin=standard_input,
                pass_fds=[*passed, *reports],
                env=environment,
            )
        except OSError as error:
            raise ExecutorError(
                f"cannot start the executor {shlex.join(command)}: {reason(error)}"
            ) from error
        ours.pop_all()
    connection, keepers = (mine for mine, _ in pairs[:2])
    crashes = KeptCrashes(pairs[2][0], process.pid) if keeps_crashes else None
    has_shadow = sanitizer is not None
    return ChildLife(
        Keeper(process, keepers), connection, memory_limit, ends_forks, crashes, has_shadow
    )
