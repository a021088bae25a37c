"""Many sessions at once, of one user: each gets what is its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from runtime.executor_client.memory_limit import machine_memory
from tests.support.program import PROGRAM, user_environment

SESSIONS = 100
"""Of a crowd, if the machine has the memory."""

_EACH = 160 << 20  # bytes that a session takes, with Clang and the code generator
_PATIENCE = 900.0  # s, for all


def crowd(folder: Path, count: int) -> list[str]:
    """Start sessions, and only when all have answered let them go: what is wrong."""
    environment = user_environment(folder)
    sessions = [_start(folder, environment) for _ in range(count)]
    problems = []
    for number, session in enumerate(sessions):
        assert session.stdin is not None
        session.stdin.write(f"#include <string>\nint n = {number};\nn\nstd::to_string(n)\n")
        session.stdin.flush()
    for number, session in enumerate(sessions):  # all are there until all have answered
        assert session.stdout is not None
        answers = [session.stdout.readline(), session.stdout.readline()]
        if answers != [f"(int) {number}\n", f'(std::string) "{number}"\n']:
            problems.append(f"session {number} gave {answers}")
    for number, session in enumerate(sessions):
        _, errors = session.communicate("n = missing;\n", _PATIENCE)
        if session.returncode != 1 or "undeclared identifier 'missing'" not in errors:
            problems.append(f"session {number} ended with {session.returncode}: {errors}")
    return problems


def _start(folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, "-q", "--no-cache"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        text=True,
    )


def benchmark() -> None:
    """Print how long it takes."""
    count = min(SESSIONS, machine_memory() // 2 // _EACH)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        problems = crowd(Path(folder), count)
        seconds = time.monotonic() - began
    print(f"\n{count} sessions at once, on {os.cpu_count()} processors: {seconds:.1f} s")
    print("\n".join(problems) or "each got what is its own")
