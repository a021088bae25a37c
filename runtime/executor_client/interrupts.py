"""Ctrl-C while the executor is asked something: it must not cut an answer in two."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType

_GRACE = 0.5  # s that the program has to end by itself


class DeferredInterrupt:
    """A context manager: SIGINT is noted, and becomes KeyboardInterrupt at the end.

    ``forget`` is for whoever has acted on it. Outside the main thread, and where
    SIGINT means something else than KeyboardInterrupt, it does nothing.
    """

    def __init__(self) -> None:
        self._noted: list[float] = []  # when
        self._is_ours = False

    def __enter__(self) -> DeferredInterrupt:
        self._is_ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._is_ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
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

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted.append(time.monotonic())
