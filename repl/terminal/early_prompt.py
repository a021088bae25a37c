"""The first prompt, on the screen before there is anything that could read it.

What reads takes 0.15 s to import. Until then the keyboard's bytes wait in the terminal,
which shows nothing of them: the line editor finds them there and draws over this prompt.
Imports next to nothing.
"""

from __future__ import annotations

import os
import sys
import termios
from typing import Any

_LOCAL_FLAGS, _INPUT_FLAGS = 3, 0  # tcgetattr(3)'s fields, as termios numbers them
_PROMPT = "In[1]: "
_ERASE = "\r\x1b[K"


class EarlyPrompt:
    """The greeting, unless it is empty, and the prompt, if the terminal can be drawn on.

    A context manager: leaving it erases the prompt if nobody has done so.
    """

    def __init__(self, *, greeting: str, colour: bool) -> None:
        self._modes: list[Any] | None = None
        self._is_shown = False
        if greeting:
            print(greeting, flush=True)
        if os.environ.get("TERM") in (None, "", "dumb"):
            return  # what is drawn stays there
        try:
            self._modes = termios.tcgetattr(sys.stdin)
            if not sys.stdout.isatty():
                return
            self._listen_silently(self._modes)
        except termios.error:  # no terminal
            return
        self._is_shown = True
        _write(f"\x1b[1;32m{_PROMPT}\x1b[0m" if colour else _PROMPT)

    def __enter__(self) -> EarlyPrompt:
        return self

    def __exit__(self, *_: object) -> None:
        self.erase()

    def erase(self) -> None:
        """Leave the line as it was before, and the terminal to the line editor."""
        if self._is_shown:
            self._is_shown = False
            _write(_ERASE)
            termios.tcsetattr(sys.stdin, termios.TCSANOW, self._modes or [])

    def _listen_silently(self, modes: list[Any]) -> None:
        silent = list(modes)
        # What the line editor wants: each key at once, as it is; Ctrl-C is a key.
        silent[_LOCAL_FLAGS] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        silent[_INPUT_FLAGS] &= ~(termios.ICRNL | termios.IXON)
        termios.tcsetattr(sys.stdin, termios.TCSANOW, silent)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
