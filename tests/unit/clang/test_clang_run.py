"""A run of Clang: what ends it, and what does not wait for its end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from repl.clang.clang_run import ClangMode, ClangRun
from tests.support.leaks import wait_for

# It says its status, 3, where it is told to, and stays.
_STAYS = """#!{python}
import os, sys, time
os.write(1, b"object")
os.write(int(sys.argv[3]), bytes([3]))
time.sleep(1000)
"""


def test_a_process_that_is_still_ending_is_not_waited_for(tmp_path: Path) -> None:
    program = tmp_path / "frontend"
    program.write_text(_STAYS.format(python=sys.executable))
    program.chmod(0o700)
    with ClangRun(program, [], mode=ClangMode.PROGRAM) as run:
        assert (run.status(), run.outputs()) == (3, (b"object",))
    process = Path(f"/proc/{run.pid}")
    assert process.exists()
    os.kill(run.pid, signal.SIGKILL)
    assert wait_for(lambda: not process.exists(), 30)  # not even as a zombie


def test_where_there_is_no_room_for_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    program = tmp_path / "frontend"
    program.write_text(_STAYS.format(python=sys.executable))
    program.chmod(0o700)
    with ClangRun(program, [], mode=ClangMode.PROGRAM) as run:
        assert run.status() == 3
        monkeypatch.setattr(threading.Thread, "start", refuse)
    assert not Path(f"/proc/{run.pid}").exists()
