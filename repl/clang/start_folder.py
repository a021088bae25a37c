"""The folder in which a compiler looks for files, whatever has become of its name."""

from __future__ import annotations

import contextlib
import os


class StartFolder:
    """The current folder of when this is made, for processes that start later.

    It is known by a descriptor and not by its name, which may be too long for the system, may be
    hidden by a mount, or be gone; and where it still is the current one it is inherited. A folder
    that may not be entered cannot be opened: then it is always inherited. ``close`` gives the
    descriptor back.
    """

    def __init__(self, other: StartFolder | None = None) -> None:
        """``other``: the same as that, and not the current one."""
        self._descriptor = -1
        if other is None:
            with contextlib.suppress(OSError):
                self._descriptor = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        elif other._descriptor >= 0:
            self._descriptor = os.dup(other._descriptor)

    def path(self) -> str | None:
        """What ``subprocess.Popen`` takes as ``cwd``: None where it is to be inherited."""
        if self._descriptor < 0:
            return None
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(self._descriptor), os.stat(".")):
                return None
        return f"/proc/self/fd/{self._descriptor}"

    def enter(self) -> None:
        """Make it the current one again, where it can be. Raises OSError."""
        if self._descriptor >= 0:
            os.fchdir(self._descriptor)

    def close(self) -> None:
        """It is not needed any more."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
