"""Who has which part of the threads' static block.

Code that was compiled for a program (``-fPIE``, ``-fno-pic``) has the distance of a
thread-local variable from the thread pointer in its instructions, so the variable
must be at the same place in every thread: the initial- and local-exec models of
"ELF Handling For Thread-Local Storage". The process keeps an area for that.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.addresses import align_up
from runtime.errors import OutOfMemoryError
from runtime.executor_process_control import ThreadArea
from runtime.free_ranges import FreeRanges

_NO_BYTES = 0


class StaticThreadLocals:
    """Allocates from the process's area, which it asks for on first use."""

    def __init__(self, ask: Callable[[], ThreadArea]) -> None:
        self._ask = ask
        self._area: ThreadArea | None = None
        self._free = FreeRanges(0, 0)

    def allocate(self, size: int, align: int) -> StaticBlock:
        """``size`` bytes at the same place in every thread; 0 for none at all.

        Raises OutOfMemoryError.
        """
        if size == _NO_BYTES:
            return StaticBlock(self, 0, 0, 0)
        area = self._find_area()
        size = align_up(size, area.align)
        start = self._free.take(size) if align <= area.align else None
        if start is None:
            raise OutOfMemoryError(
                f"{size} bytes of thread-local variables, aligned to {align}, do not fit into "
                f"the threads' static block ({area.size} bytes, aligned to {area.align}): "
                "compile with -fPIC"
            )
        return StaticBlock(self, start, area.offset + start, size)

    def _find_area(self) -> ThreadArea:
        if self._area is None:
            area = self._ask()
            self._area = area
            self._free = FreeRanges(0, area.size // area.align * area.align)
        return self._area

    def _give_back(self, start: int, size: int) -> None:
        self._free.give_back(start, size)


class StaticBlock:
    """A part of the area; ``offset``: from the thread pointer, in bytes.

    Leaving the context without ``keep`` gives it back.
    """

    def __init__(self, owner: StaticThreadLocals, start: int, offset: int, size: int) -> None:
        self._owner = owner
        self._start = start
        self._size = size
        self._kept = False
        self.offset = offset

    def __enter__(self) -> StaticBlock:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self.release()

    def keep(self) -> StaticBlock:
        """It is in use now, until ``release``."""
        self._kept = True
        return self

    def release(self) -> None:
        """Give it back; at most once."""
        if self._size:
            self._owner._give_back(self._start, self._size)
            self._size = 0
