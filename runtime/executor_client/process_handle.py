"""A process that can be ended and waited for, whoever's child it is."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from runtime.executor_client.process_status import process_stat
from runtime.executor_client.waiting import is_readable

_TICK = 0.005  # s, between looks at whether it has ended
_STATE, _START = 0, 19  # which of the fields of process_stat
_ENDED = ("Z", "X")


class ProcessHandle:
    """By its pidfd, which no other process can be mistaken for. Where there are none
    (pidfd_open(2): Linux before 5.3, filters of containers, no descriptor left) by its
    number and the time when it began.

    Raises ProcessLookupError if there is no such process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._pidfd = -1
        self._start: str | None = None
        try:
            self._pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            raise
        except (OSError, AttributeError):  # AttributeError: a Python that is built without it
            fields = process_stat(pid)
            self._start = fields[_START] if fields else None
            if not fields:
                with suppress(PermissionError):
                    os.kill(pid, 0)  # raises ProcessLookupError

    def __enter__(self) -> ProcessHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int | None:
        """A descriptor that is readable when the process has ended; None if there is none."""
        return self._pidfd if self._pidfd >= 0 else None

    def has_ended(self, patience: float = 0) -> bool:
        """Whether it has ended, or does within ``patience`` s."""
        if self._pidfd >= 0:
            return is_readable(self._pidfd, patience)
        deadline = time.monotonic() + patience
        while not self._is_gone():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _TICK))
        return True

    def send(self, number: signal.Signals) -> bool:
        """Whether this signal could be sent: not to a process that has ended, or that is
        somebody else's since an exec of a set-user-ID program."""
        if self.has_ended():
            return False
        try:
            if self._pidfd >= 0 and self._sent_by_pidfd(number):
                return True
            os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self.send(signal.SIGKILL)

    def close(self) -> None:
        """Give its descriptor back; a second time nothing happens."""
        pidfd, self._pidfd = self._pidfd, -1
        if pidfd >= 0:
            os.close(pidfd)

    def _sent_by_pidfd(self, number: signal.Signals) -> bool:
        try:
            signal.pidfd_send_signal(self._pidfd, number)
        except ProcessLookupError:
            raise
        except (OSError, AttributeError):  # it is refused, or the process is somebody else's
            return False
        return True

    def _is_gone(self) -> bool:
        try:
            # A child stays as it is for whoever waits for it.
            how = os.WEXITED | os.WNOHANG | os.WNOWAIT
            return os.waitid(os.P_PID, self.pid, how) is not None
        except ChildProcessError:
            pass
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        fields = process_stat(self.pid)
        return bool(fields) and (fields[_STATE] in _ENDED or fields[_START] != self._start)
