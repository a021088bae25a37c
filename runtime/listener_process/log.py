"""The listener's log, which nobody may be reading: then the listener must not wait for them."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import threading

_MOST_WAITING = 1000  # lines
_PATIENCE = 0.5  # s, at the end


class Log:
    """Writes lines to a descriptor, by a thread of its own: a pipe may be full, and a terminal
    stopped. A context manager: at its end it waits a moment for what is not written yet.

    Setting O_NONBLOCK would do it, too, but also for the user's program, which has the same
    pipe.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: queue.Queue[str | None] = queue.Queue(_MOST_WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_lines, daemon=True)

    def __enter__(self) -> Log:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(queue.Full):  # the thread ends with the process
            self._lines.put_nowait(None)
        self._thread.join(_PATIENCE)

    def add(self, text: str) -> None:
        """Write a line when that is possible. If it is not for a long time, lines are dropped, and
        the log says how many."""
        try:
            if self._dropped:
                self._lines.put_nowait(f"{self._dropped} lines are missing here: nobody read this")
                self._dropped = 0
            self._lines.put_nowait(text)
        except queue.Full:
            self._dropped += 1

    def _write_lines(self) -> None:
        while (line := self._lines.get()) is not None:
            rest = f"forkrepl executor: {line}\n".encode("utf-8", "backslashreplace")
            with contextlib.suppress(OSError):  # nobody will ever read it
                while rest:
                    rest = rest[self._write(rest) :]

    def _write(self, text: bytes) -> int:
        """How many bytes could be written."""
        try:
            return os.write(self._descriptor, text)
        except BlockingIOError:  # whoever has the same pipe has set O_NONBLOCK
            poll = select.poll()
            poll.register(self._descriptor, select.POLLOUT)
            poll.poll()
            return 0
