"""Records a session in a terminal as an animated SVG.

    .venv/bin/python -m tests.support.session_recorder FILE

The inputs are typed into the real program; what is on its screen, moment by moment, is what
the picture shows. Where pictures do not move, it shows the end.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pexpect
import pyte

PROGRAM = Path(sys.executable).parent / "forkrepl"
ROWS, COLUMNS = 32, 92
KEY_TIME = 0.035  # s between two keys
READING_TIME = 1.1  # s after an answer
CTRL_C = "\x03"
PAUSES = {"\t": 1.6, "\r": 1.2}  # s, to look
LAST_TIME = 6.0  # s of the last picture, before it begins again

INPUTS = (
    "#include <bits/stdc++.h>",
    'std::map<std::string, std::vector<int>> scores{{"ada", {9, 10}}, {"linus", {7}}};',
    "scores",
    "scores.em\tty()",
    "struct Point { double x, y; };",
    "std::optional<Point>{{1.5, 2}}",
    "std::views::iota(1) | std::views::transform([](int n) { return n * n; })",
    "int *p = nullptr;",
    "*p = 42;",
    'scores["ada"].at(7)',
    "for (;;) ;\r\x03",
    '%timeit std::accumulate(scores["ada"].begin(), scores["ada"].end(), 0)',
)

# A dark palette; "default" is the colour of plain text.
COLOURS = {
    "default": "#d6d9de", "black": "#5c6370", "red": "#ef6b73", "green": "#98c379",
    "brown": "#e5c07b", "yellow": "#e5c07b", "blue": "#61afef", "magenta": "#c678dd",
    "cyan": "#56b6c2", "white": "#d6d9de", "brightblack": "#7f848e", "brightred": "#ff7b85",
    "brightgreen": "#b5e890", "brightbrown": "#ffd98a", "brightyellow": "#ffd98a",
    "brightblue": "#82c4ff", "brightmagenta": "#dd9af0", "brightcyan": "#7fd5df",
    "brightwhite": "#ffffff",
}  # fmt: skip
CELL_WIDTH, CELL_HEIGHT, MARGIN, TITLE = 8.43, 18, 14, 30  # px


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters of a row that look the same."""

    column: int
    text: str
    colour: str
    bold: bool
    italic: bool
    underlined: bool


Row = tuple[Run, ...]


@dataclass(slots=True)
class Recording:
    """What each row showed: for each, when it began to (s), in order."""

    rows: list[list[tuple[float, Row]]]
    length: float = 0

    def note(self, when: float, screen: pyte.Screen) -> None:
        """Look at the screen."""
        self.length = when
        for number, history in enumerate(self.rows):
            row = row_of(screen, number)
            if not history or history[-1][1] != row:
                history.append((when, row))


class Terminal(pyte.Screen):
    """A screen that answers when the program asks where the cursor is."""

    child: Any = None

    def write_process_input(self, data: str) -> None:
        """What the terminal says."""
        self.child.send(data)


def row_of(screen: pyte.Screen, number: int) -> Row:
    runs: list[Run] = []
    for column in range(screen.columns):
        cell = screen.buffer[number][column]
        is_cursor = (screen.cursor.y, screen.cursor.x) == (number, column)
        text = "▏" if is_cursor and cell.data == " " and not screen.cursor.hidden else cell.data
        looks = (cell.fg, cell.bold, cell.italics, cell.underscore)
        last = runs[-1] if runs else None
        if last and (last.colour, last.bold, last.italic, last.underlined) == looks:
            runs[-1] = Run(last.column, last.text + text, *looks)
        else:
            runs.append(Run(column, text, *looks))
    return tuple(without_margins(run) for run in runs if run.text.strip())


def without_margins(run: Run) -> Run:
    text = run.text.lstrip()
    return replace(run, column=run.column + len(run.text) - len(text), text=text.rstrip())


