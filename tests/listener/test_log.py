"""A listener whose log nobody reads goes on, and ends when it is told to."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.executor_client.remote import RemoteExecutor
from runtime.protocol.handshake import GREETING
from runtime.protocol.listener_address import Listener, UnixAddress, connect
from tests.support.leaks import wait_for
from tests.support.program import PROGRAM, TIMEOUT

F_SETPIPE_SZ = 1031


@contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """Its two ends; there is no room in it."""
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, F_SETPIPE_SZ, 4096)
        os.set_blocking(writing, False)
        os.write(writing, b"x" * 4096)
        os.set_blocking(writing, True)
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


@contextmanager
def listener_with(
    folder: Path, environment: dict[str, str], **streams: int
) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(PROGRAM), "executor", "--listen", "unix:socket", "--token-file", "token"]
    with subprocess.Popen(command, cwd=folder, env=environment, **streams) as process:  # type: ignore[call-overload]
        try:
            assert wait_for((folder / "token").exists)
            yield process
        finally:
            process.kill()


def refused_peer(folder: Path) -> None:
    """One of whom the log tells."""
    with connect(UnixAddress(str(folder / "socket")), TIMEOUT) as peer:
        peer.sendall(b"nonsense")
        while peer.recv(GREETING.size):
            pass


def listener_in(folder: Path) -> Listener:
    address = UnixAddress(str(folder / "socket"))
    return Listener(address, (folder / "token").read_text().strip())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nobody_reads_the_log(
    tmp_path: Path, environment: dict[str, str], number: signal.Signals
) -> None:
    with (
        full_pipe() as (_, log),
        listener_with(tmp_path, environment, stdout=subprocess.DEVNULL, stderr=log) as process,
    ):
        for _ in range(3):
            refused_peer(tmp_path)
        with RemoteExecutor(listener_in(tmp_path)) as executor:
            assert executor.lookup(["malloc"]) != [0]
        process.send_signal(number)
        assert process.wait(TIMEOUT) == 0
    assert not (tmp_path / "socket").exists()
    assert not (tmp_path / "token").exists()


def test_somebody_reads_the_log_late(tmp_path: Path, environment: dict[str, str]) -> None:
    with (
        full_pipe() as (reading, log),
        listener_with(tmp_path, environment, stdout=subprocess.DEVNULL, stderr=log) as process,
    ):
        refused_peer(tmp_path)
        assert os.read(reading, 4096) == b"x" * 4096
        line = os.read(reading, 4096)
        assert line == b"forkrepl executor: refused a peer: it does not speak forkrepl's protocol\n"
        process.terminate()
        assert process.wait(TIMEOUT) == 0


def test_nobody_reads_where_it_listens(tmp_path: Path, environment: dict[str, str]) -> None:
    with (
        full_pipe() as (_, output),
        listener_with(tmp_path, environment, stdout=output, stderr=subprocess.DEVNULL) as process,
    ):
        process.terminate()
        assert process.wait(TIMEOUT) == 0
    assert not (tmp_path / "token").exists()
