"""How many cases of one kind are tried: enough for each, or, with FORKREPL_TESTS_ALL=1, all."""

from __future__ import annotations

import os

ALL = os.environ.get("FORKREPL_TESTS_ALL", "") not in ("", "0")


def amount(usual: int, of_all: int) -> int:
    """Of rounds, examples and the like."""
    return of_all if ALL else usual
