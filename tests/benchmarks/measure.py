"""Timing whole commands in turns, and what the rivals are called."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FORKREPL = Path(sys.executable).parent / "forkrepl"
CLANG_REPL = shutil.which("clang-repl-22")
_LLVM = Path("/usr/lib/llvm-22")
_EXECUTOR = _LLVM / "bin/llvm-jitlink-executor"
_ORC_RUNTIME = _LLVM / "lib/clang/22/lib/linux/liborc_rt-x86_64.a"


@dataclass(frozen=True)
class Timings:
    """Seconds of wall time, one for each counted run."""

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
    if _EXECUTOR.exists() and _ORC_RUNTIME.exists():
        remote = [
            CLANG_REPL,
            f"--oop-executor={_EXECUTOR}",
            f"--orc-runtime={_ORC_RUNTIME}",
        ]
        modes["clang-repl, out of process, stream"] = remote
        modes["clang-repl, out of process, shared"] = [*remote, "--use-shared-memory"]
    return modes


def in_turns(
    commands: Mapping[str, Callable[[], None]], runs: int, warm_up: int = 1
) -> dict[str, Timings]:
    """Run all in turn, A B C A B C ..., and time each."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(warm_up + runs):
        for name, command in commands.items():
            started = time.perf_counter()
            command()
            if turn >= warm_up:
                seconds[name].append(time.perf_counter() - started)
    return {name: Timings(tuple(values)) for name, values in seconds.items()}


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
