"""A compiler in a process of its own, served over its standard input.

What it prints is kept: it is the reason when the process ends unexpectedly.
"""

from __future__ import annotations

import math
import os
import socket
import subprocess
from collections.abc import Sequence

from repl.clang.framing import Header, receive_message, send_message
from repl.errors import SetupError

_MOST_OUTPUT = 1 << 16  # bytes of it that anybody would read


class CompilerProcess:
    """Started by the constructor; ``close`` ends it, whatever it is doing."""

    def __init__(self, command: Sequence[str], folder: str | None = None) -> None:
        """``folder``: its current one, if not ours."""
        self._output = os.memfd_create("forkrepl-output", os.MFD_CLOEXEC)
        self.connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command,
                    cwd=folder,
                    stdin=theirs.fileno(),
                    stdout=self._output,
                    stderr=self._output,
                )
        except OSError as error:
            self.connection.close()
            os.close(self._output)
            raise SetupError(f"cannot start {command[0]}: {error.strerror}") from error

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it is gone already."""
        return self._process.poll() is not None

    def send(self, header: Header, blob: bytes = b"") -> None:
        """Send a request. Raises CompilerDied."""
        send_message(self.connection, header, blob)

    def receive(self, limit: float = 0) -> tuple[Header, bytes]:
        """Wait for the answer to a request, up to ``limit`` s (0: for ever).

        Raises CompilerDied or CompilerTimeout.
        """
        return receive_message(self.connection, limit or math.inf)

    def last_words(self) -> str:
        """Why it ended: what it has printed, or how it was ended."""
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return self.take_output()
        text = self.take_output()
        if status < 0:
            return f"ended by signal {-status}\n{text}".rstrip()
        return text or f"ended with status {status}"

    def take_output(self) -> str:
        """What it has printed since the last call."""
        text = os.pread(self._output, _MOST_OUTPUT, 0).decode("utf-8", "replace")
        os.lseek(self._output, 0, os.SEEK_SET)
        os.truncate(self._output, 0)
        return text.strip()

    def close(self) -> None:
        """End the process, and forget what it printed."""
        self.connection.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._output)
