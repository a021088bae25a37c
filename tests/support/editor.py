"""A shell on a terminal emulator: what a test sees is what is on the user's screen."""

from __future__ import annotations

import os
import re
import select
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pexpect
import pyte
from prompt_toolkit.input import PipeInput

from tests.support.leaks import wait_for
from tests.support.program import PROGRAM, TIMEOUT

_PROMPT = re.compile(r"In\[\d+\]: |  \.\.\.: ")

KEYS = {
    "enter": "\r",
    "alt-enter": "\x1b\r",
    "tab": "\t",
    "shift-tab": "\x1b[Z",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "f2": "\x1bOQ",
    "alt-f": "\x1bf",
    "alt-.": "\x1b.",
    "alt-backspace": "\x1b\x7f",
    "backspace": "\x7f",
    "escape": "\x1b",
    "ctrl-_": "\x1f",
}


class _Screen(pyte.Screen):
    """A screen that answers, as when it is asked where the cursor is.

    ``wrapped_lines``: how often a line was too long for it.
    """

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        super().__init__(columns, rows)
        self._answer = answer
        self.wrapped_lines = 0
        self._draws = False

    def draw(self, data: str) -> None:
        self._draws = True
        super().draw(data)
        self._draws = False

    def linefeed(self) -> None:
        self.wrapped_lines += self._draws
        super().linefeed()

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class EditorTerminal:
    """The shell, seen through a screen of the given size.

    A context manager: leaving it ends the shell, however it is.
    """

    def __init__(
        self,
        environment: dict[str, str],
        folder: Path,
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        command: Sequence[str] = (str(PROGRAM), "-q", "--no-cache"),
        **changes: str,
    ) -> None:
        self.screen = _Screen(columns, rows, self._reply)
        self._stream = pyte.ByteStream(self.screen)
        program, *fixed = command
        self.child: Any = pexpect.spawn(
            program,
            [*fixed, *arguments],
            env=environment | {"TERM": "xterm-256color"} | changes,
            cwd=str(folder),
            dimensions=(rows, columns),
            timeout=TIMEOUT,
        )

    def __enter__(self) -> EditorTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.child.close(force=True)

    @property
    def lines(self) -> list[str]:
        """What is shown, without blank lines."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    @property
    def line(self) -> str:
        """The line with the cursor."""
        row = self.screen.buffer[self.screen.cursor.y]  # ``display`` makes all lines
        return "".join(row[column].data for column in range(self.screen.columns)).rstrip()

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    @property
    def has_colours(self) -> bool:
        """Whether anything on the screen is coloured."""
        return any(map(self._is_coloured, range(self.screen.lines)))

    def _is_coloured(self, row: int) -> bool:
        cells = self.screen.buffer[row].values()
        return any(cell.fg != "default" or cell.bg != "default" for cell in cells)

    @property
    def wrapped_lines(self) -> int:
        """How often what was printed was longer than a line."""
        return self.screen.wrapped_lines

    def printed_lines(self) -> tuple[list[str], bool]:
        """What is on the screen besides prompts and what was typed there; whether any of
        it is coloured."""
        rows = [
            (number, line.rstrip())
            for number, line in enumerate(self.screen.display)
            if line.strip() and not _PROMPT.match(line)
        ]
        return [line for _, line in rows], any(self._is_coloured(number) for number, _ in rows)

    def type(self, text: str) -> None:
        """Type characters as a keyboard sends them."""
        self.child.send(text.encode())

    def key(self, *names: str) -> None:
        """Press keys: those of ``KEYS``, or ``ctrl-X``."""
        for name in names:
            code = KEYS.get(name)
            self.type(code if code else chr(ord(name.removeprefix("ctrl-").upper()) - 64))

    def paste(self, text: str) -> None:
        """Paste in brackets, as terminals do, however long that takes."""
        data = b"\x1b[200~" + text.encode().replace(b"\n", b"\r") + b"\x1b[201~"
        while data:
            _, writable, _ = select.select([], [self.child.child_fd], [], 0)
            if writable:
                data = data[os.write(self.child.child_fd, data[:4096]) :]
            self.read(0)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Let it go on until what it shows is as expected; fail if that never comes."""
        deadline = time.monotonic() + 4 * TIMEOUT  # a long paste on a busy machine
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"never seen: {what}\non the screen:\n{self.text}")
            self.read(0.05)

    def wait_for(self, text: str) -> None:
        """Wait until the screen shows a text."""
        self.wait_until(lambda: text in self.text, repr(text))

    def wait_for_line(self, text: str) -> None:
        """Wait until the line with the cursor ends with a text (or is it, after the prompt)."""
        self.wait_until(lambda: self.line.endswith(text.rstrip()), f"a line {text!r}")

    def wait_for_prompt(self, number: int, typed: str = "") -> None:
        """Wait until the cursor is behind a prompt and what has been typed there."""
        shown = f"In[{number}]: {typed}".rstrip()
        self.wait_until(lambda: self.line == shown, f"the prompt {shown!r}")

    def wait_for_end(self) -> int:
        """Wait until the shell has ended: its exit status."""
        self.wait_until(lambda: not self.read(0.05), "the end")
        self.child.wait()
        status = self.child.exitstatus
        assert status is not None, f"ended by signal {self.child.signalstatus}"
        return int(status)

    def read(self, seconds: float) -> bool:
        """Show what has come; False if the shell has ended."""
        readable, _, _ = select.select([self.child.child_fd], [], [], seconds)
        if not readable:
            return True
        try:
            data = os.read(self.child.child_fd, 1 << 16)
        except OSError:
            return False
        self._stream.feed(data)
        return bool(data)

    def _reply(self, data: str) -> None:
        """What a terminal answers, as where the cursor is."""
        os.write(self.child.child_fd, data.encode())


def type_slowly(pipe: PipeInput, *keys: str, ready: Callable[[], bool] = lambda: True) -> None:
    """Pause between `keys`: history and completions are loaded while the user does nothing.
    After each the user waits until it is ``ready``."""

    def send() -> None:
        for chunk in keys:
            pipe.send_text(chunk)
            time.sleep(0.4)
            wait_for(ready)

    threading.Thread(target=send).start()
