"""``%debug``: gdb on a real terminal, in the process that crashed and in one that runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.configuration import configure
from tests.support.editor import EditorTerminal
from tests.support.leaks import wait_for
from tests.support.program import EXAMPLES, Run, pattern_of, piped

GUIDE = EXAMPLES / "guide" / "debugging.md"
SESSIONS = re.findall(r"^~~~gdb\n(.*?)^~~~$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
GDB = "(gdb)"
_TYPED = re.compile(r"^(In\[(\d+)\]:|\(gdb\)) (.*)$")

pytestmark = pytest.mark.skipif(shutil.which("gdb") is None, reason="no gdb (apt-get install gdb)")


@pytest.fixture
def terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[EditorTerminal]:
    """A shell with room for a whole session. Nothing of its folder is run."""
    here = tmp_path / "here"
    here.mkdir()
    (here / ".gdbinit").write_text("shell touch was-run\n")
    with EditorTerminal(environment, here, columns=140, rows=100, NO_COLOR="1") as found:
        found.wait_for_prompt(1)
        yield found
        assert not (here / "was-run").exists()


def tell(terminal: EditorTerminal, text: str, prompt: str | int = GDB) -> str:
    """Type a line, and wait for the next prompt, the editor's of a number or gdb's: what was
    printed before it."""
    terminal.screen.reset()
    terminal.type(text + "\r")
    expected = f"In[{prompt}]:" if isinstance(prompt, int) else prompt
    terminal.wait_until(lambda: terminal.line == expected, f"the prompt {expected}")
    return "\n".join(terminal.lines[:-1])


def matches(shown: str, expected: list[str]) -> bool:
    pattern = pattern_of([line for line in expected if line])
    return re.search(pattern + r"\Z", shown, re.DOTALL) is not None


@pytest.mark.parametrize("session", SESSIONS, ids=range(len(SESSIONS)))
def test_a_session_of_the_guide(terminal: EditorTerminal, session: str) -> None:
    lines = session.splitlines()
    typed = [(at, match) for at, line in enumerate(lines) if (match := _TYPED.match(line))]
    inputs = [int(match[2]) for _, match in typed if match[2]]
    after: list[tuple[int, str | int]]
    after = [(at, int(match[2]) if match[2] else GDB) for at, match in typed[1:]]
    after.append((len(lines), inputs[-1] + 1))
    for (at, match), (end, prompt) in zip(typed, after, strict=True):
        shown = tell(terminal, match[3], prompt)
        assert matches(shown, lines[at + 1 : end]), f"{match[3]}:\n{terminal.text}"


def processes(folder: Path) -> int:
    """How many executors run that were started in a folder: copies of them, too."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_executor = os.readlink(entry / "exe").endswith("forkrepl-executor")
            count += is_executor and os.readlink(entry / "cwd") == str(folder)
    return count


