"""Where the units' thread-local variables are in each thread.

Most units are a module of their own: a thread gets its block of one when it first asks
for it. Code that was compiled for a program (``-fPIE``, ``-fno-pic``) has the distance
of a variable from the thread pointer in its instructions instead, so the variable must
be at the same place in every thread: the initial- and local-exec models of "ELF Handling
For Thread-Local Storage". The process keeps an area of the threads' static blocks for it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

from runtime.addresses import MODULE_OF_UNIT, STATIC_MODULE, align_up
from runtime.errors import OutOfMemoryError
from runtime.executor_client.interface import ThreadArea
from runtime.memory.free_ranges import FreeRanges


class ThreadLocalBlocks:
    """Hands out module numbers, the least that is free, and parts of the static area,
    which the process is asked for on first use."""

    def __init__(self, ask: Callable[[], ThreadArea]) -> None:
        self._ask = ask
        self._area: ThreadArea | None = None
        self._free = FreeRanges(0, 0)
        self._unused: list[int] = []  # module numbers that were given back: a heap
        self._next = 0

    def allocate(self, size: int, align: int, is_static: bool) -> ThreadLocalBlock:
        """A block of ``size`` bytes in each thread; 0 for none at all.

        Raises OutOfMemoryError.
        """
        if not size:
            return ThreadLocalBlock(0, 0, lambda: None)
        if is_static:
            return self._allocate_static(size, align)
        number = heapq.heappop(self._unused) if self._unused else self._next
        self._next = max(self._next, number + 1)
        return ThreadLocalBlock(
            MODULE_OF_UNIT | number, 0, lambda: heapq.heappush(self._unused, number)
        )

    def _allocate_static(self, size: int, align: int) -> ThreadLocalBlock:
        area = self._find_area()
        size = align_up(size, area.align)
        start = self._free.take(size) if align <= area.align else None
        if start is None:
            raise OutOfMemoryError(
                f"{size} bytes of thread-local variables, aligned to {align}, do not fit into "
                f"the threads' static block ({area.size} bytes, aligned to {area.align}): "
                "compile with -fPIC"
            )
        return ThreadLocalBlock(
            STATIC_MODULE, area.offset + start, lambda: self._free.give_back(start, size)
        )

    def _find_area(self) -> ThreadArea:
        if self._area is None:
            area = self._ask()
            self._area = area
            self._free = FreeRanges(0, area.size // area.align * area.align)
        return self._area


class ThreadLocalBlock:
    """``module``: for ``__tls_get_addr``; ``offset``: of ``STATIC_MODULE``, from the
    thread pointer, in bytes.

    Leaving the context without ``keep`` gives it back.
    """

    def __init__(self, module: int, offset: int, give_back: Callable[[], None]) -> None:
        self.module = module
        self.offset = offset
        self._give_back: Callable[[], None] | None = give_back
        self._kept = False

    def __enter__(self) -> ThreadLocalBlock:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._kept:
            self.release()

    def keep(self) -> None:
        """Keep the block beyond the link, until ``release``."""
        self._kept = True

    def release(self) -> None:
        """Give the block back."""
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back()
