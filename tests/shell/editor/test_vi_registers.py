"""Named registers of vi mode: text that is cut or copied to one can be put elsewhere."""

from __future__ import annotations

from pathlib import Path

from tests.support.configuration import configure
from tests.support.editor import EditorTerminal


def test_named_registers(environment: dict[str, str], tmp_path: Path) -> None:
    configure(tmp_path, 'editing_mode = "vi"\n')
    with EditorTerminal(environment, tmp_path, XDG_CONFIG_HOME=str(tmp_path)) as terminal:
        terminal.wait_for_prompt(1)
        terminal.type("one two three")
        terminal.wait_for_prompt(1, "one two three")
        terminal.key("escape")
        for keys, left in (
            ('0"adw', "two three"),
            ('"byw', "two three"),
            ('"zcwfour \x1b', "four three"),
            ('$"ap', "four threeone"),
            ('"bp', "four threeone two"),
            ('0"!dw', "threeone two"),
        ):
            terminal.type(keys)
            terminal.wait_for_prompt(1, left)
        assert "error" not in terminal.text
