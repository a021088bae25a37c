"""A bar on standard error, for what takes longer than a moment."""

from __future__ import annotations

import sys
import time
from threading import RLock
from typing import Any

from repl.terminal.terminal import can_redraw

_A_MOMENT = 0.5  # s
_FORMAT = "{desc} {n_fmt}/{total_fmt} |{bar}|"
_FORMAT_WITHOUT_STEPS = "{desc} ..."


class ProgressBar:
    """How many of ``total`` steps are done, on a terminal that can redraw a line.

    Appears when it is told something after half a second. A context manager:
    ``clear``, or leaving it, takes it away.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: Any = None
        self._appears = time.monotonic() + _A_MOMENT if can_redraw(sys.stderr) else float("inf")

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, what: str, done: int) -> None:
        """Say what is being done now."""
        if time.monotonic() < self._appears:
            return
        if self._bar is None:
            self._bar = _bar(self._total)
        self._bar.set_description_str(what, refresh=False)
        self._bar.n = done
        self._bar.refresh()

    def clear(self) -> None:
        """Take it away for good: the line is the program's."""
        self._appears = float("inf")
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _bar(total: int) -> Any:
    from tqdm import tqdm  # 50 ms, and mostly not needed

    tqdm.monitor_interval = 0  # no thread
    tqdm.set_lock(RLock())  # or it makes one for several processes
    form = _FORMAT if total else _FORMAT_WITHOUT_STEPS
    return tqdm(total=total, bar_format=form, leave=False, dynamic_ncols=True, file=sys.stderr)
