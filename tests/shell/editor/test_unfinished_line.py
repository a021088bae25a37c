"""Output without a newline at its end stays on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.editor import EditorTerminal
from tests.support.program import OpenShell


@pytest.mark.parametrize("columns", [80, 11])
def test_output_is_not_wiped(environment: dict[str, str], tmp_path: Path, columns: int) -> None:
    with EditorTerminal(environment, tmp_path, columns=columns) as terminal:
        terminal.wait_for_prompt(1)
        outputs = {'!printf "a\\nxyz"': "xyz%", "!printf xyz": "xyz%", '!printf "abc\\n"': "abc"}
        full = "x" * columns  # the cursor waits behind the last column
        for number, (typed, last) in enumerate([*outputs.items(), (f"!printf {full}", full)], 1):
            terminal.type(f"{typed}\r")
            terminal.wait_for_prompt(number + 1)
            assert terminal.lines[-2] == last
            terminal.type("12")
            terminal.wait_for_prompt(number + 1, "12")
            assert terminal.lines[-2] == last
            terminal.key("backspace", "backspace")


def test_nothing_is_drawn_where_the_terminal_only_prints(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    assert shell.run("!printf xyz") == "xyz"
    assert shell.leave() == 0
