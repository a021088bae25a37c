"""Timing whole commands in turns, and what the rivals are called."""

from __future__ import annotations

import ctypes
import os
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)
Result = TypeVar("Result")

FORKREPL = Path(sys.executable).parent / "forkrepl"
CLANG_REPL = shutil.which("clang-repl-22")
JITLINK = shutil.which("llvm-jitlink-22")
_LLVM = Path("/usr/lib/llvm-22")
EXECUTOR = _LLVM / "bin/llvm-jitlink-executor"
ORC_RUNTIME = _LLVM / "lib/clang/22/lib/linux/liborc_rt-x86_64.a"

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


@dataclass(frozen=True)
class Timings:
    """Seconds, one number for each counted run."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.seconds)

    def ratio_to(self, other: Timings) -> float:
        """The median of the ratios run by run: the machine's drift cancels out."""
        return statistics.median(
            mine / theirs for mine, theirs in zip(self.seconds, other.seconds, strict=True)
        )


def clang_repl_modes() -> dict[str, list[str]]:
    """Name and command line of each mode of clang-repl 22 that is installed."""
    if CLANG_REPL is None:
        return {}
    modes = {"clang-repl, in-process": [CLANG_REPL]}
    if EXECUTOR.exists() and ORC_RUNTIME.exists():
        remote = [
            CLANG_REPL,
            f"--oop-executor={EXECUTOR}",
            f"--orc-runtime={ORC_RUNTIME}",
        ]
        modes["clang-repl, out of process, stream"] = remote
        modes["clang-repl, out of process, shared"] = [*remote, "--use-shared-memory"]
    return modes


def each_time(once: Callable[[], object], count: int) -> list[float]:
    """Seconds of each of so many calls, after one that does not count."""
    once()
    times = []
    for _ in range(count):
        started = time.perf_counter()
        once()
        times.append(time.perf_counter() - started)
    return times


def in_turns(
    commands: Mapping[str, Callable[[], None]], runs: int, warm_up: int = 1
) -> dict[str, Timings]:
    """Run all in turn and time each."""

    def timed(command: Callable[[], None]) -> float:
        started = time.perf_counter()
        command()
        return time.perf_counter() - started

    measurements = {name: partial(timed, command) for name, command in commands.items()}
    return {
        name: Timings(tuple(values))
        for name, values in results_in_turns(measurements, runs, warm_up).items()
    }


def results_in_turns(
    measurements: Mapping[Name, Callable[[], Result]], runs: int, warm_up: int = 1
) -> dict[Name, list[Result]]:
    """Make all measurements in turn, A B C A B C ...; what each gives, run by run.

    The first ``warm_up`` turns are not counted.
    """
    results: dict[Name, list[Result]] = {name: [] for name in measurements}
    for turn in range(warm_up + runs):
        for name, measure in measurements.items():
            result = measure()
            if turn >= warm_up:
                results[name].append(result)
    return results


@dataclass(frozen=True)
class Finished:
    """A command that ended well: what it printed, and what all its processes used.

    ``seconds`` is wall time, ``kernel_seconds`` processor time inside the kernel.
    """

    output: str
    errors: str
    seconds: float
    kernel_seconds: float
    page_faults: int


def run_to_the_end(
    command: Sequence[str | os.PathLike[str]], environment: Mapping[str, str] | None = None
) -> Finished:
    """Run a command and wait for it and for processes that it leaves behind.

    Changes this process: orphans become its children from now on. Raises SystemExit,
    with what the command said, if it fails.
    """
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit(f"prctl: {os.strerror(ctypes.get_errno())}")
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        usages = [used, *_usages_of_orphans()]
        output.seek(0)
        errors.seek(0)
        finished = Finished(
            output.read(),
            errors.read(),
            seconds,
            sum(usage.ru_stime for usage in usages),
            sum(usage.ru_minflt + usage.ru_majflt for usage in usages),
        )
    if process.returncode != 0:
        raise SystemExit(
            f"status {process.returncode} of {shlex.join(map(str, command))}\n{finished.errors}"
        )
    return finished


def _usages_of_orphans() -> Iterator[resource.struct_rusage]:
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def feed(command: Sequence[str | os.PathLike[str]], path: Path) -> Callable[[], None]:
    """A call that runs ``command`` with the file as its standard input."""

    def run() -> None:
        with path.open("rb") as file:
            subprocess.run(command, stdin=file, stdout=subprocess.DEVNULL, check=True)

    return run


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned, the first to the left."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "  ".join([cells[0].ljust(widths[0]), *rest])

    return "\n".join([line(header), line(["-" * width for width in widths]), *map(line, rows)])
