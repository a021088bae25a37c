"""Frames of the program's stack, as the executor tells them: decoded, and not believed."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

FRAME = struct.Struct("<QQIIII")  # struct wire_crash_frame

_LONGEST_NAME = 511  # bytes


class Frame(Struct, frozen=True):
    """A frame of the stack. ``is_return``: ``pc`` is where a call returns to.

    ``library`` and ``symbol``: the file and the nearest name for code of a library,
    otherwise empty; ``base``: where the file begins in memory.
    """

    pc: int
    is_return: bool = False
    library: str = ""
    symbol: str = ""
    base: int = 0

    @property
    def instruction(self) -> int:
        """An address in the instruction that was interrupted or called."""
        return self.pc - self.is_return


class Records:
    """Reads structs and the strings that follow each. Raises ValueError or struct.error."""

    def __init__(self, payload: bytes, position: int) -> None:
        self._payload = payload
        self.position = position

    @property
    def is_at_end(self) -> bool:
        """Whether all has been read."""
        return self.position == len(self._payload)

    def frames(self, count: int) -> Iterator[Frame]:
        """The next ones."""
        for _ in range(count):
            pc, base, is_return, library_length, symbol_length, _ = self.take(FRAME)
            library = self.name(library_length)
            yield Frame(pc, bool(is_return), library, self.name(symbol_length), base)

    def take(self, layout: struct.Struct) -> tuple[int, ...]:
        """The next struct."""
        values = layout.unpack_from(self._payload, self.position)
        self.position += layout.size
        return values

    def name(self, length: int) -> str:
        """The next string, which is a file's or a symbol's name."""
        if length > _LONGEST_NAME:
            raise ValueError("a name is too long")
        return self.text(length).decode("utf-8", "surrogateescape")

    def text(self, length: int) -> bytes:
        """The next string."""
        if length > len(self._payload) - self.position:
            raise ValueError("a string is too long")
        start = self.position
        self.position += length
        return self._payload[start : self.position]
