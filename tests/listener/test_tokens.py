"""A token file is its listener's, takes no other file's place, and no program inherits a token."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.listener import RunningListener, running_listener
from tests.support.program import Run
from tests.support.runtime import compile_source

SECRET = "not for programs"
ASKS = '#include <cstdlib>\ngetenv("FORKREPL_TOKEN") == nullptr'
ASKS_IN_C = '#include <stdlib.h>\nint main(void) { return getenv("FORKREPL_TOKEN") ? 1 : 42; }'

Listen = Callable[..., RunningListener]


@pytest.fixture
def listen(tmp_path: Path, environment: dict[str, str]) -> Iterator[Listen]:
    """Start listeners that write the token file ``token``; they end with the test."""
    with ExitStack() as stack:

        def start(kind: str = "unix", file: str = "token", **changes: str) -> RunningListener:
            listener = running_listener(tmp_path, environment | changes, kind, "--token-file", file)
            return stack.enter_context(listener)

        yield start


def make(path: Path, kind: str) -> None:
    if kind == "a file":
        path.write_text("precious")
    elif kind == "an empty file":
        path.touch()
    elif kind == "a secret of another kind":
        path.write_text("A" * 43 + "\n")
    elif kind == "a token and more":
        path.write_text(f"forkrepl-{'A' * 43}\nprecious\n")
    elif kind == "a link":
        (path.parent / "target").write_text(f"forkrepl-{'A' * 43}\n")
        path.symlink_to("target")
    elif kind == "a link to nothing":
        path.symlink_to("nowhere")
    elif kind == "a folder":
        path.mkdir()
    else:
        os.mkfifo(path)


@pytest.mark.parametrize(
    "kind",
    [
        *("a file", "an empty file", "a secret of another kind", "a token and more"),
        *("a link", "a link to nothing", "a folder", "a FIFO"),
    ],
)
def test_what_is_there_stays(forkrepl: Run, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "token"
    make(path, kind)
    before = path.lstat()
    contents = path.read_bytes() if path.is_file() else b""
    result = forkrepl("executor", "--listen", "unix:socket", "--token-file", "token")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "forkrepl: error: cannot write token: it exists, and is no listener's token file: "
        "name another, or remove it\n"
    )
    assert os.path.samestat(path.lstat(), before)
    assert contents == (path.read_bytes() if path.is_file() else b"")
    assert not (tmp_path / "socket").exists()
    assert not list(tmp_path.glob(".token*"))


def test_what_a_killed_listener_has_left_is_replaced(
    listen: Listen, forkrepl: Run, tmp_path: Path
) -> None:
    listen().stop(signal.SIGKILL)
    left = (tmp_path / "token").read_text()
    second = listen()
    assert (tmp_path / "token").read_text() != left
    again = forkrepl("executor", "--listen", "localhost:0", "--token-file", "token")
    assert (again.returncode, again.stdout) == (1, "")
    assert "token file of a listener that runs" in again.stderr
    result = forkrepl("--connect", second.address, "--token-file", "token", "-c", "6 * 7")
    assert (result.stdout, result.stderr) == ("(int) 42\n", "")
    second.stop()
    assert not (tmp_path / "token").exists()


def test_a_file_that_took_its_place_stays(listen: Listen, tmp_path: Path) -> None:
    listener = listen()
    (tmp_path / "token").unlink()
    (tmp_path / "token").write_text("precious")
    assert listener.stop() == 0
    assert (tmp_path / "token").read_text() == "precious"


def test_under_umask_0_socket_and_token_are_private(listen: Listen, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        listen()
    finally:
        os.umask(before)
    for name in ("socket", "token"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read files that others keep private")
def test_root_takes_no_token_from_others(forkrepl: Run, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("chosen by somebody\n")
    path.chmod(0o600)
    os.chown(path, 65534, 65534)
    result = forkrepl("--connect", "unix:nowhere", "--token-file", "token", "-c", "1")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the token file token is of another user (number 65534)" in result.stderr
    # Nor does its listener take the place of such a file.
    path.write_text(f"forkrepl-{'A' * 43}\n")
    result = forkrepl("executor", "--listen", "unix:socket", "--token-file", "token")
    assert (result.returncode, path.read_text()) == (1, f"forkrepl-{'A' * 43}\n")


def test_no_program_inherits_the_token(listen: Listen, forkrepl: Run, tmp_path: Path) -> None:
    main = tmp_path / "main.o"
    main.write_bytes(compile_source(ASKS_IN_C, "-fPIC"))
    here = forkrepl("-c", ASKS, FORKREPL_TOKEN=SECRET)
    assert (here.stdout, here.stderr) == ("(bool) true\n", "")
    asked = forkrepl("-c", "%env FORKREPL_TOKEN", FORKREPL_TOKEN=SECRET)
    assert asked.stderr == "%env: FORKREPL_TOKEN is not set\n"
    for memory in ("shared", "stream", "in-process"):
        result = forkrepl("link", f"--memory={memory}", main, FORKREPL_TOKEN=SECRET)
        assert result.returncode == 42, (memory, result.stderr)
    listener = listen(FORKREPL_TOKEN=SECRET)
    there = forkrepl("--connect", listener.address, "--token-file", "token", "-c", ASKS)
    assert (there.stdout, there.stderr) == ("(bool) true\n", "")
