"""``forkrepl link`` on a terminal: the progress bar, and Ctrl-C while it compiles."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pexpect
import pyte
import pytest

from tests.support.program import PROGRAM, TIMEOUT

MAIN = '#include <stdio.h>\nint main(void) { puts("it runs"); return 6; }\n'


class OnTerminal(Protocol):
    """Starts ``forkrepl link`` on a terminal of the kind ``term``."""

    def __call__(self, *arguments: str, term: str = "xterm") -> Any: ...


@pytest.fixture
def on_terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[OnTerminal]:
    """``main.c`` is a pipe, so it compiles until ``finish`` is called."""
    os.mkfifo(tmp_path / "main.c")
    (tmp_path / "other.c").write_text("int other;\n")
    children = []

    def start(*arguments: str, term: str = "xterm") -> Any:
        child = pexpect.spawn(
            str(PROGRAM),
            ["link", *arguments],
            env=environment | {"TERM": term},
            cwd=str(tmp_path),
            encoding="utf-8",
            dimensions=(10, 60),
            timeout=TIMEOUT,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def finish(pipe: Path, text: str = MAIN) -> None:
    """Write the source, once Clang reads it."""
    deadline = time.monotonic() + TIMEOUT
    descriptor = -1
    while descriptor < 0:
        assert time.monotonic() < deadline, "nobody reads the source"
        with suppress(OSError):  # nobody reads yet
            descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def screen_after(text: str) -> list[str]:
    """The lines that a terminal shows after it was sent ``text``."""
    screen = pyte.Screen(60, 10)
    pyte.Stream(screen).feed(text)
    return [line.rstrip() for line in screen.display if line.strip()]


def end(child: Any) -> tuple[str, int]:
    """Wait for it: what it wrote since the last ``expect``, and its exit status."""
    child.expect_exact(pexpect.EOF)
    text = str(child.before)
    child.close()
    return text, child.exitstatus


def test_bar_appears_and_goes(on_terminal: OnTerminal, tmp_path: Path) -> None:
    child = on_terminal("main.c", "other.c")
    child.expect_exact("compiling 1/2 |")
    shown = child.before + child.after
    finish(tmp_path / "main.c")
    rest, status = end(child)
    assert status == 6
    assert screen_after(shown)[-1].startswith("compiling 1/2 |")
    assert "linking 2/2 |" in rest
    assert screen_after(shown + rest) == ["it runs"]


def test_warnings_take_the_place_of_the_bar(on_terminal: OnTerminal, tmp_path: Path) -> None:
    child = on_terminal("main.c", "other.c")
    child.expect_exact("compiling 1/2 |")
    shown = child.before + child.after
    finish(tmp_path / "main.c", "#warning take care\n" + MAIN)
    rest, status = end(child)
    assert status == 6
    lines = screen_after(shown + rest)
    assert lines[0].startswith("main.c:1:2: warning: take care")
    assert lines[-1] == "it runs"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_no_bar_on_a_terminal_that_only_prints(
    on_terminal: OnTerminal, tmp_path: Path, term: str
) -> None:
    child = on_terminal("main.c", "other.c", term=term)
    time.sleep(1)  # long enough for a bar
    finish(tmp_path / "main.c")
    assert end(child) == ("it runs\r\n", 6)


def test_ctrl_c_while_it_compiles(on_terminal: OnTerminal) -> None:
    child = on_terminal("other.c", "main.c")
    child.expect_exact("compiling 1/2 |")
    shown = child.before + child.after
    child.sendintr()
    rest, status = end(child)
    assert status == 130
    assert screen_after((shown + rest).replace("^C", "")) == []
