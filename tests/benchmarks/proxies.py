"""The proxies benchmark: what is called by ``Session.gbl``, beside numpy and cppyy."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from tests.benchmarks.measure import each_time, table

if TYPE_CHECKING:
    from repl import Session

_DECLARED = """
#include <functional>
#include <vector>
int add(int a, int b) { return a + b; }
struct Point { double x = 1, y = 2; double norm() const { return x * x + y * y; } };
double total(const double *p, size_t n) { double t = 0; for (size_t i = 0; i < n; ++i) t += p[i]; return t; }
double polynomial(double x) { return (x * x + 1) * x; }
int applied(const std::function<int(int)> &f, int x) { return f(x); }
std::vector<double> million(1000000, 0.5);
"""  # noqa: E501
_FAST, _SLOW, _ONCE = 2000, 50, 5  # of each in a run
_SIZE = 1_000_000

_CPPYY = """
import time, cppyy
cppyy.cppdef('''DECLARED''')
gbl = cppyy.gbl
point = gbl.Point()
ways = {
    "a function": lambda: gbl.add(1, 2),
    "a member": lambda: point.x,
    "a method": lambda: point.norm(),
    "a callback": lambda: gbl.applied(function, 1),
}
def function(x: int) -> int:
    return x + 1
for way, once in ways.items():
    once()
    times = []
    for _ in range(5000):
        started = time.perf_counter()
        once()
        times.append(time.perf_counter() - started)
    print(way, sorted(times)[2500], sep=":")
"""


def benchmark(runs: int) -> None:
    """Print the medians. CPPYY in the environment: a Python that has cppyy, which is measured
    too."""
    from repl import Session

    with Session(optimisation=2) as session:
        session.run(_DECLARED)
        seconds: dict[str, list[float]] = {}
        for _ in range(runs):
            for way, once, count, context in _ways(session):
                with context:
                    seconds.setdefault(way, []).extend(each_time(once, count))
    theirs = _cppyy()
    rows = [
        [way, _us(statistics.median(taken)), _us(theirs[way]) if way in theirs else ""]
        for way, taken in seconds.items()
    ]
    print(f"\nC++ from Python, {runs} runs in turns; unprotected, unless it says otherwise\n")
    print(table(["what", "us", "cppyy, in its process"], rows))


def _ways(
    session: Session,
) -> Iterator[tuple[str, Callable[[], object], int, AbstractContextManager[None]]]:
    import numpy as np

    gbl, numbers = session.gbl, np.random.default_rng(1).random(_SIZE)
    shared = session.empty(_SIZE)
    shared[:] = numbers
    point, vectorized = gbl.Point(), session.vectorize("polynomial")
    plain = np.vectorize(lambda x: (x * x + 1) * x)
    unprotected = session.unprotected
    yield "a function", lambda: gbl.add(1, 2), _FAST, unprotected()
    yield "a function, protected", lambda: gbl.add(1, 2), _SLOW, nullcontext()
    yield "a member", lambda: point.x, _FAST, unprotected()
    yield "a method", lambda: point.norm(), _FAST, unprotected()
    yield "a callback", lambda: gbl.applied(_next, 1), _FAST, unprotected()
    yield "an object made and dropped", lambda: gbl.Point(), _FAST, unprotected()
    yield "a wrapper compiled", lambda: _compile(session), _ONCE, nullcontext()
    yield "a million doubles in", lambda: gbl.total(numbers, _SIZE), _ONCE, unprotected()
    yield "a million doubles in, shared", lambda: gbl.total(shared, _SIZE), _ONCE, unprotected()
    yield "a million doubles out", lambda: np.asarray(gbl.million), _ONCE, nullcontext()
    yield "vectorize, a million", lambda: vectorized(numbers), _ONCE, unprotected()
    yield "vectorize, shared", lambda: vectorized(shared), _ONCE, unprotected()
    yield "numpy: (x * x + 1) * x", lambda: (numbers * numbers + 1) * numbers, _ONCE, nullcontext()
    yield "numpy.vectorize", lambda: plain(numbers), 1, nullcontext()


def _next(x: int) -> int:
    return x + 1


def _compile(session: Session) -> object:
    from repl.python.functions import CppFunction

    return CppFunction(session.gbl._bridge, "::add")(1, 2)


def _cppyy() -> dict[str, float]:
    if "CPPYY" not in os.environ:
        return {}
    script = _CPPYY.replace("DECLARED", _DECLARED)
    command = [os.environ["CPPYY"], "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    pairs = (line.split(":") for line in done.stdout.splitlines() if ":" in line)
    return {way: float(taken) for way, taken in pairs}


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f}"
