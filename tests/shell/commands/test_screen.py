"""Every command, on terminals of two sizes, with and without colours: what is on the
screen is what is checked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from repl.commands import COMMANDS
from repl.commands.catalogue import BY_ALIAS
from tests.support.editor import EditorTerminal


@dataclass(frozen=True, slots=True)
class Step:
    """A line, and what the screen shows after it.

    ``shows``: texts that are in what it prints; ``coloured``: whether that has colours, if
    there may be any; ``is_wide``: lines may be as long as they are, and wrap.
    """

    text: str
    shows: tuple[str, ...] = ()
    coloured: bool = False
    is_wide: bool = False


DECLARATIONS = [
    Step("#include <map>"),
    Step("#include <string>"),
    Step("#include <vector>"),
    Step("struct Point { double x, y; };"),
    Step("Point p{1.5, 2};"),
    Step("int twice(int n) { return 2 * n; }"),
    Step('std::map<std::string, int> ages{{"ada", 36}, {"linus", 52}};'),
    Step("std::vector<int> v(250, 12345);"),
]

VALUES = [
    Step("p", ("(Point) { .x = 1.5, .y = 2.0 }",)),
    Step("ages", ('(std::map<std::string, int>) { "ada": 36, "linus": 52 }',)),
    Step("v", (", ... 150 more", "\n}")),
    Step("std::string(60, 'a') + std::string(30, 'b')", ('bbb"',), is_wide=True),
    Step("twice(21)", ("(int) 42",)),
    Step("_ + 1", ("(int) 43",)),
    Step("p.z", ("error: no member named 'z' in 'Point'", "| p.z", "| ~ ^"), coloured=True),
    Step("*(volatile int *)nullptr = 1;", ("SIGSEGV: write to address 0x0", "rolled back")),
    Step('ages.at("nobody")', ("uncaught exception of type std::out_of_range: map::at",)),
]

FILES = [
    Step("%load loaded.cpp", ("(int) 7",)),
    Step(".L loaded.cpp", ("(int) 7",)),
    Step(".x script.cpp(5)", ("(int) 50",)),
    Step("%run main.cpp one", ("exit status 2",)),
    Step("%load nothing.cpp", ("nothing.cpp: No such file or directory",)),
    Step("%edit", ("(int) 99",)),
    Step("!echo said by $0", ("said by",)),
    Step("!exit 3", ("exit status 3",)),
    Step("%save saved.cpp 4-6", ("3 inputs are in saved.cpp",)),
    Step("%save saved.cpp 4-5", ("saved.cpp exists (%save -f saved.cpp replaces it)",)),
]

QUESTIONS = [
    Step("%help time", ("%time CODE", "example:", "%time std::sort(v.begin(), v.end());")),
    Step("%help", ("%memory [FILE.svg]", "%help NAME says more.")),
    Step(".help", ("%memory [FILE.svg]", "%help NAME says more.")),
    Step(".?", ("%memory [FILE.svg]", "%help NAME says more.")),
    Step("%tmie", ("unknown command %tmie; did you mean %time?",)),
    Step("%type v.begin()", ("::iterator", "that is __gnu_cxx::", "prvalue, 8 bytes")),
    Step("?twice", ("int twice(int n)", "declared: In[6]:1")),
    Step("?p", ("Point p", "value: { .x = 1.5, .y = 2.0 }", "size: 16 bytes")),
    Step("%vars", ("name ", " input", "{ 12345, 12345", '"ada": 36')),
    Step("%who", ("variables: p ages v", "functions: twice", "types: Point")),
    Step("%errors", ("error: no member named 'z' in 'Point'", "| p.z"), coloured=True),
    Step("%time twice(2)", ("wall time: ", "compiling and linking: ", "(int) 4")),
    Step("%timeit -n 9 -r 2 twice(2)", ("loop",)),
    Step("%ir twice", ("define ", "ret i32"), coloured=True, is_wide=True),
    Step("%asm twice", ("retq",), coloured=True, is_wide=True),
    Step("%debug", ("%debug: no crash is kept (it is until the next input runs)",)),
    Step("%memory", ("input", "RX", "int twice(int n)"), coloured=True),
    Step("%memory slabs.svg", ("slabs.svg",)),
    Step("%leaks", ("%leaks needs a session with --sanitize=leak",)),
    Step("%history -n 1-3", ("   1: #include <map>", "   3: #include <vector>")),
    Step("%hist -t -g twice", (" s  int twice(int n)", " s  twice(21)")),
    Step("%history 999", ("there is no input 999",)),
]

SURROUNDINGS = [
    Step("%pwd", ("/place",)),
    Step("%cd inner", ("/place/inner",)),
    Step("%cd -", ("/place",)),
    Step("%env SAID=so", ()),
    Step("%env SAID", ("so",)),
    Step("%include inner", ()),
    Step(".I", ("/place/inner",)),
    Step("%reload", ("no file that was read has changed",)),
    Step("%std", ("gnu++23",)),
    Step("%opt", ("-O0",)),
    Step("%opt 1", ()),
    Step(".O", ("-O1",)),
    Step("%opt 9", ("%opt takes a level of 0, 1, 2 or 3, not '9'", "usage: %opt [LEVEL]")),
    Step("%lib m", ()),
    Step("%lib nosuchlibrary", ("nosuchlibrary",)),
]

GOING_BACK = [
    Step("p.x = 8; int last = 1;"),
    Step("%undo"),
    Step("p.x", ("(double) 8.0",)),
    Step("%undo"),
    Step("p.x = 9;"),
    Step("%rewind"),
    Step("p.x", ("(double) 8.0",)),
    Step("int last = 2;"),
    Step(".undo"),
    Step("last", ("use of undeclared identifier 'last'",), coloured=True),
    Step("%restart"),
    Step("p.x", ("(double) 1.5",)),
    Step("%reset"),
    Step("twice(1)", ("use of undeclared identifier 'twice'",), coloured=True),
]

STEPS = [*DECLARATIONS, *VALUES, *FILES, *QUESTIONS, *SURROUNDINGS, *GOING_BACK]

LEAVING = ["%quit", "%exit", ".q", ".quit", ".exit"]
CLEARING = ["%clear", "%cls"]


def test_every_command_has_a_step() -> None:
    lines = [step.text for step in STEPS] + LEAVING + CLEARING
    tried = {name for line in lines for name in (line.split()[0], line[0])}
    assert {*COMMANDS, *BY_ALIAS} <= tried


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose name is short: it is to fit the screen."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="") as folder:
        yield Path(folder) / "place"


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
def test_every_command(
    environment: dict[str, str], place: Path, columns: int, rows: int, colour: bool
) -> None:
    (place / "inner").mkdir(parents=True)
    (place / "loaded.cpp").write_text("int seven = 7;\nseven\n")
    (place / "script.cpp").write_text("int script(int n) { return 10 * n; }\n")
    (place / "main.cpp").write_text("int main(int argc, char **) { return argc; }\n")
    (place / "editor").write_text('#!/bin/sh\necho "int edited = 99; edited" > "$1"\n')
    (place / "editor").chmod(0o700)
    changes = {"VISUAL": str(place / "editor")} | ({} if colour else {"NO_COLOR": "1"})
    with EditorTerminal(
        environment, place, "--no-cache", columns=columns, rows=rows, **changes
    ) as terminal:
        terminal.wait_for_prompt(1)
        for number, step in enumerate(STEPS, 1):
            _check(terminal, number, step, colour)
        number = len(STEPS) + 1
        _interrupt(terminal, number)
        _clear(terminal, number + 1, CLEARING[colour])
        assert terminal.has_colours == colour
        terminal.type(LEAVING[(columns + colour) % len(LEAVING)] + "\r")
        assert terminal.wait_for_end() == 0
    assert "<svg" in (place / "slabs.svg").read_text()
    assert "int twice" in (place / "saved.cpp").read_text()


def _check(terminal: EditorTerminal, number: int, step: Step, colour: bool) -> None:
    """Run a step on a clear screen."""
    wrapped = terminal.wrapped_lines
    terminal.type(f"\x0c{step.text}\r")  # Ctrl-L clears the screen
    terminal.wait_for_prompt(number + 1)
    printed, coloured = terminal.printed_lines()
    text = "\n".join(printed)
    for expected in step.shows:
        assert expected in text, f"{step.text}: {expected!r} is not in\n{terminal.text}"
    assert step.shows or not printed, f"{step.text}: unexpected\n{terminal.text}"
    assert "Traceback" not in text
    assert coloured == (step.coloured and colour), f"{step.text}:\n{terminal.text}"
    if not step.is_wide:
        assert terminal.wrapped_lines == wrapped, f"{step.text} wraps:\n{terminal.text}"


def _interrupt(terminal: EditorTerminal, number: int) -> None:
    """Ctrl-C in an endless loop."""
    terminal.type('extern "C" int puts(const char *); puts("it runs"); for (;;);')
    terminal.key("enter")
    terminal.wait_until(lambda: terminal.lines[-1] == "it runs", "that it runs")
    terminal.key("ctrl-C")
    terminal.wait_for_prompt(number + 1)
    assert "interrupted" in terminal.text


def _clear(terminal: EditorTerminal, number: int, command: str) -> None:
    """What clears the screen leaves nothing but the prompt."""
    terminal.type("1 +")
    terminal.type(f" 1\r{command}\r")
    terminal.wait_until(lambda: terminal.lines == [f"In[{number + 2}]:"], "a clear screen")
