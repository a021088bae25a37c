"""Many cases of one target, in parallel processes, and what becomes of a find."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.fuzz.cases import Case, Find, Target, World
from tests.fuzz.targets import target_named
from tests.fuzz.time_limit import time_limit

FINDS = Path(__file__).resolve().parents[2] / "build" / "fuzz"
"""Where finds are kept for ``--replay``."""

_PR_SET_PDEATHSIG = 1
_MOST_FINDS = 10
"""Of different kinds, after which a process gives up."""

_MOST_CASES = 500
"""In one world, which is then closed: what leaks is found by others."""

_MINIMISING = 60.0
"""Seconds for making a find smaller."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Cases or seconds, whatever is given and comes first; of each process."""

    count: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was tried, by how it ended, and what was found."""

    outcomes: Counter[str]
    finds: list[Find]


def run_campaign(name: str, budget: Budget, seed: int, processes: int) -> Report:
    """Try cases of a target. The case ``number`` of a seed is always the same."""
    if budget.count is not None:
        budget = Budget(-(-budget.count // processes), budget.seconds)
    work = partial(_run, name, budget, seed, processes)
    with ProcessPoolExecutor(processes) as pool:
        reports = list(pool.map(work, range(processes)))
    outcomes = sum((report.outcomes for report in reports), Counter[str]())
    return Report(outcomes, [find for report in reports for find in report.finds])


def try_again(find: Find) -> str | None:
    """What is wrong with a find now; None if nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        return _try_all(target_named(find.target), find.cases, Path(folder))


def _run(name: str, budget: Budget, seed: int, step: int, first: int) -> Report:
    """In a process of its own: the cases ``first``, ``first + step``, and so on."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # the pool would wait for ever
    signal.signal(signal.SIGINT, signal.default_int_handler)
    until = None if budget.seconds is None else time.monotonic() + budget.seconds
    runner = _Runner(target_named(name), seed)
    number = first
    try:
        while not (
            (budget.count is not None and number >= first + step * budget.count)
            or (until is not None and time.monotonic() > until)
            or len(runner.finds) == _MOST_FINDS
        ):
            runner.try_number(number)
            number += step
    finally:
        runner.close()
    return Report(runner.outcomes, list(runner.finds.values()))


class _Runner:
    """Tries cases in worlds, each of which lasts until a find."""

    def __init__(self, target: Target, seed: int) -> None:
        self._target = target
        self._seed = seed
        self._world: World | None = None
        self._folder = Path()
        self._tried: list[Case] = []
        self.outcomes: Counter[str] = Counter()
        self.finds: dict[str, Find] = {}

    def try_number(self, number: int) -> None:
        """One case."""
        case: Case = []
        try:
            world = self._open()
            case = world.make(Random(f"{self._seed} {number}"))
            self._tried.append(case)
            with time_limit(self._target.seconds):
                self.outcomes[world.try_case(case)] += 1
        except KeyboardInterrupt:
            raise
        except BaseException:
            self._note_find(number, case, traceback.format_exc())
        if len(self._tried) >= _MOST_CASES:
            self.close()

    def close(self) -> None:
        """Close the world, if one is open."""
        if self._world is not None:
            world, self._world = self._world, None
            self._tried = []
            with suppress(Exception), time_limit(self._target.seconds):
                world.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self) -> World:
        if self._world is None:
            self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
            self._world = self._target.open(self._folder)
        return self._world

    def _note_find(self, number: int, case: Case, told: str) -> None:
        self.outcomes["FIND"] += 1
        tried = self._tried
        self.close()
        find = Find(self._target.name, self._seed, number, [case], told)
        if find.kind in self.finds:
            return
        self.finds[find.kind] = find
        path = FINDS / f"{find.target}-{hashlib.sha256(find.kind.encode()).hexdigest()[:8]}.json"
        find.save(path)
        print(f"{find.target} {number}: {find.line} ({path})", file=sys.stderr, flush=True)
        smaller = _minimised(self._target, tried if self._target.remembers else tried[-1:])
        if smaller is not None:
            Find(find.target, find.seed, number, smaller, told).save(path)
        else:
            print(f"{find.target} {number}: not again", file=sys.stderr, flush=True)


def _try_all(target: Target, cases: list[Case], folder: Path) -> str | None:
    """Try cases one after another in a new world: what is wrong with one of them."""
    world: World | None = None
    try:
        world = target.open(folder)
        for case in cases:
            with time_limit(target.seconds):
                world.try_case(case)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return traceback.format_exc()
    finally:
        if world is not None:
            with suppress(Exception), time_limit(target.seconds):
                world.close()
    return None


def _minimised(target: Target, cases: list[Case]) -> list[Case] | None:
    """Fewer cases of fewer pieces that are a find, too; None if these are not, again."""
    until = time.monotonic() + _MINIMISING

    def fails(tried: list[Case]) -> bool:
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as folder:
            return _try_all(target, tried, Path(folder)) is not None

    if not cases:  # no world could be opened
        return None
    if len(cases) > 1 and fails(cases[-1:]):
        cases = cases[-1:]
    elif not fails(cases):
        return None
    while len(cases) > 1 and time.monotonic() < until:
        half = cases[len(cases) // 2 :]  # the newest matter most
        if not fails(half):
            break
        cases = half
    last = cases[-1]
    size = max(len(last) // 2, 1)
    while time.monotonic() < until:
        for start in range(0, len(last), size):
            fewer = last[:start] + last[start + size :]
            if time.monotonic() < until and fewer and fails([*cases[:-1], fewer]):
                last = fewer
                break
        else:
            if size == 1:
                break
            size //= 2
    return [*cases[:-1], last]


def processors() -> int:
    """How many processes are of use."""
    return len(os.sched_getaffinity(0))
