"""Pieces of memory that this process and the program share, for arrays without a name.

An arena is one mapping at both sides, at an address in the program that is the same in each of its
processes. A piece of it belongs to whoever refers to it here; then its pages are given back to the
system, and it can be had again.
"""

from __future__ import annotations

import mmap
import os
import weakref
from collections import deque
from functools import partial
from typing import Any

from sortedcontainers import SortedDict

from runtime.addresses import ExecutorAddress
from runtime.memory.free_ranges import FreeRanges
from runtime.memory.shared import SharedMemory


class Piece:
    """``size`` zero bytes, from a page's begin on, which live as long as this object. numpy makes
    an array of it (``__array_interface__``), whose views keep it alive, too."""

    __slots__ = ("__weakref__", "_arena", "_offset", "_taken", "size")

    def __init__(self, arena: SharedArena, offset: int, size: int, taken: int) -> None:
        """``taken``: the size in whole pages."""
        self._arena, self._offset, self.size, self._taken = arena, offset, size, taken

    @property
    def __array_interface__(self) -> dict[str, Any]:
        start = self._arena.start + self._offset
        return {"data": (start, False), "shape": (self.size,), "typestr": "|u1", "version": 3}

    def __del__(self) -> None:
        self._arena.give_back(self._offset, self._taken)


class SharedArena:
    """``address``: where the program has it."""

    def __init__(self, size: int, address: ExecutorAddress) -> None:
        """``size``: of whole pages. Raises OSError, and OverflowError for what no address space
        holds."""
        self.size = size
        self.address = address
        self.memory = SharedMemory(size)
        self.start = self.memory.start
        self._free = FreeRanges(0, size)
        self._used_up_to = 0  # what is after it has never been written
        self._given_back: deque[tuple[int, int]] = deque()
        self._pieces: Any = SortedDict()  # by offset, those that somebody has, weakly
        # What `give_back` needs, which may be called when modules have been torn down.
        self._owner, self._process = os.getpid(), os.getpid
        self._clear = partial(_clear, self.memory.view, mmap.MADV_REMOVE)

    def allocate(self, size: int) -> Piece | None:
        """A piece of so many bytes; None if there is no room."""
        while self._given_back:
            gone = self._given_back.popleft()
            del self._pieces[gone[0]]
            self._free.give_back(*gone)
        taken = max(-(-size // mmap.PAGESIZE), 1) * mmap.PAGESIZE
        offset = self._free.take(taken)
        if offset is None:
            return None
        if offset < self._used_up_to:  # the program may have written to it all the same
            self._clear(offset, taken)
        self._used_up_to = max(self._used_up_to, offset + taken)
        piece = Piece(self, offset, size, taken)
        self._pieces[offset] = weakref.ref(piece)
        return piece

    def piece_at(self, address: ExecutorAddress, size: int) -> tuple[Piece, int] | None:
        """What somebody has of these bytes of the program's, and where in it they begin; None if
        they are not all in one piece."""
        offset = address - self.address
        index = self._pieces.bisect_right(offset) - 1
        if not 0 <= offset < self.size or index < 0:
            return None
        begin, reference = self._pieces.peekitem(index)
        piece = reference()
        if piece is None or offset + size > begin + piece.size:
            return None
        return piece, offset - begin

    def give_back(self, offset: int, size: int) -> None:
        """A piece is forgotten; in whichever thread, and in the midst of whatever that does."""
        if self._process() == self._owner:  # a fork forgets its own view of it only
            self._clear(offset, size)
            self._given_back.append((offset, size))

    def address_of(self, start: int, end: int) -> ExecutorAddress | None:
        """Of what is from one address of this process to another; None if it is not all in here."""
        if self.start <= start <= end <= self.start + self.size:
            return ExecutorAddress(self.address + start - self.start)
        return None


def _clear(view: mmap.mmap, remove: int, offset: int, size: int) -> None:
    """Give pages back to the system: they are zero again."""
    try:
        view.madvise(remove, offset, size)
    except (OSError, ValueError):  # of a file system that cannot make holes
        view[offset : offset + size] = bytes(size)
