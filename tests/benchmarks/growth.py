"""How a session grows: time for an input, and what each process holds, over 10,000 inputs."""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter
from pathlib import Path

from tests.benchmarks.measure import table
from tests.benchmarks.shell import snippets

_INPUTS = 10_000
_WINDOW = 100  # inputs of which the median counts
_SHOWN = (100, 1_000, 2_000, 4_000, 6_000, 8_000, 10_000)


def _descendants(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text()
            except OSError:  # it has just ended
                continue
            parents[int(entry.name)] = int(status.rpartition(")")[2].split()[1])
    found = [root]
    for pid in found:  # which grows
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _kind(pid: int, root: int) -> str:
    if pid == root:
        return "controller"
    command = Path(f"/proc/{pid}/cmdline").read_bytes()
    for kind in ("frontend", "executor", "code_generator"):
        if kind.encode() in command:
            return kind
    return "other"


def _memory(pid: int) -> int:
    """Proportional, in KiB: what processes share counts once."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _held(root: int) -> tuple[Counter[str], Counter[str]]:
    """By kind of process: KiB, and how many there are."""
    memory: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for pid in _descendants(root):
        try:
            kind, size = _kind(pid, root), _memory(pid)
        except OSError:  # it has just ended
            continue
        memory[kind] += size
        number[kind] += 1
    return memory, number


def _mappings(pid: int) -> int:
    return len(Path(f"/proc/{pid}/maps").read_text().splitlines())


def benchmark(_: int) -> None:
    """Print the table: a session that recovers from crashes, one input at a time."""
    from repl.configuration.session_options import SessionOptions
    from repl.input.source import Source
    from repl.python.session import Session

    kinds = ("controller", "frontend", "code_generator", "executor")
    rows = []
    with Session(SessionOptions(recover=True, cache=False)) as session:
        latencies = []
        for number, text in enumerate(snippets(_INPUTS), 1):
            started = time.perf_counter()
            session.run(Source(text, "bench"))
            latencies.append(time.perf_counter() - started)
            if number in _SHOWN:
                median = statistics.median(latencies[-_WINDOW:])
                first = statistics.median(latencies[:_WINDOW])
                memory, processes = _held(os.getpid())
                rows.append(
                    [
                        f"{number:,}",
                        f"{median * 1e3:.2f}",
                        f"{median / first:.2f}",
                        *(f"{memory[kind] >> 10} ({processes[kind]})" for kind in kinds),
                        str(_mappings(session.executor_pid)),
                    ]
                )
    print(f"\nA session as it grows (medians of the {_WINDOW} inputs up to each; MiB, processes)\n")
    header = ["input", "ms", "/ first", *kinds, "mappings"]
    print(table(header, rows))
