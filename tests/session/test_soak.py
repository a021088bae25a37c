"""A hundred mixed inputs in one session: its processes take no more at the end.

``make bench ARGS=soak`` is a long one.
"""

from __future__ import annotations

from pathlib import Path

from repl.clang.frontend_copies import MOST_CHECKPOINTS
from tests.benchmarks.soak import soak

INPUTS = 100


def test_nothing_grows_with_mixed_inputs(tmp_path: Path) -> None:
    """Of Clang there are a few checkpoints, with some files each, and of the program too: how many
    depends on how busy the machine is."""
    first, *_, last = soak(tmp_path, INPUTS)
    assert last.inputs >= INPUTS
    for kind, count in last.descriptors.items():
        assert count <= first.descriptors[kind] + 4 * MOST_CHECKPOINTS, kind
    assert last.descriptors["controller"] < 100
    assert last.processes.keys() == first.processes.keys()
    for kind, count in last.processes.items():
        assert count <= first.processes[kind] + MOST_CHECKPOINTS, kind
    for kind in ("controller", "code_generator"):
        assert last.kib[kind] <= 1.3 * first.kib[kind], kind
