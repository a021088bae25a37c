"""Processes that are ended and waited for, with a pidfd and without."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from runtime.executor_client.process_handle import ProcessHandle

STAT = "runtime.executor_client.process_handle.process_stat"
FOREVER = ["sleep", "1000"]


def refuse(*_: object) -> int:
    """A system call that there is not."""
    raise OSError(errno.ENOSYS, "Function not implemented")


@pytest.fixture(params=["pidfd", "no pidfd", "no pidfd_send_signal", "nothing"], autouse=True)
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is: ``nothing`` is without /proc, too."""
    if request.param in ("no pidfd", "nothing"):
        monkeypatch.setattr(os, "pidfd_open", refuse)
    if request.param == "no pidfd_send_signal":
        monkeypatch.setattr(signal, "pidfd_send_signal", refuse)
    if request.param == "nothing":
        monkeypatch.setattr(STAT, lambda _pid: [])


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(FOREVER) as process:
        yield process
        process.kill()


def test_a_child_is_left_to_whoever_waits_for_it(child: subprocess.Popen[bytes]) -> None:
    handle = ProcessHandle(child.pid)
    assert not handle.has_ended()
    assert handle.send(signal.SIGTERM)
    assert handle.has_ended(30)
    assert child.wait() == -signal.SIGTERM
    assert handle.has_ended()
    assert not handle.send(signal.SIGKILL)
    handle.kill()
    handle.close()
    handle.close()


def test_a_process_that_is_no_child() -> None:
    """It becomes that of somebody who waits for it."""
    starting = subprocess.Popen(["sh", "-c", "sleep 1000 & echo $!; wait"], stdout=subprocess.PIPE)
    with starting:
        assert starting.stdout is not None
        handle = ProcessHandle(int(starting.stdout.readline()))
        assert not handle.has_ended(0.01)
        handle.kill()
        assert starting.wait() == 0
    assert handle.has_ended(30)
    handle.close()


def test_no_such_process(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    with pytest.raises(ProcessLookupError):
        ProcessHandle(child.pid)


def test_one_whose_number_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its number it could not be told; by the time when it began it can."""
    monkeypatch.setattr(os, "pidfd_open", refuse)
    monkeypatch.setattr(STAT, lambda _pid: ["S", *"1" * 30])
    handle = ProcessHandle(os.getppid())
    assert not handle.has_ended()
    monkeypatch.setattr(STAT, lambda _pid: ["S", *"2" * 30])
    assert handle.has_ended()
    assert not handle.send(signal.SIGCONT)
