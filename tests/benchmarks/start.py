"""How long somebody waits: for the prompt, and for the standard library."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

import pexpect

from tests.benchmarks.measure import CLANG_REPL, FORKREPL, results_in_turns, table

_HEADERS = ("vector", "iostream", "bits/stdc++.h")
_WAIT = 60.0  # s
_SETTLED = 4.0  # s after which everything has started and been imported
_OURS, _THEIRS = "In[{}]: ", "clang-repl> "
_WHERE_IS_THE_CURSOR, _THERE = "\x1b[6n", "\x1b[2;9R"  # asked of a terminal, which answers


def benchmark(runs: int) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"HOME": folder, "XDG_CACHE_HOME": folder}
        environment["TERM"] = "xterm-256color"
        subprocess.run(
            [FORKREPL, "--build-cache"], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        _starts(runs, environment)
        _includes(runs, environment)


def _starts(runs: int, environment: Mapping[str, str]) -> None:
    declaration = ["-c", "int x = 1;"]
    measurements: dict[str, Callable[[], float]] = {
        "forkrepl: prompt on the screen": partial(_until_prompt, [str(FORKREPL)], environment),
        "forkrepl: what was typed at once is answered": partial(_until_answer, environment),
        "forkrepl -c: one declaration": partial(
            _until_end, [str(FORKREPL), *declaration], environment
        ),
    }
    if CLANG_REPL is not None:
        measurements["clang-repl: prompt on the screen"] = partial(
            _until_prompt, [CLANG_REPL], environment
        )
        measurements["clang-repl: one declaration"] = partial(
            _until_end, [CLANG_REPL, declaration[1]], environment
        )
    results = results_in_turns(measurements, runs)
    print("\nStart (medians, ms)\n")
    print(table(["", "ms"], [[name, _ms(seconds)] for name, seconds in results.items()]))


def _includes(runs: int, environment: Mapping[str, str]) -> None:
    """The time from Enter to the next prompt, in a fresh session that has settled."""
    shells: dict[str, tuple[list[str], str, str]] = {
        "forkrepl, cached": ([str(FORKREPL)], _OURS.format(1), _OURS.format(2)),
        "forkrepl --no-cache": (
            [str(FORKREPL), "--no-cache"],
            _OURS.format(1),
            _OURS.format(2),
        ),
    }
    if CLANG_REPL is not None:
        shells["clang-repl"] = ([CLANG_REPL], _THEIRS, _THEIRS)
    measurements = {
        (shell, header): partial(_until_included, *shells[shell], header, environment)
        for header in _HEADERS
        for shell in shells
    }
    results = results_in_turns(measurements, runs)
    rows = [
        [f"#include <{header}>", *(_ms(results[shell, header]) for shell in shells)]
        for header in _HEADERS
    ]
    print("\nFirst input, from Enter to the next prompt (medians, ms)\n")
    print(table(["", *shells], rows))


def _ms(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1e3:.0f}"


@contextmanager
def _terminal(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Any]:
    child = pexpect.spawn(
        command[0], list(command[1:]), env=dict(environment), timeout=_WAIT, dimensions=(24, 80)
    )
    child.delaybeforesend = None
    try:
        yield child
    finally:
        child.close(force=True)


def _until_prompt(command: Sequence[str], environment: Mapping[str, str]) -> float:
    prompt = _THEIRS if command[0] == CLANG_REPL else _OURS.format(1)
    started = time.perf_counter()
    with _terminal(command, environment) as child:
        child.expect_exact(prompt)
        return time.perf_counter() - started


def _until_answer(environment: Mapping[str, str]) -> float:
    """Somebody types as soon as there is a prompt."""
    started = time.perf_counter()
    with _terminal([str(FORKREPL)], environment) as child:
        child.expect_exact(_OURS.format(1))
        child.send("6 * 7\r")
        while child.expect_exact(["(int) 42", _WHERE_IS_THE_CURSOR]):
            child.send(_THERE)
        return time.perf_counter() - started


def _until_end(command: Sequence[str], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(
        command,
        env=dict(environment),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - started


def _until_included(
    command: Sequence[str], before: str, after: str, header: str, environment: Mapping[str, str]
) -> float:
    with _terminal(command, environment) as child:
        child.expect_exact(before)
        time.sleep(_SETTLED)
        child.send(f"#include <{header}>")
        time.sleep(0.1)  # the terminal has drawn it
        started = time.perf_counter()
        child.send("\r")
        child.expect_exact(after)
        return time.perf_counter() - started
