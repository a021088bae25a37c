"""Every key of the prompt, on a terminal: what is on the screen is what is checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.editor import EditorTerminal
from tests.support.program import PROGRAM

_EDITOR = """#!/bin/sh
case "$1" in *.cpp) ;; *) exit 9 ;; esac
if grep -q fail "$1"; then exit 3; fi
if grep -q bytes "$1"; then printf 'int edited\\377;\\n' > "$1"; exit; fi
echo "int edited = 5;" > "$1"
"""


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
def test_every_key(
    environment: dict[str, str], tmp_path: Path, columns: int, rows: int, colour: bool
) -> None:
    editor = tmp_path / "my editor"
    editor.write_text(_EDITOR)
    editor.chmod(0o700)
    changes = {"VISUAL": f"'{editor}'"} | ({} if colour else {"NO_COLOR": "1"})
    with EditorTerminal(environment, tmp_path, columns=columns, rows=rows, **changes) as terminal:
        terminal.wait_for_prompt(1)
        _enter_lines(terminal)
        _kill_and_undo(terminal)
        _history(terminal)
        _search(terminal)
        _suggestions(terminal)
        _external_editor(terminal)
        _clear_screen(terminal)
        assert terminal.has_colours == colour
        terminal.type("x")
        terminal.wait_for_prompt(5, "x")
        terminal.key("ctrl-D")  # not empty: leaves nothing
        terminal.key("backspace")
        terminal.wait_for_prompt(5)
        terminal.key("ctrl-D")
        assert terminal.wait_for_end() == 0


def _enter_lines(terminal: EditorTerminal) -> None:
    """Enter, Alt-Enter, Tab, Shift-Tab, the closing brace, Ctrl-C."""
    terminal.type("int twice(int n) {")
    terminal.key("enter")
    terminal.wait_until(lambda: terminal.line == "  ...:", "a continuation")
    assert terminal.screen.cursor.x == len("In[1]: ") + 4
    terminal.key("tab")
    terminal.wait_until(lambda: terminal.screen.cursor.x == len("In[1]: ") + 8, "an indent")
    terminal.type("return 2 * n;")
    terminal.wait_for_line("  ...:         return 2 * n;")
    terminal.key("shift-tab")
    terminal.wait_for_line("  ...:     return 2 * n;")
    terminal.key("alt-enter")
    terminal.type("}")
    terminal.wait_for_line("  ...: }")
    terminal.key("enter")
    terminal.wait_for_prompt(2)
    terminal.type("twice(21")
    terminal.key("alt-enter")
    terminal.type(")")
    terminal.wait_for_line("  ...: )")
    terminal.key("enter")
    terminal.wait_for_prompt(3)
    assert "(int) 42" in terminal.lines
    terminal.type("forgotten {")
    terminal.key("enter", "ctrl-C")
    terminal.wait_for_prompt(3)


def _kill_and_undo(terminal: EditorTerminal) -> None:
    """Ctrl-W, Alt-Backspace, Ctrl-_, Ctrl-U."""
    terminal.type("one two-three")
    terminal.key("alt-backspace")
    terminal.wait_for_prompt(3, "one two-")
    terminal.key("ctrl-W")
    terminal.wait_for_prompt(3, "one")
    terminal.key("ctrl-_")
    terminal.wait_for_prompt(3, "one two-")
    terminal.key("ctrl-U")
    terminal.wait_for_prompt(3)


def _history(terminal: EditorTerminal) -> None:
    """Up and Down, through the lines of an input and by prefix; Alt-. ."""
    terminal.key("up")
    terminal.wait_for_line("  ...: )")
    terminal.key("up")  # within the input
    terminal.wait_until(lambda: terminal.line.startswith("In[3]: twice(21"), "its first line")
    terminal.key("up")
    terminal.wait_for_line("  ...: }")
    terminal.key("down")
    terminal.wait_until(lambda: terminal.line.startswith("In[3]: twice(21"), "the newer one")
    terminal.key("ctrl-C")
    terminal.wait_for_prompt(3)
    terminal.type("int t")
    terminal.wait_until(lambda: "In[3]: int t" in terminal.line, "a prefix")
    terminal.key("up")
    terminal.wait_for_line("  ...: }")  # twice(21) does not begin so
    terminal.key("ctrl-C")
    terminal.wait_for_prompt(3)
    terminal.type("int kept = 3;")
    terminal.key("enter")
    terminal.wait_for_prompt(4)
    terminal.key("alt-.")
    terminal.wait_for_prompt(4, "3;")
    terminal.key("ctrl-U")
    terminal.wait_for_prompt(4)


def _search(terminal: EditorTerminal) -> None:
    """Ctrl-R and Ctrl-S."""
    terminal.key("ctrl-R")
    terminal.type("int")
    terminal.wait_until(lambda: "In[4]: int kept = 3;" in terminal.text, "the newest")
    terminal.key("ctrl-R")
    terminal.wait_until(lambda: "In[4]: int twice" in terminal.text, "an older one")
    terminal.key("ctrl-S")
    terminal.wait_until(lambda: "In[4]: int kept = 3;" in terminal.text, "the newest again")
    terminal.key("enter")
    terminal.wait_for_prompt(4, "int kept = 3;")
    terminal.key("ctrl-C")
    terminal.wait_for_prompt(4)


def _suggestions(terminal: EditorTerminal) -> None:
    """Right, Ctrl-E, Alt-F."""
    for accept in ("right", "ctrl-E"):
        terminal.type("int k")
        terminal.wait_for_prompt(4, "int kept = 3;")
        assert terminal.screen.cursor.x == len("In[4]: int k")
        terminal.key(accept)
        terminal.wait_until(
            lambda: terminal.screen.cursor.x == len("In[4]: int kept = 3;"), "what was suggested"
        )
        terminal.key("ctrl-C")
        terminal.wait_for_prompt(4)
    terminal.type("int k")
    terminal.wait_for_prompt(4, "int kept = 3;")
    terminal.key("alt-f")
    terminal.wait_until(lambda: terminal.screen.cursor.x == len("In[4]: int kept "), "a word of it")
    terminal.key("ctrl-C")
    terminal.wait_for_prompt(4)


def _external_editor(terminal: EditorTerminal) -> None:
    """Ctrl-X Ctrl-E and F2; an editor that fails, or leaves what is no text."""
    terminal.type("fail")
    terminal.key("ctrl-X", "ctrl-E")
    # The editor's path comes before, so anywhere may a line end.
    terminal.wait_until(lambda: "exit status 3" in " ".join(terminal.lines), "its exit status")
    terminal.wait_for_prompt(4, "fail")
    terminal.key("ctrl-U")
    terminal.type("bytes")
    terminal.key("f2")
    terminal.wait_for_prompt(4, "int edited\N{REPLACEMENT CHARACTER};")
    terminal.key("ctrl-U")
    terminal.type("int x;")
    terminal.key("ctrl-X", "ctrl-E")
    terminal.wait_for_prompt(4, "int edited = 5;")
    terminal.key("enter")
    terminal.wait_for_prompt(5)


def _clear_screen(terminal: EditorTerminal) -> None:
    terminal.type("edited")
    terminal.key("ctrl-L")
    terminal.wait_until(lambda: terminal.lines == ["In[5]: edited"], "nothing else")
    assert terminal.screen.cursor.y == 0
    terminal.key("ctrl-U")


def test_stopping_and_going_on(environment: dict[str, str], tmp_path: Path) -> None:
    """Ctrl-Z leaves to the user's shell, `fg` comes back."""
    command = ("/bin/bash", "--norc", "--noprofile", "-i")
    with EditorTerminal(environment, tmp_path, command=command, PS1="$ ") as terminal:
        terminal.wait_until(lambda: terminal.line == "$", "the shell's prompt")
        terminal.type(f"{PROGRAM} -q")
        terminal.key("enter")
        terminal.wait_for_prompt(1)
        terminal.type("int x")
        terminal.wait_for_prompt(1, "int x")
        terminal.key("ctrl-Z")
        terminal.wait_for("Stopped")
        terminal.wait_until(lambda: terminal.line == "$", "the shell's prompt")
        terminal.type("fg")
        terminal.key("enter")
        terminal.wait_for_prompt(1, "int x")
        terminal.type(" = 42;")
        terminal.key("enter")
        terminal.wait_for_prompt(2)
        terminal.key("ctrl-D")
        terminal.wait_until(lambda: terminal.line == "$", "the shell's prompt")
