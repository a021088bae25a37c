"""The calls benchmark: the round trip of a call of a compiled function, beside other ways."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import each_time, table

_SOURCE = """\
extern "C" int next(int i) { return i + 1; }
extern "C" void call_next(unsigned char *block) { *(int *)block = next(*(int *)block); }
"""
_CALLS = 2000  # a run
_PROTECTED = 50
_VALUES = 10

# With CPPYY, an interpreter that has it: what it says is the time of one call.
_CPPYY = """
import time, cppyy
cppyy.cppdef('int next_number(int i) { return i + 1; }')
call, times = cppyy.gbl.next_number, []
for _ in range(10000):
    started = time.perf_counter()
    call(1)
    times.append(time.perf_counter() - started)
times.sort()
print(times[5000], times[9500])
"""


def benchmark(runs: int) -> None:
    """Print median and 95th percentile of each way. CPPYY in the environment: a Python that has
    cppyy, which is measured too."""
    from repl.configuration.session_options import SessionOptions
    from repl.session.live_session import LiveSession

    with (
        tempfile.TemporaryDirectory() as folder,
        LiveSession(SessionOptions(recover=True)) as session,
    ):
        session.run(_SOURCE)
        with session.using_program() as program:
            definition = program.find_definition("call_next")
        assert definition is not None
        address, numbers = definition.address, session.call_block.cast("i")

        def call() -> None:
            numbers[0] = 1
            session.call(address)
            assert numbers[0] == 2

        native = _in_this_process(Path(folder))
        ways: dict[str, tuple[Callable[[], object], int]] = {
            "ctypes, in this process": (lambda: native(1), _CALLS),
            "a call, unprotected": (call, _CALLS),
            "a call, protected": (call, _PROTECTED),
            'session.value("next(1)")': (lambda: session.value("next(1)"), _VALUES),
        }
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(runs):
            for way, (once, count) in ways.items():
                if "unprotected" in way:
                    with session.unprotected():
                        seconds[way] += each_time(once, count)
                else:
                    seconds[way] += each_time(once, count)
    rows = [
        [way, _us(statistics.median(taken)), _us(sorted(taken)[len(taken) * 95 // 100])]
        for way, taken in seconds.items()
    ]
    if "CPPYY" in os.environ:
        done = subprocess.run(
            [os.environ["CPPYY"], "-c", _CPPYY], capture_output=True, text=True, check=True
        )
        rows.insert(1, ["cppyy, in its process", *map(_us, map(float, done.stdout.split()))])
    print(f"\nA call of int next(int), {runs} runs in turns\n")
    print(table(["way", "median us", "95 % us"], rows))


def _in_this_process(folder: Path) -> Callable[[int], int]:
    library = folder / "next.so"
    source = folder / "next.cpp"
    source.write_text(_SOURCE)
    subprocess.run(["g++", "-shared", "-fPIC", source, "-o", library], check=True)
    function = ctypes.CDLL(str(library)).next
    function.argtypes, function.restype = [ctypes.c_int], ctypes.c_int
    return function


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.1f}"
