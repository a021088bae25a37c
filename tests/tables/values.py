"""Tables of values and what they are printed as, for the tests of the display."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from tests.support.program import Run

Row = tuple[str, str, str]
"""Declarations, an expression, what is printed for it. ``0x~`` stands for an address."""


def check_values(forkrepl: Run, rows: Sequence[Row], *options: str, prelude: str = "") -> None:
    """Print all expressions in one session."""
    lines = [prelude] if prelude else []
    for declarations, expression, _ in rows:
        lines += [line for line in (declarations, expression) if line]
    result = forkrepl(*options, input="\n".join([*lines, ""]), timeout=120)
    printed = re.sub("0x[0-9a-f]{6,}", "0x~", result.stdout).splitlines()
    expected = [line for _, _, text in rows for line in text.splitlines()]
    assert not result.stderr, result.stderr
    differences = list(difflib.unified_diff(expected, printed, lineterm="", n=0))
    assert not differences, "\n".join(differences)
