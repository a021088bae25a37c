"""A compiler in a process of its own, served over its standard input.

What it prints is kept: it is the reason when the process ends unexpectedly.
"""

from __future__ import annotations

import math
import os
import socket
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack

from msgspec import Struct

from repl.clang.framing import Channel, Message, receive_message, send_message
from repl.errors import SetupError
from repl.system_packages import unsupported_system
from runtime import trace
from runtime.kernel_calls.limits import reason
from runtime.kernel_calls.memory_files import create_memory_file

_MOST_OUTPUT = 1 << 16  # bytes of it that anybody would read


class CompilerProcess:
    """Started by the constructor; ``close`` ends it, whatever it is doing."""

    def __init__(
        self, command: Sequence[str], channel: trace.Channel, folder: str | None = None
    ) -> None:
        """``channel``: by which name it can be traced; ``folder``: its current one, if not
        ours. Raises SetupError, or WrongTrace."""
        tracer = trace.tracer(channel)
        try:
            with ExitStack() as stack:
                self._output = create_memory_file("forkrepl-output")
                stack.callback(os.close, self._output)
                ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
                connection = stack.enter_context(ours)
                with theirs:
                    self._process = subprocess.Popen(
                        command,
                        cwd=folder,
                        stdin=theirs.fileno(),
                        stdout=self._output,
                        stderr=self._output,
                    )
                stack.pop_all()
        except (OSError, ValueError) as error:  # ValueError: a NUL in a flag
            why = unsupported_system() or f"cannot start {command[0]}: {reason(error)}"
            raise SetupError(why) from error
        self.channel = Channel(connection, tracer, self._process.pid)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it is gone already."""
        return self._process.poll() is not None

    def send(self, request: Struct, blob: bytes = b"") -> None:
        """Send a request. Raises CompilerDied."""
        send_message(self.channel, request, blob)

    def receive(self, kind: type[Message], limit: float = 0) -> tuple[Message, bytes]:
        """Wait for a message, which is to be of that kind, up to ``limit`` s (0: for ever).

        Raises CompilerDied or CompilerTimeout.
        """
        return receive_message(self.channel, kind, limit or math.inf)

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

    def kill(self) -> None:
        """End the process: ``close``, which waits for that, comes soon."""
        if self._process.poll() is None:
            self._process.kill()

    def close(self) -> None:
        """End the process, and forget what it printed."""
        self.channel.connection.close()
        self.kill()
        self._process.wait()
        os.close(self._output)
