"""``make fuzz``: many damaged inputs through the linker, in parallel processes.

Prints how many cases there were and how they ended. The exit status is 1 if one of them
did anything else than to link or to fail with a proper message; that case is shown.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import Mutation, mutations, structure
from tests.fuzz.pipeline import Case, outcome_of
from tests.fuzz.samples import Sample, all_samples, write_files

_PR_SET_PDEATHSIG = 1
_MEMORY = 3 << 30
"""Bytes of address space of a process: who wants more has read a number that is wrong."""


@dataclass(frozen=True, slots=True)
class _Report:
    """What one process found: outcomes, and the text of the first bug."""

    outcomes: Counter[str]
    bug: str | None


def main() -> int:
    """Returns the exit status."""
    options = _parse()
    print(
        f"{options.cases} cases, {options.processes} processes, --seed {options.seed}", flush=True
    )
    samples = all_samples()
    numbers = range(options.seed, options.seed + options.processes)
    work = partial(_fuzz, samples, -(-options.cases // options.processes))
    with ProcessPoolExecutor(options.processes) as pool:
        reports = list(pool.map(work, numbers))
    outcomes = sum((report.outcomes for report in reports), Counter[str]())
    for outcome, count in outcomes.most_common():
        print(f"{count:8} {outcome}")
    print(f"{outcomes.total():8} cases in all")
    bugs = [report.bug for report in reports if report.bug is not None]
    for bug in bugs:
        print(f"\n{bug}")
    return 1 if bugs else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description="Fuzz the linker.")
    parser.add_argument("cases", nargs="?", type=int, default=10_000, help="how many")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    return parser.parse_args()


def _fuzz(samples: list[Sample], cases: int, number: int) -> _Report:
    """In a process of its own: ``cases`` changed samples, chosen by the seed ``number``."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # the pool would wait for ever
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(index)) for index in range(len(samples))]
        for sample, folder in zip(samples, folders, strict=True):
            write_files(sample, folder)
        strategies = [_changes(sample) for sample in samples]

        @seed(number)
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data(), st.sampled_from(range(len(samples))), st.booleans())
        def one_case(data: st.DataObject, index: int, has_symbols: bool) -> None:
            sample, folder = samples[index], folders[index]
            changed = sample.files[sample.target]
            for change in data.draw(strategies[index]):
                changed = change.apply(changed)
            path = folder / sample.target
            path.write_bytes(changed)
            case = Case(folder, sample.inputs, sample.whole_archive, has_symbols)
            outcomes[outcome_of(case)] += 1

        try:
            one_case()
        except BaseException as error:
            shown = "".join(traceback.format_exception(error))
            return _Report(outcomes, f"samples: {[s.name for s in samples]}\n{shown}")
    return _Report(outcomes, None)


def _changes(sample: Sample) -> st.SearchStrategy[list[Mutation]]:
    data = sample.files[sample.target]
    return st.lists(mutations(data, structure(data).fields), min_size=1, max_size=3)


if __name__ == "__main__":
    sys.exit(main())
