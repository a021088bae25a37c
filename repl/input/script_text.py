"""The text of a script, all at once or as it arrives."""

from __future__ import annotations

import os
import select
from typing import Protocol


class ScriptText(Protocol):
    """Gives out the lines of a text once, as bytes, each with its newline."""

    def read(self, *, wait: bool) -> bytes | None:
        """The next lines; None at the end. If there are none yet, and one is not to wait for
        them, nothing."""

    @property
    def has_ended(self) -> bool:
        """Whether it is known that there are no more lines."""


class WholeText:
    """A text that is there. Bytes that were no UTF-8 are surrogates in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._data: bytes | None = text.encode("utf-8", "surrogateescape")

    @property
    def has_ended(self) -> bool:
        """See ``ScriptText``."""
        return self._data is None

    def read(self, *, wait: bool) -> bytes | None:
        """See ``ScriptText``."""
        data, self._data = self._data, None
        return data


class ArrivingText:
    """What comes through a descriptor: a file, or a pipe whose writer may wait for answers."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._begun = b""  # of a line
        self.has_ended = False

    def read(self, *, wait: bool) -> bytes | None:
        """See ``ScriptText``."""
        while not self.has_ended:
            if not wait and not select.select([self._descriptor], [], [], 0)[0]:
                return b""
            data = os.read(self._descriptor, 1 << 20)
            self.has_ended = not data
            lines, newline, self._begun = (self._begun + data).rpartition(b"\n")
            if newline:
                return _with_unix_ends(lines + newline)
        rest, self._begun = self._begun, b""
        return _with_unix_ends(rest) or None


def from_line(text: str, number: int) -> str:
    """What a text has from this line on, the first being 1."""
    return "\n".join(text.split("\n")[number - 1 :])


def _with_unix_ends(lines: bytes) -> bytes:
    return lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
