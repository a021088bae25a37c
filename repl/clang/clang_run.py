"""One run of Clang over one file: a process that ends by itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from repl.caching.stamps import Dependencies, read_dependencies
from repl.errors import SetupError

_CANNOT_EXECUTE = 127  # what the dynamic loader ends with when a library is missing


class ClangRun:
    """Started by the constructor; leaving the context ends it, whatever it is doing.

    It reads from and writes into memory and not pipes, so that nobody needs to read along.
    ``is_program``: the file may be a program, whose ``text`` is this.
    """

    def __init__(
        self, program: Path, flags: Sequence[str], *, is_program: bool = False, text: bytes = b""
    ) -> None:
        with ExitStack() as stack:
            self._dependencies = stack.enter_context(_memory_file("dependencies"))
            told = self._dependencies.fileno()
            mode = ["--program", str(os.getpid()), str(told)] if is_program else None
            command = [os.fspath(program), *(mode or ["--compile", str(os.getpid())]), *flags]
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
                    pass_fds=(told,),
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

    def dependencies(self) -> Dependencies | None:
        """What the object of a program depends on, with the stamps of now."""
        told = _contents(self._dependencies).decode("utf-8", "surrogateescape")
        return read_dependencies(told)

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def _memory_file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(f"forkrepl-{name}", os.MFD_CLOEXEC), "w+b")


def _contents(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
