"""The mapper memory manager: who has which range of the slabs.

A big range of the executor's address space is reserved on first use; allocations
are cut from it here, with no word to the executor. Within a reservation each
protection has a stripe of its own, so that neighbours have the same protection
and the kernel sees three mappings however many allocations there are. Freed
ranges coalesce and are used again.

Allocations are whole pages: what is freed can then become inaccessible exactly,
and a page that the program has written is never written again by the linker
(which the program's private copy would hide).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from sortedcontainers import SortedDict, SortedSet

from runtime.addresses import RO, RW, RX, ExecutorAddress, Protection, align_up
from runtime.elf import Array
from runtime.errors import OutOfMemoryError
from runtime.memory_mapper import PAGE_SIZE, MemoryMapper, Range, Reservation

DEFAULT_SLAB_SIZE = 1 << 30
_MOST_RESERVED = 1 << 46  # bytes: half of a process's address space
_SHARES = {RX: 4, RO: 4, RW: 2}  # one n-th of a reservation each


class FreeRanges:
    """Free ranges of a stripe: best fit, coalesced with their neighbours when freed."""

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


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an allocation with one protection.

    ``position``: index of its first byte in ``InFlightAllocation.bytes``;
    ``size``: the bytes asked for.
    """

    address: ExecutorAddress
    position: int
    size: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """In bytes, except for counts."""

    reserved: int
    used: int
    free_ranges: int
    reservations: int


class _Slab:
    """A reservation and the free ranges of its stripes."""

    def __init__(self, reservation: Reservation) -> None:
        self.reservation = reservation
        self.stripes: dict[Protection, FreeRanges] = {}
        offset = 0
        for protection, share in _SHARES.items():
            size = reservation.size // share
            self.stripes[protection] = FreeRanges(offset, size)
            offset += size

    def take(self, sizes: Mapping[Protection, int]) -> list[Range] | None:
        taken: list[Range] = []
        for protection, size in sizes.items():
            if size:
                offset = self.stripes[protection].take(size)
                if offset is None:
                    self.give_back(taken)
                    return None
                taken.append(Range(offset, size, protection))
        return taken

    def give_back(self, ranges: list[Range]) -> None:
        for range_ in ranges:
            self.stripes[range_.protection].give_back(range_.offset, range_.size)


