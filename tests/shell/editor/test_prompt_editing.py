"""What keys do at the interactive prompt."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

import pyte
import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from repl.editor.options import PromptOptions
from repl.editor.prompt import Prompt
from repl.input.command_lines import CommandLines
from repl.input.command_syntax import CommandSyntax
from tests.support.editor import type_slowly

ENTER, ALT_ENTER, CTRL_C, CTRL_D, CTRL_R = "\r", "\x1b\r", "\x03", "\x04", "\x12"
COMMANDS = CommandLines(
    CommandSyntax(name=name, summary="") for name in ("%help", "%history", "%quit")
)
TAB, LEFT, UP, END = "\t", "\x1b[D", "\x1b[A", "\x05"


def paste(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


def read_all(*keys: str, history_file: Path | None = None, **options: bool) -> list[str]:
    """Type `keys` (with pauses between them) and then Ctrl-D; return what was submitted."""
    submitted: list[str] = []
    with create_pipe_input() as pipe:
        prompt = Prompt(
            PromptOptions(history_file=history_file, vi_mode=options.get("vi_mode", False)),
            colour=options.get("colour", True),
            commands=COMMANDS,
            input=pipe,
            output=DummyOutput(),
        )
        type_slowly(pipe, *keys, CTRL_D)
        with suppress(EOFError):  # at Ctrl-D
            while True:
                submitted.append(prompt.read(len(submitted) + 1))
    return submitted


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("vi_mode", [True, False])
def test_enter_submits_complete_input(colour: bool, vi_mode: bool) -> None:
    assert read_all("x" + ENTER + "int y;" + ENTER, colour=colour, vi_mode=vi_mode) == [
        "x",
        "int y;",
    ]


def test_enter_on_an_empty_line_submits_nothing_to_run() -> None:
    assert read_all(ENTER) == [""]


def test_enter_opens_an_indented_line_and_brace_dedents() -> None:
    keys = ENTER.join(["int f() {", "if (x) {", "y();", "}", "}", ""])
    assert read_all(keys) == ["int f() {\n    if (x) {\n        y();\n    }\n}"]


def test_brace_after_code_stays_where_it_is() -> None:
    assert read_all("{" + ENTER + "x; }" + ENTER) == ["{\n    x; }"]


def test_enter_between_braces_aligns_the_closing_one() -> None:
    keys = "int f() {}" + LEFT + ALT_ENTER
    assert read_all(keys + END + ENTER) == ["int f() {\n}"]


def test_no_indentation_inside_a_raw_string() -> None:
    assert read_all('{ R"(' + ENTER + ')"; }' + ENTER) == ['{ R"(\n)"; }']


def test_alt_enter_always_opens_a_line() -> None:
    assert read_all("x;" + ALT_ENTER + "y;" + ENTER) == ["x;\ny;"]


def test_enter_in_the_middle_of_several_lines_edits() -> None:
    assert read_all("x;" + ALT_ENTER + "y;" + UP + ENTER + END + CTRL_C + "z" + ENTER) == ["z"]
    assert read_all("x;" + ALT_ENTER + "y;" + LEFT + ENTER + END + ENTER) == ["x;\ny\n;"]


def test_enter_in_the_middle_of_one_line_submits() -> None:
    assert read_all("f(1)" + LEFT + ENTER) == ["f(1)"]


def test_ctrl_c_drops_the_line() -> None:
    assert read_all("int f() {" + ENTER + "x" + CTRL_C + "y" + ENTER + CTRL_C) == ["y"]


def test_tab_completes_commands_and_indents() -> None:
    assert read_all("%q" + TAB, ENTER) == ["%quit"]
    assert read_all("{" + ALT_ENTER + TAB + "x; }" + ENTER) == ["{\n        x; }"]


def test_ctrl_r_searches_history() -> None:
    assert read_all("abc" + ENTER + "xyz" + ENTER + CTRL_C, CTRL_R + "ab", ENTER, ENTER)[2:] == [
        "abc"
    ]


def test_paste_is_taken_as_it_is() -> None:
    block = "int f() {\n  return 1;\n}"
    assert read_all(paste(block.replace("\n", "\r")) + ENTER) == [block]


def test_history_is_private_and_kept(tmp_path: Path) -> None:
    history_file = tmp_path / "state" / "forkrepl" / "history"
    assert read_all("abc" + ENTER + "{" + ENTER + "}" + ENTER, history_file=history_file) == [
        "abc",
        "{\n}",
    ]
    assert stat.S_IMODE(history_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(history_file.parent.stat().st_mode) == 0o700
    assert read_all(UP + ENTER, history_file=history_file) == ["{\n}"]


def test_history_with_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    history_file = tmp_path / "history"
    history_file.write_bytes(b"\n# then\n+\xff\xfe\n")
    assert read_all("x" + ENTER, history_file=history_file) == ["x"]


def _directory(path: Path) -> Path:
    path.mkdir()
    return path


def _below_a_file(path: Path) -> Path:
    path.write_text("")
    return path / "history"


@pytest.mark.parametrize("make", [_directory, _below_a_file])
def test_unusable_history_file_only_warns(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    history_file = make(tmp_path / "file")
    chosen = PromptOptions(history_file=history_file)
    prompt = Prompt(chosen, colour=False, commands=COMMANDS, output=DummyOutput())
    assert prompt.warning is not None
    assert str(history_file) in prompt.warning
    assert read_all("abc" + ENTER, UP + ENTER, history_file=history_file) == ["abc", "abc"]


def test_history_that_becomes_unusable_only_warns(tmp_path: Path) -> None:
    history_file = tmp_path / "history"
    with create_pipe_input() as pipe:
        prompt = Prompt(
            PromptOptions(history_file=history_file),
            colour=False,
            commands=COMMANDS,
            input=pipe,
            output=DummyOutput(),
        )
        assert prompt.warning is None
        history_file.unlink()
        history_file.mkdir()
        type_slowly(pipe, "x" + ENTER, UP + ENTER, "y" + ENTER)
        assert prompt.read(1) == "x"
        assert prompt.read(2) == "x"
        assert prompt.warning is not None
        prompt.warning = None  # has been shown
        assert prompt.read(3) == "y"
        assert prompt.warning is None


class _Terminal:
    """A terminal emulator behind the file interface that `Vt100_Output` writes to."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.screen = pyte.Screen(40, 10)
        self.written = ""
        self._stream = pyte.Stream(self.screen)

    def write(self, data: str) -> None:
        self.written += data
        self._stream.feed(data)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


@pytest.mark.parametrize("colour", [True, False])
def test_prompts_are_aligned_and_colour_is_optional(colour: bool) -> None:
    terminal = _Terminal()
    with create_pipe_input() as pipe:
        output = Vt100_Output(
            cast(TextIO, terminal), lambda: Size(rows=10, columns=40), term="xterm"
        )
        prompt = Prompt(
            PromptOptions(), colour=colour, commands=COMMANDS, input=pipe, output=output
        )
        pipe.send_text("int f() {" + ENTER + "}" + ENTER)
        prompt.read(10)
    shown = [line.rstrip() for line in terminal.screen.display]
    assert shown[:2] == ["In[10]: int f() {", "   ...: }"]
    cells = terminal.screen.buffer.values()
    coloured = {cell.fg for row in cells for cell in row.values()} - {"default"}
    assert bool(coloured) == colour
