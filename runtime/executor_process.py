"""An executor that is a child of this process."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runtime.errors import ExecutorError
from runtime.executor_client import ExecutorClient


class ExecutorProcess(ExecutorClient):
    """Starts the executor and ends it; see ``ExecutorClient``."""

    def __init__(
        self,
        program: Path,
        *,
        standard_input: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [os.fspath(program), str(theirs.fileno())],
                    stdin=standard_input,
                    pass_fds=[theirs.fileno()],
                    env=environment,
                )
        except OSError as error:
            ours.close()
            raise ExecutorError(
                f"cannot start the executor {program}: {error.strerror}; "
                "is there memory and a free process slot (ulimit -u)?"
            ) from error
        super().__init__(ours)

    @property
    def pid(self) -> int:
        """Of the executor process."""
        return self._process.pid

    def kill(self) -> None:
        """End the process now, whatever it is doing."""
        self._socket.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _reap(self, patience: float) -> int:
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
