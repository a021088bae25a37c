"""What a connection must know of the process behind it: how it is reached, how it ends."""

from __future__ import annotations

import socket
from typing import Protocol


class ExecutorLife(Protocol):
    """``ChildLife`` is a descendant of this process, ``RemoteLife`` is behind a listener."""

    announces_end: bool
    """Whether somebody who watches the process sends ENDED as the last word."""

    @property
    def pid(self) -> int:
        """Of the process, as it says (it may be on another machine); 0 until it has."""

    @property
    def passes_descriptors(self) -> bool:
        """Whether requests can have a descriptor."""

    def connect(self) -> socket.socket:
        """The socket on which it is asked; called before the first request, and again if that
        raised ExecutorError."""

    def note_pid(self, pid: int) -> None:
        """It has said who it is."""

    def end_descriptor(self) -> int | None:
        """A descriptor that is readable when the process has ended, where there is one."""

    def ask_where(self) -> bool:
        """Have the process say where its program is, as of a crash by SIGSYS, and end. Whether
        it has been asked; it may not be able to answer."""

    def stop(self) -> None:
        """End the process, whatever it is doing; ``reap`` tells how it ended. Raises nothing."""

    def reap(self, patience: float) -> int | None:
        """Wait ``patience`` s for its end, then end it: its exit code (negative: a signal), None
        if that cannot be known any more."""

    def close(self) -> None:
        """End the process now, and give back what it took to reach it; again does nothing."""
