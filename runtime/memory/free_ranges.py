"""Which parts of a range of memory are free."""

from __future__ import annotations

from typing import Any

from sortedcontainers import SortedDict, SortedSet


class FreeRanges:
    """Free ranges: best fit, coalesced with their neighbours when freed."""

    def __init__(self, offset: int, size: int) -> None:
        self._by_offset: Any = SortedDict({offset: size})
        self._by_size: Any = SortedSet([(size, offset)])

    def take(self, size: int) -> int | None:
        """The offset of ``size`` bytes that are now taken; None if there are none."""
        index = self._by_size.bisect_left((size, -1))
        if index == len(self._by_size):
            return None
        found_size, offset = self._by_size[index]
        self._remove(offset, found_size)
        if found_size > size:
            self._insert(offset + size, found_size - size)
        return int(offset)

    def give_back(self, offset: int, size: int) -> None:
        """Free a range. Raises ValueError if part of it is free already."""
        index = self._by_offset.bisect_left(offset)
        if index < len(self._by_offset):
            after, after_size = self._by_offset.peekitem(index)
            if after < offset + size:
                raise ValueError("a range was freed twice")
            if after == offset + size:
                self._remove(after, after_size)
                size += after_size
        if index > 0:
            before, before_size = self._by_offset.peekitem(index - 1)
            if before + before_size > offset:
                raise ValueError("a range was freed twice")
            if before + before_size == offset:
                self._remove(before, before_size)
                offset, size = before, size + before_size
        self._insert(offset, size)

    def ranges(self) -> list[tuple[int, int]]:
        """(offset, size) of every free range, in order."""
        return list(self._by_offset.items())

    def _insert(self, offset: int, size: int) -> None:
        self._by_offset[offset] = size
        self._by_size.add((size, offset))

    def _remove(self, offset: int, size: int) -> None:
        del self._by_offset[offset]
        self._by_size.remove((size, offset))