class MapperMemoryManager:
    """Allocates from reservations that it makes through a mapper as it needs them."""

    def __init__(self, mapper: MemoryMapper[Any], slab_size: int = DEFAULT_SLAB_SIZE) -> None:
        self._mapper = mapper
        self._slab_size = align_up(slab_size, 4 * PAGE_SIZE)
        self._slabs: list[_Slab] = []
        self._used = 0

    def allocate(
        self, sizes: Mapping[Protection, int], alignments: Mapping[Protection, int] | None = None
    ) -> InFlightAllocation:
        """Memory for segments of the given sizes in bytes, all in one reservation.

        ``alignments``: of the segments' addresses, powers of two; a page is the
        least. Raises OutOfMemoryError.
        """
        # Room to move the start up, where a page is not enough.
        slack = {p: max((alignments or {}).get(p, 1) - PAGE_SIZE, 0) for p in sizes}
        rounded = {p: align_up(size + slack[p], PAGE_SIZE) for p, size in sizes.items() if size}
        slab, ranges = self._take(rounded)
        try:
            working = self._mapper.prepare(slab.reservation, ranges)
        except BaseException:
            slab.give_back(ranges)
            raise
        positions = {r.protection: p for r, p in zip(ranges, working.positions, strict=True)}
        offsets = {r.protection: r.offset for r in ranges}
        segments = {}
        for protection, size in sizes.items():
            start = slab.reservation.address + offsets.get(protection, 0)
            address = align_up(start, PAGE_SIZE + slack[protection]) if slack[protection] else start
            position = positions.get(protection, 0) + address - start
            segments[protection] = Segment(ExecutorAddress(address), position, size)
        self._used += sum(r.size for r in ranges)
        return InFlightAllocation(self, slab, ranges, working.bytes, segments)

    def statistics(self) -> Statistics:
        """What is reserved and used now."""
        return Statistics(
            reserved=sum(slab.reservation.size for slab in self._slabs),
            used=self._used,
            free_ranges=sum(len(f.ranges()) for s in self._slabs for f in s.stripes.values()),
            reservations=len(self._slabs),
        )

    def release_all(self) -> None:
        """Give every reservation back; allocations must not be used any more."""
        while self._slabs:
            self._mapper.release(self._slabs.pop().reservation)
        self._used = 0

    def forget_all(self) -> None:
        """Drop this side's half of every reservation: the process that had the other
        half is gone."""
        while self._slabs:
            self._mapper.forget(self._slabs.pop().reservation)
        self._used = 0

    def _take(self, sizes: Mapping[Protection, int]) -> tuple[_Slab, list[Range]]:
        for slab in reversed(self._slabs):  # the newest has most room
            ranges = slab.take(sizes)
            if ranges is not None:
                return slab, ranges
        size = self._slab_size
        while any(size // _SHARES[protection] < need for protection, need in sizes.items()):
            if size > _MOST_RESERVED:
                raise OutOfMemoryError(f"{sum(sizes.values()) >> 30} GiB are wanted")
            size *= 2
        slab = _Slab(self._mapper.reserve(size))
        self._slabs.append(slab)
        ranges = slab.take(sizes)
        if ranges is None:
            raise OutOfMemoryError("a fresh reservation has no room")  # cannot happen
        return slab, ranges

    # For the allocation types below.

    def _initialize(self, slab: _Slab, ranges: list[Range]) -> None:
        self._mapper.initialize(slab.reservation, ranges)

    def _give_back(self, slab: _Slab, ranges: list[Range]) -> None:
        # Inaccessible first: nobody may see a range that has a new owner.
        self._mapper.deinitialize(slab.reservation, ranges)
        slab.give_back(ranges)
        self._used -= sum(r.size for r in ranges)


class InFlightAllocation:
    """Memory that the linker is writing. Leaving the context without ``finalize``
    gives it back."""

    def __init__(
        self,
        manager: MapperMemoryManager,
        slab: _Slab,
        ranges: list[Range],
        bytes_: Array,
        segments: dict[Protection, Segment],
    ) -> None:
        self._manager = manager
        self._slab = slab
        self._ranges = ranges
        self._open = True
        self.bytes = bytes_
        """uint8, the linker's view; zero in the ranges of this allocation."""
        self.segments = segments

    def __enter__(self) -> InFlightAllocation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open:
            self.abandon()

    def finalize(self) -> FinalizedAllocation:
        """Show the contents to the executor. The linker writes no more."""
        self._close()
        try:
            self._manager._initialize(self._slab, self._ranges)
        except BaseException:
            self._manager._give_back(self._slab, self._ranges)
            raise
        return FinalizedAllocation(self._manager, self._slab, self._ranges)

    def abandon(self) -> None:
        """Give the memory back; it was never visible."""
        self._close()
        self._manager._give_back(self._slab, self._ranges)

    def _close(self) -> None:
        if not self._open:
            raise ValueError("the allocation has been finalized or abandoned")
        self._open = False


class FinalizedAllocation:
    """Memory that the executor uses, until ``deallocate``."""

    def __init__(self, manager: MapperMemoryManager, slab: _Slab, ranges: list[Range]) -> None:
        self._manager = manager
        self._slab = slab
        self._ranges: list[Range] | None = ranges

    @property
    def size(self) -> int:
        """Bytes, whole pages."""
        return sum(range_.size for range_ in self._ranges or ())

    def deallocate(self) -> None:
        """Make it inaccessible and give it back. Raises ValueError the second time."""
        if self._ranges is None:
            raise ValueError("the allocation has been deallocated")
        ranges, self._ranges = self._ranges, None
        self._manager._give_back(self._slab, ranges)
