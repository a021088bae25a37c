"""A window whose size changes all the time, as one that is dragged by its corner."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.support.editor import EditorTerminal

RESIZES = 400
SMALLEST = 1
TEXT = "int twice(int n) { return n + n; } // a line that is longer than most windows are wide"


@pytest.mark.parametrize("typed", ["", TEXT, "int f() {\r  return 1;\r"])
def test_four_hundred_resizes(environment: dict[str, str], tmp_path: Path, typed: str) -> None:
    """What was typed is kept, runs, and nothing is told of it."""
    random = Random(400)
    with EditorTerminal(environment, tmp_path) as terminal:
        terminal.wait_for("In[1]:")
        terminal.type(typed)
        for _ in range(RESIZES):
            terminal.resize(random.randint(SMALLEST, 200), random.randint(SMALLEST, 60))
            terminal.read(0)
        terminal.resize(120, 40)
        terminal.type("} // the end" if typed.endswith("\r") else " // the end")
        terminal.wait_for("// the end")
        terminal.type("\r6 * 7\r")
        terminal.wait_for("(int) 42")
        assert "Traceback" not in terminal.text
        assert "error" not in terminal.text
