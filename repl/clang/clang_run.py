"""One run of Clang over one file: a process that ends by itself."""

from __future__ import annotations

import enum
import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from repl.caching.stamps import Dependencies, read_dependencies
from repl.errors import SetupError
from runtime.kernel_calls.limits import reason
from runtime.kernel_calls.memory_files import create_memory_file

_MISSING = "instances "  # before their number, on the last line
_CANNOT_EXECUTE = 127  # what the dynamic loader ends with when a library is missing


class ClangMode(enum.Enum):
    """What the frontend makes of the file, see ``frontend_process/main.cpp``."""

    OBJECT = "--compile"
    PROGRAM = "--program"
    INSTANCES = "--instances"


class ClangRun:
    """Started by the constructor; leaving the context ends it, whatever it is doing.

    It reads from and writes into memory and not pipes, so that nobody needs to read along.
    ``text``: of the file, and ``known``: instances that it need not compile, except for an
    OBJECT. ``divided_from``: so many of LLVM's instructions are worth a second process that
    makes machine code of half of a PROGRAM; None for one process.
    """

    def __init__(
        self,
        program: Path,
        flags: Sequence[str],
        *,
        mode: ClangMode = ClangMode.OBJECT,
        text: bytes = b"",
        known: bytes = b"",
        divided_from: int | None = None,
    ) -> None:
        with ExitStack() as stack:
            self._told = stack.enter_context(memory_file("told"))
            self._output = stack.enter_context(memory_file("output"))
            self._second_output = stack.enter_context(memory_file("second output"))
            told, second = self._told.fileno(), self._second_output.fileno()
            descriptors = [told, second]
            if known:
                descriptors.append(stack.enter_context(memory_file("known", known)).fileno())
            standard_input = stack.enter_context(memory_file("text", text))
            self._diagnostics = stack.enter_context(memory_file("diagnostics"))
            # It ends with the process, which alone has the other end. With a PROGRAM it says its
            # status before that: its memory is large, and the kernel takes a while to get it back.
            self._life, its_end = os.pipe()
            self._has_said = False
            stack.callback(os.close, self._life)
            numbers = [os.getpid()]
            if mode == ClangMode.PROGRAM:
                numbers += [its_end, second if divided_from is not None else -1, divided_from or 0]
            if mode != ClangMode.OBJECT:
                numbers += [told, descriptors[-1] if known else -1]
            command = [os.fspath(program), mode.value, *map(str, numbers)]
            try:
                with open(its_end, "wb"):
                    self._process = subprocess.Popen(
                        [*command, *flags],
                        stdin=standard_input,
                        stdout=self._output,
                        stderr=self._diagnostics,
                        pass_fds=[*descriptors, its_end],
                    )
            except OSError as error:
                raise SetupError(f"cannot start {program}: {reason(error)}") from error
            stack.callback(self._end)
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
        return self._life

    def status(self) -> int:
        """Wait for its end: the exit status, or minus the number of a signal. To be called once.

        Raises SetupError if the program could not even begin.
        """
        said = os.read(self._life, 1)
        if said:
            self._has_said = True
            return said[0]
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

    def outputs(self) -> tuple[bytes, ...]:
        """The object of a PROGRAM, or two that are to be linked as one unit."""
        second = _contents(self._second_output)
        return (self.output(), second) if second else (self.output(),)

    def diagnostics(self) -> str:
        """Clang's diagnostics, as text."""
        return _contents(self._diagnostics).decode("utf-8", "replace").rstrip()

    def told(self) -> bytes:
        """What else it has to say: of INSTANCES, which there are."""
        return _contents(self._told)

    def dependencies(self) -> Dependencies | None:
        """What the object of a program depends on, with the stamps of now."""
        told = self.told().decode("utf-8", "surrogateescape").rpartition(_MISSING)[0]
        return read_dependencies(told)

    def missing_instances(self) -> int:
        """How many a program has that were not known, and could be."""
        return int(self.told().decode("utf-8", "surrogateescape").rpartition(_MISSING)[2] or 0)

    def _end(self) -> None:
        if self._has_said:
            with suppress(RuntimeError):  # no room for a thread
                threading.Thread(target=self._process.wait, daemon=True).start()
                return
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def memory_file(name: str, contents: bytes = b"") -> BinaryIO:
    """A file without a place in any folder, at its beginning. Raises SetupError."""
    try:
        file = os.fdopen(create_memory_file(f"forkrepl-{name}"), "w+b")
        file.write(contents)
        file.seek(0)
    except OSError as error:
        raise SetupError(
            f"Clang cannot be given a file: {reason(error)}; inputs at the prompt need none"
        ) from error
    return file


def _contents(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
