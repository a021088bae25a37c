"""What it costs that nothing loses the session: checkpoints, going back, undoing."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed
from repl.input.source import Source
from repl.session.live_session import LiveSession
from tests.benchmarks.measure import table

_BALLAST = {"small": 0, "1 MB": 1 << 20, "100 MB": 100 << 20, "1 GB": 1 << 30}
_ROUNDS = 60


def benchmark(runs: int) -> None:
    """Print the tables; ``runs`` times ten inputs of each kind are timed, in turns."""
    rounds = max(runs * 10, _ROUNDS)
    rows = [[name, *_figures(size, rounds)] for name, size in _BALLAST.items()]
    print("\nAn input, a crash and going back, by the size of the program's heap (medians, ms)\n")
    head = [
        "heap",
        "input, no checkpoint",
        "input",
        "of it waiting for the checkpoint",
        "crash to prompt",
        "the next input",
        "%undo",
        "%rewind 1",
        "input that writes all of it",
        "the same, no checkpoint",
    ]
    print(table(head, rows))


def _figures(ballast: int, rounds: int) -> list[str]:
    with ExitStack() as stack:
        safe = stack.enter_context(LiveSession(SessionOptions(recover=True)))
        plain = stack.enter_context(LiveSession(SessionOptions()))
        for session in (safe, plain):
            for header in ("cstdio", "cstdlib", "cstring", "ctime"):
                _run(session, f"#include <{header}>")
            _run(session, "int x = 0;")
            _run(session, f"char *ballast = (char *)malloc({ballast} + 1);")
            _run(session, f"memset(ballast, 1, {ballast} + 1);")
        inputs: dict[str, list[float]] = {}
        since_crash = inputs["crash"] = []
        stamp = Path(stack.enter_context(tempfile.TemporaryDirectory()), "stamp")

        def timed(name: str, action: Callable[[], None]) -> None:
            started = time.perf_counter()
            action()
            inputs.setdefault(name, []).append((time.perf_counter() - started) * 1e3)
            for session in (safe, plain):
                session.prepare()  # as the shell does
            time.sleep(0.02)  # somebody types: checkpoints are made meanwhile

        for number in range(rounds):
            timed("plain", partial(_run, plain, f"x = {number};"))
            timed("safe", partial(_run, safe, f"x = {number};"))
            timed("attend", safe.attend)
            timed("crashing input", lambda: since_crash.append(_crash(safe, stamp)))
            timed("next", partial(_run, safe, f"x = -{number};"))
            _run(safe, f"int to_undo_{number} = {number};")
            timed("undo", safe.undo)
            _run(safe, "x = 1;")
            timed("rewind", safe.rewind)
        for _ in range(10):
            timed("write", partial(_run, safe, f"memset(ballast, 2, {ballast} + 1);"))
            timed("plain write", partial(_run, plain, f"memset(ballast, 2, {ballast} + 1);"))
    names = ["plain", "safe", "attend", "crash", "next", "undo", "rewind", "write", "plain write"]
    return [f"{statistics.median(inputs[name]):.2f}" for name in names]


def _run(session: LiveSession, text: str) -> None:
    session.run(Source(text, "bench"))


def _crash(session: LiveSession, stamp: Path) -> float:
    """Milliseconds from the crash to the next prompt: the program writes down when."""
    text = (
        f'{{ FILE *file = fopen("{stamp}", "w"); timespec now;'
        " clock_gettime(CLOCK_MONOTONIC, &now);"
        ' fprintf(file, "%ld.%09ld", now.tv_sec, now.tv_nsec); fclose(file);'
        " *(volatile int *)0 = 1; }"
    )
    with contextlib.suppress(ProgramCrashed):
        _run(session, text)
    return (time.monotonic() - float(stamp.read_text())) * 1e3
