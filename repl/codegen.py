"""The code generator, seen from the controller: a process that may be replaced."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from typing import IO

from repl.errors import CodegenError, CompilerDied
from repl.framing import receive_message, send_message


class CodeGenerator:
    """Turns bitcode into objects in a worker process, which stays warm.

    If LLVM ends the worker, that is the snippet's error and a new worker is
    started. A context manager.
    """

    def __init__(self) -> None:
        self._start()

    def __enter__(self) -> CodeGenerator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Of the worker process."""
        return self._process.pid

    def compile(self, bitcode: bytes, level: int) -> bytes:
        """A relocatable object from bitcode, at -O``level``. Raises CodegenError."""
        try:
            send_message(self._connection, {"level": level}, bitcode)
            reply, blob = receive_message(self._connection)
        except CompilerDied:
            reason = self._last_words()
            self._replace()
            raise CodegenError(f"code generation failed: {reason}") from None
        except BaseException:  # Ctrl-C: an answer may still come, to nobody's use
            self._replace()
            raise
        if not reply.get("ok"):
            raise CodegenError(f"code generation failed: {reply.get('error', 'no reason given')}")
        return blob

    def close(self) -> None:
        """End the worker."""
        self._connection.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._errors.close()

    def _replace(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        # What LLVM prints before it ends the process is the error message.
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "repl.codegen_worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
            )
        self._connection = ours

    def _last_words(self) -> str:
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "the code generator stopped answering"
        size = os.fstat(self._errors.fileno()).st_size
        text = os.pread(self._errors.fileno(), min(size, 65536), 0).decode("utf-8", "replace")
        if status < 0:
            text = f"LLVM was ended by signal {-status}\n{text}"
        return text.strip() or f"LLVM ended with status {status}"
