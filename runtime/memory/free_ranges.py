"""Which parts of a range of memory are free."""

from __future__ import annotations

from bisect import bisect_left, insort


class FreeRanges:
    """Free ranges: best fit, coalesced with their neighbours when freed.

    In sorted lists: there are hardly ever more than some hundreds, and to shift a hundred thousand
    takes C less than 0.1 ms.
    """

    def __init__(self, offset: int, size: int) -> None:
        self._offsets = [offset]
        self._sizes = {offset: size}
        self._by_size = [(size, offset)]

    def take(self, size: int) -> int | None:
        """The offset of ``size`` bytes that are now taken; None if there are none."""
        index = bisect_left(self._by_size, (size, -1))
        if index == len(self._by_size):
            return None
        found_size, offset = self._by_size[index]
        self._remove(offset)
        if found_size > size:
            self._insert(offset + size, found_size - size)
        return offset

    def give_back(self, offset: int, size: int) -> None:
        """Free a range. Raises ValueError if part of it is free already."""
        index = bisect_left(self._offsets, offset)
        after = self._offsets[index] if index < len(self._offsets) else None
        before = self._offsets[index - 1] if index > 0 else None
        if after is not None and after < offset + size:
            raise ValueError("a range was freed twice")
        if before is not None and before + self._sizes[before] > offset:
            raise ValueError("a range was freed twice")
        if after == offset + size:
            size += self._remove(after)
        if before is not None and before + self._sizes[before] == offset:
            offset, size = before, size + self._remove(before)
        self._insert(offset, size)

    def ranges(self) -> list[tuple[int, int]]:
        """(offset, size) of every free range, in order."""
        return [(offset, self._sizes[offset]) for offset in self._offsets]

    def _insert(self, offset: int, size: int) -> None:
        insort(self._offsets, offset)
        self._sizes[offset] = size
        insort(self._by_size, (size, offset))

    def _remove(self, offset: int) -> int:
        """Returns its size."""
        size = self._sizes.pop(offset)
        del self._offsets[bisect_left(self._offsets, offset)]
        del self._by_size[bisect_left(self._by_size, (size, offset))]
        return size