def test_what_is_kept_goes_with_the_next_input_and_with_the_session(
    terminal: EditorTerminal, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    tell(terminal, "#include <thread>", 2)
    tell(terminal, "std::thread([] { __builtin_trap(); }).join();", 3)
    kept = processes(here)
    tell(terminal, "%pwd", 4)
    shown = tell(terminal, "%debug")
    assert "SIGILL" in shown
    assert "In[2]:1" in shown
    assert "Program terminated with signal SIGILL" in tell(terminal, "continue")
    terminal.screen.reset()
    terminal.key("ctrl-D")
    terminal.wait_for_prompt(5)
    assert wait_for(lambda: processes(here) == kept)
    tell(terminal, "%undo", 6)
    assert "SIGILL" in tell(terminal, "%debug", GDB)
    tell(terminal, "quit", 7)
    assert "(int) 2" in tell(terminal, "1 + 1", 8)
    assert "no crash is kept" in tell(terminal, "%debug", 9)
    tell(terminal, "__builtin_trap();", 10)  # in what was a checkpoint
    assert "SIGILL" in tell(terminal, "%debug", GDB)
    tell(terminal, "quit", 11)
    tell(terminal, "__builtin_abort();", 12)
    terminal.child.kill(signal.SIGKILL)
    assert wait_for(lambda: processes(here) == 0)


def interrupts(terminal: EditorTerminal) -> bool:
    """Whether Ctrl-C has ended the input: gdb may still be leaving when it is pressed."""
    terminal.key("ctrl-C")
    return "interrupted" in terminal.text


def test_an_input_that_gdb_ends_or_interrupts(terminal: EditorTerminal) -> None:
    tell(terminal, "volatile int y = 1;", 2)
    tell(terminal, "%debug y = 2;")
    tell(terminal, "kill")
    assert "was ended by SIGKILL" in tell(terminal, "quit", 3)
    assert "(volatile int) 1" in tell(terminal, "y", 4)
    tell(terminal, "%debug while (true) ++y;")
    terminal.screen.reset()
    terminal.type("continue\r")
    terminal.wait_for("Continuing.")
    terminal.key("ctrl-C")
    terminal.wait_for("SIGINT")
    terminal.wait_for_line(GDB)
    terminal.screen.reset()
    terminal.type("quit\r")
    terminal.wait_for("detached]")
    terminal.wait_until(lambda: interrupts(terminal), "that it is interrupted")
    terminal.wait_for_prompt(5)
    assert "(volatile int) 1" in tell(terminal, "y", 6)
    assert "nothing in this input that runs" in tell(terminal, "%debug struct S {};", 7)
    assert "there is no input 99" in tell(terminal, "%debug 99", 8)
    tell(terminal, "%debug 3")
    assert "(volatile int) 1" in tell(terminal, "continue", 9)


def test_a_debugger_that_does_not_attach(environment: dict[str, str], tmp_path: Path) -> None:
    """Nothing runs, and nothing is declared; of the current folder nothing is run either."""
    for name, text in (("programs", "exit 3"), ("here", "touch was-run")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gdb").write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name / "gdb").chmod(0o700)
    path = f".::{tmp_path / 'programs'}:{environment['PATH']}"
    with EditorTerminal(environment, tmp_path / "here", columns=120, PATH=path) as terminal:
        terminal.wait_for_prompt(1)
        assert "gdb has not attached to the program" in tell(terminal, "%debug int a = 1; ++a;", 2)
        assert "undeclared identifier 'a'" in tell(terminal, "a", 3)
        tell(terminal, "*(volatile int *)1 = 2;", 4)
        assert "gdb has not attached to the program" in tell(terminal, "%debug", 5)
        assert "(int) 2" in tell(terminal, "1 + 1", 6)
    assert not (tmp_path / "here" / "was-run").exists()


def test_crashes_that_are_not_kept(environment: dict[str, str], tmp_path: Path) -> None:
    configure(tmp_path, "keep_crashes = false\n")
    settings = str(tmp_path)
    with EditorTerminal(environment, tmp_path, columns=120, XDG_CONFIG_HOME=settings) as terminal:
        terminal.wait_for_prompt(1)
        assert "SIGILL" in tell(terminal, "__builtin_trap();", 2)
        assert "crashes are not kept (keep_crashes" in tell(terminal, "%debug", 3)


def test_crashes_that_nobody_could_look_at(
    environment: dict[str, str], tmp_path: Path, forkrepl: Run
) -> None:
    """The executor has one descriptor more where they are kept."""
    count = "!ps -o args= --ppid $PPID | grep [f]orkrepl-executor | wc -w"
    assert forkrepl(input=f"{count}\n").stdout == "3\n"
    with EditorTerminal(environment, tmp_path, columns=120) as terminal:
        terminal.wait_for_prompt(1)
        assert "4" in tell(terminal, count, 2)


def test_without_a_terminal_there_is_no_debugger(forkrepl: Run) -> None:
    _, errors = piped(forkrepl, "%debug", "%debug 1 + 1")
    assert errors.count("%debug: a debugger needs a terminal") == 2
