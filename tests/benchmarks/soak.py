"""A long session of mixed inputs: what its processes take must not grow with their number.

Inputs that work, fail, throw, crash, start threads, allocate, are undone, rewound and reloaded,
in an order that a seed decides. After each round of all kinds the processes of the session are
looked at. ``tests/session/test_soak.py`` is a short one.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.benchmarks.measure import table
from tests.support.leaks import MARK, command_of, living
from tests.support.program import Shell, user_environment

INPUTS = 2000
"""Of a soak."""

_PREPARATION = (
    "#include <csignal>",
    "#include <cstdlib>",
    "#include <thread>",
    "#include <vector>",
    '#include "soaked.h"',
    "std::vector<long> heap(1000);",
    "long count = 0;",
)
_ROUND = (
    "count += 1;",
    "count",
    "int v{n} = {n};",
    "long f{n}() {{ return count + {n}; }} f{n}()",
    "heap = std::vector<long>({n} % 50'000);",
    "free(malloc(1 << 20));",
    "std::thread([] {{ heap.push_back(1); }}).join();",
    "int bad = missing;",
    "int bad = 1; throw {n};",
    "*(volatile int *)0 = {n};",
    "abort();",
    "raise(SIGKILL);",
    "void absent(); absent();",
    "struct S{n} {{ int a[3]; }} s{n};",
    "s{n}",
    "#define MACRO {n}",
    "soaked({n})",
    "%undo",
    "%undo 2",
    "%rewind",
    "!sed -i 's/+ [0-9]*/+ {n}/' soaked.h",
    "%reload",
    "%nonsense",
    "%vars count",
    "heap.size()",
)


@dataclass(slots=True)
class Usage:
    """What the processes of a session take, by what they are."""

    inputs: int
    kib: dict[str, int] = field(default_factory=dict)
    descriptors: dict[str, int] = field(default_factory=dict)
    mappings: dict[str, int] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)


def soak(folder: Path, inputs: int, seed: int = 1) -> Iterator[Usage]:
    """Run a session in an empty folder; what it takes after each round of inputs."""
    environment = user_environment(folder)
    (folder / "soaked.h").write_text("inline int soaked(int n) { return n + 1; }\n")
    mark = uuid.uuid4().hex
    shell = Shell(["-q", "--no-cache"], environment | {MARK: mark}, folder)
    shell.child.timeout = 120
    shell.child.delaybeforesend = None
    random = Random(seed)
    number = 0
    try:
        for line in _PREPARATION:
            shell.run(line)
        while number < inputs:
            lines = random.sample(_ROUND, len(_ROUND))
            for line in lines:
                shell.run(line.format(n=number))
                number += 1
            # Whatever was undone or rewound, this is there.
            shell.run("%reset")
            for line in _PREPARATION:
                shell.run(line)
            yield _usage(mark, shell.child.pid, number)
        assert shell.leave() == 0
    finally:
        shell.child.close(force=True)


def _usage(mark: str, controller: int, inputs: int) -> Usage:
    usage = Usage(inputs)
    for pid in living(mark):
        kind = "controller" if pid == controller else _kind(command_of(pid))
        with suppress(OSError, StopIteration):  # it ends while we look
            status = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            kib = next(int(line.split()[1]) for line in status if line.startswith("Anonymous:"))
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
            mappings = Path(f"/proc/{pid}/maps").read_text().count("\n")
            for counts, value in (
                (usage.kib, kib),
                (usage.descriptors, descriptors),
                (usage.mappings, mappings),
                (usage.processes, 1),
            ):
                counts[kind] = counts.get(kind, 0) + value
    return usage


def _kind(command: bytes) -> str:
    for name in (b"frontend", b"executor", b"code_generator", b"header_builder"):
        if name in command:
            return name.decode()
    return "other"


def benchmark() -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as folder:
        found = list(soak(Path(folder), INPUTS))
    shown = [found[0], *found[len(found) // 8 :: len(found) // 8]]
    kinds = sorted({kind for usage in shown for kind in usage.kib})
    rows = [
        [
            str(usage.inputs),
            *(
                f"{usage.kib.get(kind, 0) >> 10} / {usage.descriptors.get(kind, 0)} / "
                f"{usage.mappings.get(kind, 0)}"
                for kind in kinds
            ),
        ]
        for usage in shown
    ]
    print("\nA soak: MiB, descriptors and mappings of all processes of a kind\n")
    print(table(["inputs", *kinds], rows))
