"""A program as a job of its own on the terminal: the keyboard's signals are for it alone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from repl.terminal.terminal_state import has_job_control

_TICK = 0.2  # s, for which Python's handlers of signals may have to wait


class ForegroundProgram:
    """Started, and in the foreground until it has ended.

    If Ctrl-Z stops it that is for this process too, as for a pipeline of a shell's. Raises OSError
    if it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = subprocess.Popen(command, process_group=0)
        _put_in_foreground(self._process.pid)
        # It may have been stopped for using the terminal before that.
        self._signal(signal.SIGCONT)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and the terminal is ours again."""
        return not self._watcher.is_alive()

    def wait(self, patience: float | None = None) -> bool:
        """Wait for its end, or ``patience`` s: whether it has ended."""
        if patience is None:
            while self._watcher.is_alive():
                self._watcher.join(_TICK)
        else:
            self._watcher.join(patience)
        return self.has_ended

    def end(self) -> None:
        """Have it end by SIGTERM, also if it is stopped."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it now."""
        self._signal(signal.SIGKILL)

    def _watch(self) -> None:
        try:
            while True:
                _, status = os.waitpid(self.pid, os.WUNTRACED)
                if not os.WIFSTOPPED(status):
                    self._process.returncode = os.waitstatus_to_exitcode(status)
                    return
                self._stop_too()
        except ChildProcessError:  # somebody else has waited for it
            self._process.returncode = 0
        finally:
            _put_in_foreground(os.getpgrp())

    def _stop_too(self) -> None:
        if has_job_control():
            _put_in_foreground(os.getpgrp())
            os.kill(os.getpid(), signal.SIGTSTP)
        _put_in_foreground(self.pid)
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def _put_in_foreground(group: int) -> None:
    # Who does that from the background gets SIGTTOU.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
    try:
        os.tcsetpgrp(sys.stdin.fileno(), group)
    except OSError:  # the terminal, or the process, is gone
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
