"""The life of an executor that is a descendant of this process: its keeper tells how it ended."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runtime import trace
from runtime.errors import ExecutorError
from runtime.executor_client.keeper import Keeper
from runtime.executor_client.memory_limit import limit_memory
from runtime.executor_client.sanitizer_runtime import SanitizerRuntime

_PATIENCE = 2.0  # s, for a process that has been killed to be gone


class ChildLife:
    """An ``ExecutorLife``: of a process, and then of the checkpoint that takes its place.

    ``connection``: our end of the process's socket. ``memory_limit``: see ``limit_memory``.
    ``ends_forks``: whether ``close`` ends what the program has forked, too. ``has_shadow``:
    there is memory of a sanitizer's, to which the limit does not apply.
    """

    announces_end = False
    passes_descriptors = True

    def __init__(
        self,
        keeper: Keeper,
        connection: socket.socket,
        memory_limit: int | None,
        ends_forks: bool,
        has_shadow: bool = False,
    ) -> None:
        self.pid = 0
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
        """Its pidfd, once it is watched."""
        return self._keeper.pidfd(self.pid)

    def has_ended(self) -> bool:
        """Whether the process, if it has said who it is, has ended."""
        return self.pid != 0 and self._keeper.has_ended(self.pid)

    def read_reports(self) -> None:
        """Take note of what the keeper has said, so that it does not pile up."""
        self._keeper.read_reports()

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
        if code is None:
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
        self._keeper.close(self._ends_forks)


def start_child(
    program: Path,
    *,
    standard_input: int | None,
    environment: Mapping[str, str] | None,
    memory_limit: int | None,
    ends_forks: bool,
    sanitizer: SanitizerRuntime | None,
) -> ChildLife:
    """Start a keeper, and with it an executor. Raises ExecutorError."""
    trace.check_setting()
    reports = [] if sanitizer is None else [sanitizer.fileno()]
    if sanitizer is not None:
        environment = sanitizer.environment(os.environ if environment is None else environment)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    keepers, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with theirs, its:
            process = subprocess.Popen(
                [os.fspath(program), str(theirs.fileno()), str(its.fileno())],
                stdin=standard_input,
                pass_fds=[theirs.fileno(), its.fileno(), *reports],
                env=environment,
            )
    except OSError as error:
        ours.close()
        keepers.close()
        raise ExecutorError(
            f"cannot start the executor {program}: {error.strerror}; "
            "is there memory and a free process slot (ulimit -u)?"
        ) from error
    return ChildLife(
        Keeper(process, keepers), ours, memory_limit, ends_forks, has_shadow=sanitizer is not None
    )
