"""Functions of C++ in other processes: what a worker's session costs, and what two workers gain."""

from __future__ import annotations

import os
import pickle
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from repl import Session
from tests.benchmarks.measure import table

_CODE = """
#include <random>
#include <string>
#include <vector>
double simulate(int seed) {
  std::mt19937_64 random(seed);
  double sum = 0;
  for (int i = 0; i < %d; ++i)
    sum += std::uniform_real_distribution<double>(0, 1)(random);
  return sum;
}
int nothing(int n) { return n; }
"""
_ADDITIONS = 2_000_000  # of a task, some 20 ms
_TASKS = 64
_START = """
import pickle, sys, time
data = sys.stdin.buffer.read()
started = time.perf_counter()
import repl.python.scopes, repl.python.sent
from repl.program.linker_import import import_linker
import_linker()
imported = time.perf_counter()
function = pickle.loads(data)
function(1)
called = time.perf_counter()
function(1)
print(imported - started, called - imported, time.perf_counter() - called)
"""


def benchmark(runs: int) -> None:
    """Print the medians."""
    with Session(optimisation=2) as session:
        session.run(_CODE % _ADDITIONS)
        started = time.perf_counter()
        nothing = pickle.dumps(session.gbl.nothing)
        first = time.perf_counter() - started
        started = time.perf_counter()
        pickle.dumps(session.gbl.nothing)
        again = time.perf_counter() - started
        rows = [
            ["pickle a function for the first time", f"{first * 1e3:.1f} ms"],
            ["... again", f"{again * 1e3:.2f} ms"],
            ["size of the pickle", f"{len(nothing) / 1024:.0f} KiB"],
            *_starts(nothing, runs),
        ]
        print("\nA function in a fresh process\n")
        print(table(["what", "median"], rows))
        print(f"\n{_TASKS} tasks, by ProcessPoolExecutor ({os.cpu_count()} processors)\n")
        print(table(["processes", "s", "tasks/s", "gain"], _scaling(session, runs)))


def _starts(data: bytes, runs: int) -> list[list[str]]:
    command = [sys.executable, "-c", _START]
    found = [
        [
            float(word)
            for word in subprocess.run(
                command, input=data, capture_output=True, check=True
            ).stdout.split()
        ]
        for _ in range(runs)
    ]
    names = ("import forkrepl and numpy", "begin the session, first call", "second call")
    columns = zip(*found, strict=True)
    return [
        [name, f"{statistics.median(column) * 1e3:.2f} ms"]
        for name, column in zip(names, columns, strict=True)
    ]


def _scaling(session: Session, runs: int) -> list[list[str]]:
    simulate = session.gbl.simulate
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(runs):
        for count, found in seconds.items():
            with ProcessPoolExecutor(count, mp_context=get_context("fork")) as pool:
                list(pool.map(simulate, range(2 * count)))  # all have begun
                started = time.perf_counter()
                list(pool.map(simulate, range(_TASKS)))
                found.append(time.perf_counter() - started)
    one = statistics.median(seconds[1])
    return [
        [
            str(count),
            f"{statistics.median(found):.2f}",
            f"{_TASKS / statistics.median(found):.0f}",
            f"{one / statistics.median(found):.2f}",
        ]
        for count, found in seconds.items()
    ]
