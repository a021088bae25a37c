"""A running ``forkrepl executor``, for the tests that connect to it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from runtime.protocol.listener_address import Listener, parse_address
from tests.support.leaks import MARK, living, wait_for
from tests.support.program import PROGRAM, TIMEOUT

KINDS = ("unix", "tcp")


@dataclass(slots=True)
class RunningListener:
    """``output`` is its standard output, which is also that of the program that it runs."""

    process: subprocess.Popen[str]
    address: str
    token: str
    output: IO[str]
    errors_path: Path
    mark: str

    @property
    def listener(self) -> Listener:
        """For a ``RemoteExecutor``."""
        return Listener(parse_address(self.address), self.token)

    @property
    def errors(self) -> str:
        """What it has written to standard error."""
        return self.errors_path.read_text()

    @property
    def executors(self) -> list[int]:
        """The processes that it has started."""
        return [pid for pid in living(self.mark) if pid != self.process.pid]

    def read_line(self) -> str:
        """The next line of its output; "" if none comes, and then it is ended."""
        timer = threading.Timer(TIMEOUT, self.process.kill)
        timer.start()
        try:
            return self.output.readline()
        finally:
            timer.cancel()

    def descriptors(self) -> int:
        """How many files it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it with a signal; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


@contextmanager
def running_listener(
    folder: Path, environment: dict[str, str], kind: str, *arguments: str
) -> Iterator[RunningListener]:
    """Start one; checks at the end that it leaves no process and no socket."""
    path = folder / "socket"
    address = f"unix:{path}" if kind == "unix" else "localhost:0"
    errors_path = folder / "listener_errors"
    mark = secrets.token_hex()
    with (
        errors_path.open("a") as errors,
        subprocess.Popen(
            [str(PROGRAM), "executor", "--listen", address, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=folder,
            env=environment | {MARK: mark},
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"listening on (\S+)(?: token (\S+))?\n", line)
            assert match, (line, errors_path.read_text())
            yield RunningListener(
                process, match[1], match[2] or "", process.stdout, errors_path, mark
            )
        finally:
            process.terminate()
            process.wait(TIMEOUT)
            gone = wait_for(lambda: not living(mark))
            for pid in living(mark):
                os.kill(pid, signal.SIGKILL)
    assert gone, "the executor outlives the listener"
    assert "Traceback" not in errors_path.read_text()
    assert kind != "unix" or process.returncode == -signal.SIGKILL or not path.exists()
