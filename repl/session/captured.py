"""What the program prints, as text: ``Session.captured``.

In a block the program's standard output and error are pipes, in whatever process it runs
(``Program.redirect``), and a thread reads them, so that nobody waits who prints much. There is one
pair of pipes for a session, from its first block on: what a fork of the program's that has been
made in a block prints after it goes where the program's output goes then.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable

from repl.errors import ShellError
from repl.program.output_pipe import OutputPipe
from repl.session.state import SessionState
from repl.session.survival import Survival
from runtime.errors import RuntimeFailure
from runtime.kernel_calls.limits import reason

_LARGEST_PIECE = 1 << 20  # bytes that are read at once


class Captured:
    """What the program has printed in a block: ``str()`` is all of it, standard output first.

    In the block it grows with each input. What is no UTF-8 is shown by escapes (``\\\\xff``);
    ``stdout_bytes`` and ``stderr_bytes`` are as they came.
    """

    def __init__(self, drain: Callable[[], None]) -> None:
        self._drain: Callable[[], None] | None = drain
        self._printed = (bytearray(), bytearray())

    @property
    def stdout(self) -> str:
        """What it has printed to standard output."""
        return _text(self._bytes(0))

    @property
    def stderr(self) -> str:
        """What it has printed to standard error."""
        return _text(self._bytes(1))

    @property
    def stdout_bytes(self) -> bytes:
        """What it has printed to standard output."""
        return bytes(self._bytes(0))

    @property
    def stderr_bytes(self) -> bytes:
        """What it has printed to standard error."""
        return bytes(self._bytes(1))

    def __str__(self) -> str:
        return self.stdout + self.stderr

    def __repr__(self) -> str:
        return f"Captured(stdout={_shortened(self.stdout)}, stderr={_shortened(self.stderr)})"

    def _bytes(self, index: int) -> bytearray:
        if self._drain is not None:
            self._drain()
        return self._printed[index]

    def note(self, index: int, data: bytes) -> None:
        """Something has been printed: ``index`` 0 for standard output, 1 for error."""
        self._printed[index].extend(data)

    def finish(self) -> None:
        """Nothing more will come."""
        self._drain = None


def _text(data: bytearray) -> str:
    return data.decode("utf-8", "backslashreplace")


def _shortened(text: str, most: int = 200) -> str:
    return repr(text) if len(text) <= most else f"{text[:most]!r}... ({len(text):,} characters)"


class OutputCapture:
    """Blocks of a session, in one another or side by side in threads: the newest one gets what is
    printed."""

    def __init__(self, state: SessionState, survival: Survival) -> None:
        self._state = state
        self._survival = survival
        self._reader: _Reader | None = None

    def begin(self) -> Captured:
        """A block begins: what is printed from now on is in its ``Captured``. Raises ShellError if
        that cannot be, and what an input raises that finds the program ended."""
        self._survival.attend()
        with self._survival.running_program(is_at_rest=True):
            program = self._state.program
            if not program.executor.passes_descriptors:
                raise ShellError(
                    "what a program prints can be captured on this machine only, and this one is "
                    "reached by HOST:PORT: use a listener at unix:PATH, or none"
                )
            reader = self._reader or self._start_reader()
            try:
                program.redirect(reader.writing_ends)
            except BaseException:
                if not reader.has_blocks:
                    with contextlib.suppress(RuntimeFailure):
                        program.redirect(None)
                raise
        return reader.add_block()

    def end(self, captured: Captured) -> None:
        """The block has ended. If the program has, too, its next user is told."""
        reader = self._reader
        if reader is None:  # the session has been closed
            return
        is_last = reader.has_only(captured)
        try:
            with contextlib.suppress(RuntimeFailure):
                self._state.program.redirect(None if is_last else reader.writing_ends)
        finally:
            reader.remove_block(captured)

    def close(self) -> None:
        """The program has ended."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _start_reader(self) -> _Reader:
        try:
            self._reader = _Reader()
        except (OSError, RuntimeError) as error:  # too many descriptors, or threads
            why = reason(error) if isinstance(error, OSError) else error
            raise ShellError(f"what the program prints cannot be captured: {why}") from error
        return self._reader


class _Reader:
    """Reads the pipes, in a thread, until it is closed."""

    def __init__(self) -> None:
        self._blocks: list[Captured] = []
        # Which whoever forgets the session, and so closes this, may hold already.
        self._lock = threading.RLock()
        with contextlib.ExitStack() as stack:
            self._pipes = [stack.enter_context(contextlib.closing(OutputPipe())) for _ in range(2)]
            self._end = stack.enter_context(contextlib.closing(OutputPipe()))  # has ended: closed
            self._thread = threading.Thread(target=self._run, name="captured output", daemon=True)
            self._thread.start()
            self._owned = stack.pop_all()

    @property
    def writing_ends(self) -> tuple[int, int]:
        """For the program."""
        return self._pipes[0].writing, self._pipes[1].writing

    @property
    def has_blocks(self) -> bool:
        """Whether somebody is told what is printed."""
        return bool(self._blocks)

    def has_only(self, captured: Captured) -> bool:
        """Whether nobody else is."""
        with self._lock:
            return self._blocks == [captured]

    def add_block(self) -> Captured:
        """What is printed from now on is for this one."""
        captured = Captured(self.drain)
        with self._lock:
            self.drain()
            self._blocks.append(captured)
        return captured

    def remove_block(self, captured: Captured) -> None:
        """It gets what has been printed by now, and no more."""
        with self._lock:
            self.drain()
            self._blocks.remove(captured)
        captured.finish()

    def drain(self) -> None:
        """Read what has been printed by now."""
        with self._lock:
            for index, pipe in enumerate(self._pipes):
                # No more than is there now: who prints for ever is not waited for.
                left = pipe.waiting()
                while left > 0 and (piece := self._take(index, min(left, _LARGEST_PIECE))):
                    left -= len(piece)

    def close(self) -> None:
        """End the thread; blocks get what is there."""
        with self._lock:
            self.drain()
            for captured in self._blocks:
                captured.finish()
            self._end.close_writing()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        poll = select.poll()
        numbers = {pipe.descriptor: index for index, pipe in enumerate(self._pipes)}
        for descriptor in (*numbers, self._end.descriptor):
            poll.register(descriptor, select.POLLIN)
        while self._end.writing >= 0:
            for descriptor, _ in poll.poll():
                if descriptor in numbers:
                    with self._lock:
                        self._take(numbers[descriptor], _LARGEST_PIECE)
        self._owned.close()

    def _take(self, index: int, size: int) -> bytes:
        piece = self._pipes[index].read(size)
        if piece and self._blocks:
            self._blocks[-1].note(index, piece)
        elif piece:
            _write(index + 1, piece)
        return piece


def _write(descriptor: int, data: bytes) -> None:
    """Who cannot be told is not."""
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]
