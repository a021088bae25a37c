"""Folders that go with the process that made them, also if it is killed.

A process that is killed leaves its folder. So whoever makes the next one removes those that nobody
holds: the process that made a folder holds a lock on it (flock(2)), which ends with that process.
Unlike its number that tells the truth also where containers share a folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX = "forkrepl-"
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class TemporaryFolder:
    """A folder of the user's alone, at ``path``, until ``remove`` or the end of this process.

    A context manager: leaving it removes the folder. Raises OSError if it cannot be made.
    """

    def __init__(self, kind: str) -> None:
        """``kind``: a word of its name; of this kind those that others have left are removed."""
        prefix = f"{_PREFIX}{kind}-"
        _sweep(prefix)
        self.path, self._lock = _make(prefix)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove it with all that is in it; what cannot be removed stays. More often does no
        harm."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _make(prefix: str) -> tuple[Path, int]:
    """A folder and the descriptor that holds it."""
    while True:
        path = tempfile.mkdtemp(prefix=prefix)
        with suppress(FileNotFoundError):  # another process has taken it for one that was left
            lock = os.open(path, _OPEN)
            with suppress(OSError):  # a file system without locks: nobody can take it then
                fcntl.flock(lock, fcntl.LOCK_SH)
            with suppress(FileNotFoundError):
                os.lstat(path)
                return Path(path), lock
            os.close(lock)


def _sweep(prefix: str) -> None:
    """Remove the folders of this user's that nobody holds."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for left in [entry.path for entry in entries if entry.name.startswith(prefix)]:
            with suppress(OSError):  # it is held, or somebody else's, or gone
                _remove_unless_held(left)


def _remove_unless_held(path: str) -> None:
    descriptor = os.open(path, _OPEN)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)
