"""Keys, bytes, pastes and resizes at the prompt, on a terminal that answers."""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path
from random import Random

from tests.fuzz.cases import Case, Target
from tests.support.editor import KEYS, EditorTerminal
from tests.support.program import user_environment

_LIMIT = 60.0
"""Seconds, after which a prompt is missing."""

_TEXTS = [
    *("1 + 1", "int x = 1;", "x", "std::", "#include <vec", "for (;", "{", "}", "(", ")", '"', "'"),
    *("%he", "%load ", "?x", "x?", "/*", "*/", "//", "\\", "#if 1", "#endif", "template <class T>"),
    *('R"(', ')"', "é", "\u4e2d", "\U0001f600", "e\u0301", "\u202e", "x" * 300, "[" * 50, "\t"),
    *("In[1]: 5", ">>> 5", "struct S { int a; } s;", "s.", "%undo", "%errors", "_", "Out[1]"),
]
_SEQUENCES = [
    *("\x1b[200~", "\x1b[201~", "\x1b[", "\x1bO", "\x1b", "\x1b\x1b", "\x1b[1;5C", "\x1b[3~"),
    *("\x1b[M !!", "\x1b[<0;5;5M", "\x1b[<0;999;999m", "\x1b[1;1R", "\x1b[999;999R", "\x1b[0n"),
    *("\x1b[?1;2c", "\x1b]10;rgb:0/0/0\x07", "\x1bP1$r0m\x1b\\", "\x1b[I", "\x1b[O", "\x1bOR"),
]
_CONTROLS = [chr(code) for code in range(1, 32) if chr(code) not in "\x03\x04\x1a\x1c"]
"""All but those that end or stop the session."""


class PromptWorld:
    """A case is what is typed, in pieces; one that begins with ``\\0`` is a new size."""

    def __init__(self, folder: Path, mode: str) -> None:
        environment = user_environment(folder) | {"VISUAL": "true", "EDITOR": "true"}
        (folder / "cwd").mkdir()
        config = folder / "config.toml"
        config.write_text(f'editing_mode = "{mode}"\nmouse = true\ncomplete_while_typing = true\n')
        self._terminal = EditorTerminal(environment, folder / "cwd", f"--config={config}")
        self._number = 0
        self._wait_for("In[1]:")
        self._reset()

    def make(self, random: Random) -> Case:
        """Keys, texts, sequences, bytes and sizes."""
        return [_some_piece(random) for _ in range(random.randint(1, 30))]

    def try_case(self, case: Case) -> str:
        """Afterwards the prompt is there, and an input runs."""
        for piece in case:
            if piece.startswith(b"\0") and len(piece) == 3:
                self._terminal.resize(piece[1] or 1, piece[2] or 1)
            else:
                self._terminal.child.send(piece)
            self._read()
        self._reset()
        return "goes on"

    def close(self) -> None:
        """End the shell."""
        self._terminal.child.close(force=True)

    def _reset(self) -> None:
        """Leave whatever mode it is in, and run an input."""
        self._number += 1
        self._terminal.resize(200, 50)
        marker = f"{1000 + self._number}{self._number}"
        self._terminal.type("\x1b[201~")
        deadline = time.monotonic() + _LIMIT
        while time.monotonic() < deadline:
            self._terminal.type("\x03")
            self._read(0.3)
            self._terminal.type(f"{1000 + self._number}'{self._number}\r")
            until = time.monotonic() + 3
            while time.monotonic() < until:
                self._read(0.1)
                if f"(int) {marker}" in self._terminal.text:
                    self._check()
                    return
        self._check()
        raise AssertionError(f"no prompt any more; on the screen:\n{self._terminal.text}")

    def _wait_for(self, text: str) -> None:
        deadline = time.monotonic() + _LIMIT
        while text not in self._terminal.text:
            assert time.monotonic() < deadline, f"never seen: {text}"
            self._read(0.1)

    def _read(self, seconds: float = 0.0) -> None:
        if not self._terminal.read(seconds) or not self._terminal.child.isalive():
            self._check()
            raise AssertionError(f"the shell has ended; on the screen:\n{self._terminal.text}")

    def _check(self) -> None:
        text = self._terminal.text
        assert not re.search("Traceback|internal error|Unhandled exception", text), text


def _some_piece(random: Random) -> bytes:
    kind = random.randrange(10)
    if kind < 3:
        return random.choice(_TEXTS).encode()
    if kind < 5:
        return random.choice([*KEYS.values()]).encode()
    if kind < 7:
        return random.choice(_CONTROLS).encode()
    if kind == 7:
        return random.choice(_SEQUENCES).encode()
    if kind == 8:
        sizes = [1, 2, 3, 5, 10, 20, 40, 80, 132, 255]
        return bytes([0, random.choice(sizes), random.choice(sizes)])
    forbidden = b"\x03\x04\x1a\x1c!"
    return bytes(byte for byte in random.randbytes(random.randint(1, 20)) if byte not in forbidden)


_EMACS, _VI = (partial(PromptWorld, mode=mode) for mode in ("emacs", "vi"))
TARGET = Target("prompt", "keys, bytes and resizes at the prompt", _EMACS, 300, remembers=True)
VI_TARGET = Target("prompt-vi", "the same with vi's keys", _VI, 300, remembers=True)
