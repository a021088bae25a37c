"""One call's part of the memory that the program shares: see ``repl/python/glue.hpp``."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from runtime.addresses import ExecutorAddress

FIRST_SLOT = 64
SLOT = 16
FRAME = 8192  # bytes
ROOM_AT = 48
OFFSET_AT = 56
ARGUMENT = 512
MOST_ARGUMENTS = 64
_FIRST_BYTES = FIRST_SLOT + SLOT * MOST_ARGUMENTS

_WORDS = struct.Struct("<QQ")
_SIGNED = struct.Struct("<q")
_FLOAT = struct.Struct("<d")


class Room(Protocol):
    """Where what has no room in a frame goes."""

    def put(self, data: bytes | memoryview, align: int = 16) -> ExecutorAddress:
        """A copy of it in the program, as long as the call lasts. Raises ShellError."""

    def lend(self, size: int, align: int = 16) -> tuple[ExecutorAddress, memoryview]:
        """Memory of a size in bytes, which both use: where it is there, and here."""

    def address_of(self, array: np.ndarray[Any, Any]) -> ExecutorAddress | None:
        """Where the program has an array that it shares; None if it does not."""


class Frame:
    """What a call says. ``offset``: of the frame in the block; ``room``: for more than fits;
    ``number_of``: gives functions of Python's a number.

    ``after``: to be done when the call has returned, whether it failed or not."""

    def __init__(
        self,
        block: memoryview,
        offset: int,
        room: Room,
        number_of: Callable[[Callable[..., Any]], int],
    ) -> None:
        self.block = block
        self.offset = offset
        self.room = room
        self.number_of = number_of
        self.after: list[Callable[[], None]] = []
        self._slots = offset + FIRST_SLOT
        self._end = _FIRST_BYTES  # of what is beside the slots
        _WORDS.pack_into(block, offset + ROOM_AT, FRAME - FIRST_SLOT, offset)

    def put_head(self, first: int, second: int) -> None:
        """The two words at the beginning, which the result takes the place of."""
        _WORDS.pack_into(self.block, self.offset, first, second)

    def put_integer(self, index: int, value: int) -> None:
        """A number from -2^63 to 2^63 - 1."""
        _SIGNED.pack_into(self.block, self._slots + SLOT * index, value)

    def put_word(self, index: int, value: int, size: int = 0) -> None:
        """A number from 0 to 2^64 - 1, and a size."""
        _WORDS.pack_into(self.block, self._slots + SLOT * index, value, size)

    def put_float(self, index: int, value: float) -> None:
        """A double."""
        _FLOAT.pack_into(self.block, self._slots + SLOT * index, value)

    def put_float_beside(self, index: int, value: float) -> None:
        """The second double of a slot."""
        _FLOAT.pack_into(self.block, self._slots + SLOT * index + 8, value)

    def put_variable(self, index: int, variable: memoryview) -> None:
        """The bytes of a variable, at most 16, which has what the call has made of them after."""
        at = self._slots + SLOT * index
        end = at + len(variable)
        self.block[at:end] = variable

        def copy_back() -> None:
            variable[:] = self.block[at:end]

        self.after.append(copy_back)

    def put_text(self, index: int, data: bytes) -> bool:
        """Characters and a zero, within the frame: False if they do not fit."""
        begin, end = self._end, self._end + len(data) + 1
        if end > FRAME:
            return False
        at = self.offset + begin
        self.block[at : at + len(data)] = data
        self.block[at + len(data)] = 0
        self._end = end
        self.put_word(index, begin, len(data))
        return True
