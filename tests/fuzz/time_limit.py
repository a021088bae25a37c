"""A hang is a failure, and not the end of the run."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class NeverEnds(BaseException):
    """A case takes too long. No Exception, so that nothing that is tried takes it for its own."""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raises NeverEnds in what takes longer, and again if it goes on all the same."""

    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise NeverEnds(f"no end after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 5)  # pytest-timeout's, perhaps
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)
