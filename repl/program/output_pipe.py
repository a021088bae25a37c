"""A pipe into which a program prints, and which this process reads as it likes."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import termios

_SIZE = 1 << 20  # bytes: so much the program can print before it has to wait for us


class OutputPipe:
    """``writing``: the end for the program, which is not inherited; ``descriptor``: ours."""

    def __init__(self) -> None:
        """Raises OSError."""
        self.descriptor, self.writing = os.pipe()
        os.set_blocking(self.descriptor, False)
        with contextlib.suppress(OSError):  # the user has too many already
            fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, _SIZE)

    def waiting(self) -> int:
        """How many bytes can be read now."""
        count = array.array("i", [0])
        fcntl.ioctl(self.descriptor, termios.FIONREAD, count)
        return count[0]

    def read(self, size: int) -> bytes:
        """Some of them; none if there are none."""
        try:
            return os.read(self.descriptor, size)
        except BlockingIOError:
            return b""

    def close_writing(self) -> None:
        """Nobody else is given that end; again does nothing."""
        writing, self.writing = self.writing, -1
        if writing >= 0:
            os.close(writing)

    def close(self) -> None:
        """Both ends."""
        self.close_writing()
        os.close(self.descriptor)
