"""forkrepl's column of tests/tables/behaviour.py, which examples/guide/comparison.md shows."""

from __future__ import annotations

import pytest

from tests.tables.behaviour import BEHAVIOURS, WORKS, Behaviour, forkrepl_cell, run_in_shell


@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: row.name.replace("`", ""))
def test_it_works(row: Behaviour) -> None:
    assert forkrepl_cell(row) == WORKS


@pytest.mark.parametrize(
    ("script", "verdict"),
    [
        ("echo @a; echo @b; exit 3", WORKS),
        ("echo @a; echo @b", "wrong: status 0"),
        ("echo @a; exit 3", "wrong: only a"),
        ("echo @b; echo @a; exit 3", "wrong: b a"),
        ("exit 3", "never run"),
        ("echo @a; kill -SEGV $$", "crashes, SIGSEGV: only a"),
        ("echo 'undefined symbol: f' >&2; exit 1", "does not link"),
    ],
)
def test_verdicts(script: str, verdict: str) -> None:
    row = Behaviour("", (), "a b", status=3)
    assert run_in_shell(["sh", "-c", f"cat >/dev/null; {script}"], row) == verdict
