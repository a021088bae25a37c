"""A program in a folder of its own, with a cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cache import CachedProgram
from tests.support.program import Run


@pytest.fixture
def cached(forkrepl: Run, tmp_path: Path) -> CachedProgram:
    return CachedProgram(forkrepl, tmp_path)
