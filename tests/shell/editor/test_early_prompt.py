"""The first prompt is there before its line editor: nothing that is typed early is lost."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte

from tests.support.leaks import wait_for
from tests.support.program import PROGRAM, TIMEOUT
from tests.support.runtime import ROOT


class Terminal:
    """A terminal emulator that shows what the program draws."""

    def __init__(self, environment: dict[str, str], folder: Path, *arguments: str) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            str(PROGRAM),
            list(arguments),
            env=environment | {"TERM": "xterm-256color"},
            cwd=str(folder),
            encoding="utf-8",
            dimensions=(24, 80),
            timeout=TIMEOUT,
        )

    def lines(self) -> list[str]:
        """What is on the screen, without blank lines."""
        with suppress(pexpect.TIMEOUT, pexpect.EOF):
            self._stream.feed(self.child.read_nonblocking(65536, timeout=0.05))
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def shows(self, *wanted: str) -> bool:
        """Wait until these are the last lines."""
        return wait_for(lambda: self.lines()[-len(wanted) :] == list(wanted))


def test_what_is_typed_early_is_read(environment: dict[str, str], tmp_path: Path) -> None:
    terminal = Terminal(environment, tmp_path, "--no-cache")
    terminal.child.expect_exact("In[1]: ")  # nothing can read yet
    assert not terminal.child.getecho()
    terminal.child.send("dropped\x03int x = 4;\rx")
    terminal.child.send("\r")
    assert terminal.shows("In[2]: x", "(int) 4", "In[3]:")
    lines = terminal.lines()
    assert lines.count("In[1]: int x = 4;") == 1
    assert not any("dropped" in line for line in lines[-4:])
    terminal.child.send("\x04")
    terminal.child.expect_exact(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0


def test_an_error_at_the_start_leaves_the_terminal_as_it_was(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "shell").write_text(f"'{PROGRAM}' --connect unix:nobody; stty -a; echo ready\n")
    child = pexpect.spawn(
        "/bin/sh",
        ["shell"],
        env=environment | {"TERM": "xterm-256color", "FORKREPL_TOKEN": "a" * 64},
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    child.expect_exact("ready")
    before, _, after = str(child.before).partition("forkrepl: error: ")
    assert before.endswith("\r\x1b[K")  # the prompt is gone
    modes = after.replace(";", " ").split()
    assert {"echo", "icanon", "isig", "icrnl"} <= set(modes)


def test_little_is_imported_before_the_prompt() -> None:
    """The line editor, the session and what they need come later."""
    late = [
        "prompt_toolkit",
        "asyncio",
        "subprocess",
        "json",
        "threading",
        "repl.python.session",
        "ctypes",
    ]
    script = (
        "import os, pty, sys\n"
        "from repl.terminal import early_prompt\n"
        "class Shown(BaseException): pass\n"
        "def stop(*_, **__): raise Shown\n"
        "early_prompt._write = stop\n"
        "import repl.cli\n"
        "sys.argv = ['forkrepl']\n"
        "os.environ['TERM'] = 'xterm'\n"
        "try: repl.cli.main()\n"
        "except Shown: pass\n"
        f"print([m for m in {late} if m in sys.modules])"
    )
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    output, _ = pexpect.run(
        f'{sys.executable} -c "{script}"',
        env=environment,
        cwd=str(ROOT),
        withexitstatus=True,
    )
    assert output.decode().splitlines()[-1] == "[]"
