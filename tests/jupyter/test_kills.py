"""Processes that are killed: of the program, and the kernel's own."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

from tests.support.jupyter import TIMEOUT, notebook
from tests.support.leaks import MARK, living, wait_for


def test_the_program_and_all_else(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with notebook(tmp_path, **{MARK: mark}) as cpp:
        cpp.run("#include <unistd.h>\n#include <signal.h>\nint kept = 5;")
        program = int(cpp.value("getpid()").split()[-1])
        os.kill(program, signal.SIGKILL)
        # Until it is dead the next input would be what it dies in.
        assert wait_for(lambda: not Path(f"/proc/{program}").exists())
        assert cpp.value("kept") == "(int) 5"
        assert cpp.run("kill(getppid(), SIGKILL); pause();").error
        assert cpp.value("kept") == "(int) 5"
        # Forks hold the descriptors, and outlive their input.
        assert cpp.run("pid_t child = fork(); if (!child) for (;;) pause();").kinds == []
        assert cpp.run("raise(SIGSEGV);").error["ename"] == "SIGSEGV"
        assert cpp.value("kept") == "(int) 5"
        # Whoever was to end it has been killed above.
        assert cpp.run("kill(child, SIGKILL);").kinds == []
        assert living(mark)
        os.kill(cpp.manager.provisioner.pid, signal.SIGKILL)  # type: ignore[union-attr]
        assert wait_for(lambda: not living(mark))


def test_restart(tmp_path: Path) -> None:
    with notebook(tmp_path) as cpp:
        cpp.run("int gone = 1;")
        cpp.manager.restart_kernel(now=False)
        cpp.client.wait_for_ready(timeout=TIMEOUT)
        assert cpp.run("gone").error["ename"] == "CompileError"
        assert cpp.value("1 + 1") == "(int) 2"
