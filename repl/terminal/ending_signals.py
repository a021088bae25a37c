"""Signals that end the shell while it has changed the terminal: that is undone first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from repl.terminal.terminal_state import reset_terminal, terminal_modes

_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextmanager
def repaired_at_the_end() -> Iterator[None]:
    """Whichever of these signals ends this process, the terminal is as it is now.

    A signal that is ignored stays so, as with nohup(1). For the main thread.
    """
    modes = terminal_modes()

    def end(number: int, _: object) -> None:
        reset_terminal(modes)
        # By the signal itself, so that whoever waits for this process sees what it was.
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, end)
        for number in _ENDING
        if signal.getsignal(number) == signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
