"""Ctrl-C while the executor is asked something: it must not cut an answer in two."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType

_GRACE = 0.5  # s that the program has to end by itself


class DeferredInterrupt:
    """A context manager: SIGINT is noted, and becomes KeyboardInterrupt at the end.

    Within another one it notes for both, and what that had noted before counts here as if
    it came now: several requests may have to be given up, each after its own time. At the
    end it is the outer one's affair.

    ``forget`` is for whoever has acted on it. Outside the main thread, and where
    SIGINT means something else than KeyboardInterrupt, it does nothing.
    """

    def __init__(self) -> None:
        self._noted: list[float] = []  # when
        self._is_ours = False
        self._outer: DeferredInterrupt | None = None

    def __enter__(self) -> DeferredInterrupt:
        if threading.current_thread() is not threading.main_thread():
            return self
        handler = signal.getsignal(signal.SIGINT)
        owner = getattr(handler, "__self__", None)
        self._outer = owner if isinstance(owner, DeferredInterrupt) else None
        self._is_ours = self._outer is not None or handler is signal.default_int_handler
        if self._is_ours:
            signal.signal(signal.SIGINT, self._note)
        if self._outer is not None and self._outer.is_noted:
            self._noted.append(time.monotonic())
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_ours:
            return
        if self._outer is not None:
            signal.signal(signal.SIGINT, self._outer._note)
            if not self._outer.is_noted:
                self._outer._noted += self._noted[:1]
            return
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._noted:
            raise KeyboardInterrupt

    @property
    def is_noted(self) -> bool:
        """Whether SIGINT came."""
        return bool(self._noted)

    @property
    def is_overdue(self) -> bool:
        """Whether SIGINT came a while ago, or twice."""
        return len(self._noted) > 1 or self.has_been_noted_for(_GRACE)

    def has_been_noted_for(self, seconds: float) -> bool:
        """Whether SIGINT came at least so many seconds ago."""
        return bool(self._noted) and time.monotonic() - self._noted[0] > seconds

    def forget(self) -> None:
        """Drop the SIGINT that was noted: what it was for has ended."""
        self._noted.clear()

    def note(self) -> None:
        """SIGINT has come before this was entered."""
        self._noted.append(time.monotonic())

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted.append(time.monotonic())
