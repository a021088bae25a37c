"""The text of a file as it was read, which may have been edited since."""

from __future__ import annotations

import os
import stat

from msgspec import Struct

Stamp = tuple[int, int, int, int]
"""Size, time of the last change in ns, device and inode."""

GONE: Stamp = (0, 0, 0, 0)
"""Of what is no file any more."""


class SeenFile(Struct, frozen=True):
    """``path`` is absolute; ``stamp``: of then."""

    path: str
    stamp: Stamp
    text: bytes

    def edited(self) -> SeenFile | None:
        """The file as it is now, with the stamp ``GONE`` if it cannot be read; None if its text
        is the same."""
        now = stamp_of(self.path)
        if now == self.stamp:
            return None
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return SeenFile(self.path, GONE, b"")
                text = file.read()
        except OSError:
            return SeenFile(self.path, GONE, b"")
        return None if text == self.text else SeenFile(self.path, now, text)


def stamp_of(path: str) -> Stamp:
    """What changes when a file does; ``GONE`` if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return GONE
    return status.st_size, status.st_mtime_ns, status.st_dev, status.st_ino
