"""Some sessions at once; ``make bench ARGS=crowd`` starts a hundred."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.crowd import crowd


def test_sessions_at_once(tmp_path: Path) -> None:
    assert crowd(tmp_path, 6) == []
