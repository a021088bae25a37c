"""One run of Clang over one file: a process that ends by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from repl.errors import SetupError

_CANNOT_EXECUTE = 127  # what the dynamic loader ends with when a library is missing


class ClangRun:
    """Started by the constructor; leaving the context ends it, whatever it is doing.

    It reads from and writes into memory and not pipes, so that nobody needs to read along.
    ``mode``: what the frontend program is to do; ``text``: its standard input.
    """

    def __init__(
        self, program: Path, flags: Sequence[str], mode: str = "--compile", text: bytes = b""
    ) -> None:
        command = [os.fspath(program), mode, str(os.getpid()), *flags]
        with ExitStack() as stack:
            standard_input = stack.enter_context(_memory_file("text"))
            standard_input.write(text)
            standard_input.seek(0)
            self._output = stack.enter_context(_memory_file("output"))
            self._diagnostics = stack.enter_context(_memory_file("diagnostics"))
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=standard_input,
                    stdout=self._output,
                    stderr=self._diagnostics,
                )
            except OSError as error:
                raise SetupError(f"cannot start {program}: {error.strerror}") from error
            stack.callback(self._end)
            self._pidfd = os.pidfd_open(self._process.pid)
            stack.callback(os.close, self._pidfd)
            self._stack = stack.pop_all()

    def __enter__(self) -> ClangRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def fileno(self) -> int:
        """A descriptor that is readable once ``status`` will not wait."""
        return self._pidfd

    def status(self) -> int:
        """Wait for its end: the exit status, or minus the number of a signal.

        Raises SetupError if the program could not even begin.
        """
        status = self._process.wait()
        if status == _CANNOT_EXECUTE:
            raise SetupError(
                f"the Clang frontend does not start: {self.diagnostics()}\n"
                "'make setup' installs what it needs"
            )
        return status

    def output(self) -> bytes:
        """What Clang has written: an object."""
        return _contents(self._output)

    def diagnostics(self) -> str:
        """Clang's diagnostics, as text."""
        return _contents(self._diagnostics).decode("utf-8", "replace").rstrip()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(f"forkrepl-{name}", os.MFD_CLOEXEC), "w+b")


def _contents(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
