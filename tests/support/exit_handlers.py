"""Programs that register what runs at their end, here and as natively compiled."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.program import TIMEOUT, Run
from tests.support.runtime import make_object

MEMORIES = ("shared", "stream", "in-process")


def as_shell(returncode: int) -> int:
    return 128 - returncode if returncode < 0 else returncode


COMMON = """\
#include <cstdio>
#include <cstdlib>
#include <csignal>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
void say(const char *text) { puts(text); fflush(stdout); }
struct Noisy { const char *name; ~Noisy() { say(name); } };
void with_status(int status, void *name) { printf("%s %d\\n", (char *)name, status); }
"""


def whole(program: str) -> str:
    """With what it needs; ``<thread>`` takes compilers longer than all else."""
    return COMMON + ("#include <thread>\n" if "std::thread" in program else "") + program


def natively(folder: Path, source: str) -> tuple[str, int]:
    """Output and exit status, for a signal as a shell would have it."""
    code = make_object(folder / "native.o", source, "-fPIC", language="c++")
    subprocess.run(["g++", "-o", folder / "native", code], check=True)
    done = subprocess.run(
        [folder / "native"], capture_output=True, text=True, check=False, timeout=TIMEOUT
    )
    return done.stdout, as_shell(done.returncode)


def linked(forkrepl: Run, folder: Path, source: str) -> dict[str, tuple[str, int]]:
    """The same of ``forkrepl link``, in each kind of memory."""
    code = make_object(folder / "code.o", source, "-fPIC", language="c++")
    runs = {memory: forkrepl("link", f"--memory={memory}", code) for memory in MEMORIES}
    return {memory: (run.stdout, as_shell(run.returncode)) for memory, run in runs.items()}