def record(inputs: tuple[str, ...]) -> Recording:
    """Type the inputs into a new session, as somebody would."""
    screen = Terminal(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    recording = Recording([[] for _ in range(ROWS)])
    with tempfile.TemporaryDirectory() as home:
        folders = {f"XDG_{name}_HOME": home for name in ("STATE", "CONFIG", "CACHE")}
        environment = os.environ | folders | {"TERM": "xterm-256color", "HOME": home}
        child = pexpect.spawn(
            str(PROGRAM), ["--color=yes", "--Xcc=-std=c++23"],
            dimensions=(ROWS, COLUMNS), env=environment, timeout=60, cwd=home,
        )  # fmt: skip
        screen.child = child
        clock = 0.0

        def watch(seconds: float) -> None:
            nonlocal clock
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                try:
                    stream.feed(child.read_nonblocking(1 << 16, timeout=left))
                except pexpect.TIMEOUT:
                    break
            clock += seconds
            recording.note(clock, screen)

        def wait_for_prompt(number: int) -> None:
            deadline = time.monotonic() + 60
            while not any(line.startswith(f"In[{number}]:") for line in screen.display):
                assert time.monotonic() < deadline, "\n".join(screen.display)
                stream.feed(child.read_nonblocking(1 << 16, timeout=60))
            watch(0.1)

        for number, text in enumerate(inputs, 1):
            wait_for_prompt(number)
            watch(READING_TIME)
            for key in text:
                child.send(key)
                watch(PAUSES.get(key, KEY_TIME))
            if not text.endswith(CTRL_C):
                watch(0.3)
                child.send("\r")
        wait_for_prompt(len(inputs) + 1)
        watch(0.5)
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
    return recording


def svg(recording: Recording) -> str:
    """The animation; rows that come and go are hidden and shown by style sheets."""
    length = recording.length + LAST_TIME
    height = TITLE + 2 * MARGIN + ROWS * CELL_HEIGHT
    width = 2 * MARGIN + COLUMNS * CELL_WIDTH
    styles: list[str] = []
    groups: list[str] = []
    for number, history in enumerate(recording.rows):
        for at, (begin, row) in enumerate(history):
            if not row:
                continue
            is_last = at + 1 == len(history)
            end = length if is_last else history[at + 1][0]
            name = f"r{number}_{at}"
            styles.append(keyframes(name, begin / length, end / length, length, is_last))
            groups.append(f'<g id="{name}">{"".join(text(run, number) for run in row)}</g>')
    dots = "".join(
        f'<circle cx="{MARGIN + 6 + 18 * at}" cy="{TITLE / 2 + 2}" r="5.5" fill="{colour}"/>'
        for at, colour in enumerate(("#ef6b73", "#e5c07b", "#98c379"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" '
        f'viewBox="0 0 {width:.0f} {height}" '
        f'width="{width:.0f}" height="{height}" role="img" '
        'aria-label="A session of forkrepl in a terminal">\n'
        "<style>text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; "
        "white-space: pre }\n@media (prefers-reduced-motion: no-preference) {\n"
        + "\n".join(styles)
        + "\n}\n"
        + hidden_at_the_end(recording)
        + "</style>\n"
        f'<rect width="100%" height="100%" rx="8" fill="#1e2127"/>{dots}\n'
        + "\n".join(groups)
        + "\n</svg>\n"
    )


def keyframes(name: str, begin: float, end: float, length: float, is_last: bool) -> str:
    """When a version of a row is visible: from ``begin`` to ``end``, parts of the whole."""
    hide = "" if is_last else f" {end:.4%} {{ visibility: hidden }}"
    return (
        f"@keyframes {name} {{ 0% {{ visibility: hidden }} {begin:.4%} {{ visibility: visible }}"
        f"{hide} }} #{name} {{ animation: {name} {length:.1f}s step-end infinite }}"
    )


def hidden_at_the_end(recording: Recording) -> str:
    names = [
        f"#r{number}_{at}"
        for number, history in enumerate(recording.rows)
        for at, (_, row) in enumerate(history[:-1])
        if row
    ]
    return f"{', '.join(names)} {{ visibility: hidden }}\n" if names else ""


def text(run: Run, row: int) -> str:
    x = MARGIN + run.column * CELL_WIDTH
    y = TITLE + MARGIN + (row + 0.75) * CELL_HEIGHT
    colour = COLOURS.get(run.colour, f"#{run.colour}")
    looks = ' font-weight="bold"' * run.bold + ' font-style="italic"' * run.italic
    looks += ' text-decoration="underline"' * run.underlined
    # Fonts differ in width: each run is as long as its cells.
    length = f' textLength="{len(run.text) * CELL_WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}"{looks}{length}>{escape(run.text)}</text>'


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(svg(record(INPUTS)))
