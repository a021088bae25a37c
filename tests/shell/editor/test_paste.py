"""Pastes, large ones too, and terminals of odd sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.formatted_text import StyleAndTextTuples

from repl.editor.fragments import cut
from tests.support.editor import EditorTerminal

_MEGABYTE = 1 << 20
_LONG = 1 << 18


def test_pastes(environment: dict[str, str], tmp_path: Path) -> None:
    with EditorTerminal(environment, tmp_path) as terminal:
        terminal.wait_for_prompt(1)
        terminal.paste("In[7]: int pasted() {\n  ...:   return 42;\n  ...: }")
        terminal.wait_for_line("  ...: }")
        terminal.key("enter")
        terminal.wait_for_prompt(2)
        _shrinks(terminal)
        _one_long_line(terminal)
        _many_lines(terminal)


def _shrinks(terminal: EditorTerminal) -> None:
    """To one cell, while something is typed, and while something runs."""
    terminal.type("pasted(")
    terminal.wait_for_prompt(2, "pasted(")
    terminal.resize(1, 1)
    terminal.key("tab")
    terminal.type(")")
    terminal.resize(80, 24)
    terminal.wait_for("pasted()")
    terminal.key("enter")
    terminal.wait_for("(int) 42")
    terminal.wait_for_prompt(3)
    for columns, rows in ((1, 24), (80, 1), (2, 2), (80, 24)):
        terminal.resize(columns, rows)
        terminal.key("up", "up", "ctrl-C")
    terminal.key("ctrl-L")
    terminal.wait_for_prompt(3)


def _one_long_line(terminal: EditorTerminal) -> None:
    """Only a part of it is shown, and that is where the cursor is."""
    terminal.paste("/*" + "x" * _LONG + "*/ pasted(")
    terminal.type(")")
    # A row of the screen may end anywhere in it.
    end = "x*/ pasted()"
    terminal.wait_until(lambda: end in terminal.text.replace("\n", ""), repr(end))
    terminal.key("ctrl-A")
    terminal.wait_for("In[3]: /*xxx")
    terminal.type("1 + ")
    terminal.wait_for("In[3]: 1 + /*xxx")
    terminal.key("enter")
    terminal.wait_for_prompt(4)
    assert "(int) 43" in terminal.text


def _many_lines(terminal: EditorTerminal) -> None:
    lines = "".join(f"// {'comment ' * 5} {number}\n" for number in range(_MEGABYTE // 48))
    terminal.paste(lines + "pasted() + 2")
    terminal.wait_for_line("  ...: pasted() + 2")
    terminal.type("0")
    terminal.wait_for_line("  ...: pasted() + 20")
    terminal.key("enter")
    terminal.wait_for_prompt(5)
    assert "(int) 62" in terminal.text
    terminal.key("ctrl-D")
    assert terminal.wait_for_end() == 0


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (0, 5, [("a", "one"), ("b", "tw")]),
        (3, 6, [("b", "two")]),
        (2, 4, [("a", "e"), ("b", "t")]),
        (1, 2, [("a", "n")]),
        (6, 9, []),
        (0, 99, [("a", "one"), ("b", "two")]),
    ],
)
def test_parts_of_styled_text(begin: int, end: int, expected: list[tuple[str, str]]) -> None:
    parts: StyleAndTextTuples = [("a", "one"), ("b", "two")]
    assert cut(parts, begin, end) == expected
