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
from types import TracebackType
from typing import Any

from msgspec import Struct

from runtime.addresses import (
    PAGE_SIZE,
    RO,
    RW,
    RX,
    AddressRange,
    ExecutorAddress,
    Protection,
    align_up,
)
from runtime.errors import OutOfMemoryError
from runtime.kernel_calls.memory_files import LEAST_SHARED
from runtime.memory.free_ranges import FreeRanges
from runtime.memory.mapper import MemoryMapper, Range, Reservation
from runtime.memory.snapshot import SlabSnapshot, StripeSnapshot
from runtime.objects.elf import Array

DEFAULT_SLAB_SIZE = 1 << 30
_LOW_SLAB_SIZE = 1 << 28  # bytes: there are only 2 GiB of low addresses
_MOST_RESERVED = 1 << 46  # bytes: half of a process's address space
_SHARES = {RX: 4, RO: 4, RW: 2}  # one n-th of a reservation each


class Segment(Struct, frozen=True):
    """A part of an allocation with one protection.

    ``position``: index of its first byte in ``InFlightAllocation.bytes``;
    ``size``: the bytes asked for.
    """

    address: ExecutorAddress
    position: int
    size: int


class Statistics(Struct, frozen=True):
    """In bytes, except for counts.

    ``mappings``: how many the kernel needs for the reservations in the executor;
    ``bytes_sent``: over the socket, as contents of memory.
    """

    reserved: int
    used: int
    free_ranges: int
    reservations: int
    mappings: int
    bytes_sent: int


class Mark(Struct, frozen=True):
    """Which reservations there were: see ``MapperMemoryManager.mark``."""

    slabs: int
    low_slabs: int


class _Slab:
    """A reservation and the free ranges of its stripes. ``is_forgotten``: the executor
    has it no more."""

    def __init__(self, reservation: Reservation) -> None:
        self.reservation = reservation
        self.is_forgotten = False
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

    def count_mappings(self) -> int:
        """Runs of equal protection: the free ranges are inaccessible, the others as
        their stripe."""
        count, before, end = 0, None, 0
        for protection, stripe in self.stripes.items():
            stripe_end = end + self.reservation.size // _SHARES[protection]
            for offset, size in [*stripe.ranges(), (stripe_end, 0)]:
                if offset > end:
                    count += before != protection
                    before = protection
                if size:
                    count += before != Protection.NONE
                    before = Protection.NONE
                end = offset + size
        return count

    def snapshot(self) -> list[StripeSnapshot]:
        """The stripes, with addresses."""
        first = self.reservation.address
        found, offset = [], 0
        for protection, stripe in self.stripes.items():
            size = self.reservation.size // _SHARES[protection]
            free = [(first + start, length) for start, length in stripe.ranges()]
            found.append(StripeSnapshot(protection, first + offset, size, free))
            offset += size
        return found

    def give_back(self, ranges: list[Range]) -> None:
        for range_ in ranges:
            self.stripes[range_.protection].give_back(range_.offset, range_.size)


class MapperMemoryManager:
    """Allocates from reservations that it makes through a mapper as it needs them."""

    def __init__(self, mapper: MemoryMapper[Any], slab_size: int = DEFAULT_SLAB_SIZE) -> None:
        self._mapper = mapper
        self._slab_size = align_up(slab_size, 4 * PAGE_SIZE)
        self._slabs: list[_Slab] = []
        self._low_slabs: list[_Slab] = []
        self._used = 0

    def span(self, low: bool = False) -> tuple[int, int]:
        """First and last address of where allocations will be, from now on.

        True until reservations are full and another is made. Raises OutOfMemoryError.
        """
        slabs = self._low_slabs if low else self._slabs
        if not slabs:
            self._reserve({}, low)
        starts = [slab.reservation.address for slab in slabs]
        ends = [slab.reservation.address + slab.reservation.size for slab in slabs]
        return min(starts), max(ends)

    def allocate(
        self,
        sizes: Mapping[Protection, int],
        alignments: Mapping[Protection, int] | None = None,
        low: bool = False,
    ) -> InFlightAllocation:
        """Memory for segments of the given sizes in bytes, all in one reservation.

        ``alignments``: of the segments' addresses, powers of two; a page is the
        least. ``low``: in the first 2 GiB of the address space. Raises
        OutOfMemoryError.
        """
        # Room to move the start up, where a page is not enough.
        slack = {p: max((alignments or {}).get(p, 1) - PAGE_SIZE, 0) for p in sizes}
        rounded = {p: align_up(size + slack[p], PAGE_SIZE) for p, size in sizes.items() if size}
        slab, ranges = self._take(rounded, low)
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
        slabs = self._slabs + self._low_slabs
        return Statistics(
            reserved=sum(slab.reservation.size for slab in slabs),
            used=self._used,
            free_ranges=sum(len(f.ranges()) for s in slabs for f in s.stripes.values()),
            reservations=len(slabs),
            mappings=sum(slab.count_mappings() for slab in slabs),
            bytes_sent=self._mapper.bytes_sent,
        )

    def slabs(self) -> list[SlabSnapshot]:
        """The reservations as they are now, those for low addresses last."""
        return [
            SlabSnapshot(slab.reservation.address, slab.reservation.size, is_low, slab.snapshot())
            for is_low, slabs in ((False, self._slabs), (True, self._low_slabs))
            for slab in slabs
        ]

    def holds(self, address: int) -> bool:
        """Whether an address of the executor's lies in memory that was reserved here."""
        return any(
            0 <= address - slab.reservation.address < slab.reservation.size
            for slab in self._slabs + self._low_slabs
        )

    def release_all(self) -> None:
        """Give every reservation back; allocations must not be used any more."""
        for slabs in (self._slabs, self._low_slabs):
            while slabs:
                self._mapper.release(slabs.pop().reservation)
        self._used = 0

    def forget_all(self) -> None:
        """Drop this side's half of every reservation: the process that had the other
        half is gone."""
        self.rewind(Mark(0, 0))
        self._used = 0

    def mark(self) -> Mark:
        """Which reservations there are now, for ``rewind``."""
        return Mark(len(self._slabs), len(self._low_slabs))

    def rewind(self, mark: Mark) -> None:
        """The executor has gone back to when the mark was made: drop this side's half
        of the reservations since. Their allocations can still be deallocated."""
        for slabs, kept in ((self._slabs, mark.slabs), (self._low_slabs, mark.low_slabs)):
            while len(slabs) > kept:
                slab = slabs.pop()
                slab.is_forgotten = True
                self._mapper.forget(slab.reservation)

    def _take(self, sizes: Mapping[Protection, int], low: bool) -> tuple[_Slab, list[Range]]:
        for slab in reversed(self._low_slabs if low else self._slabs):  # the newest has most room
            ranges = slab.take(sizes)
            if ranges is not None:
                return slab, ranges
        slab = self._reserve(sizes, low)
        ranges = slab.take(sizes)
        if ranges is None:
            raise OutOfMemoryError("a fresh reservation has no room")  # cannot happen
        return slab, ranges

    def _reserve(self, sizes: Mapping[Protection, int], low: bool) -> _Slab:
        """A new reservation with room for ``sizes``."""
        size = min(self._slab_size, _LOW_SLAB_SIZE) if low else self._slab_size
        while not _has_room(size, sizes):
            if size > _MOST_RESERVED:
                raise OutOfMemoryError(f"{sum(sizes.values()) >> 30} GiB are wanted")
            size *= 2
        slab = _Slab(self._reserve_most(size, low, sizes))
        (self._low_slabs if low else self._slabs).append(slab)
        return slab

    def _reserve_most(self, size: int, low: bool, sizes: Mapping[Protection, int]) -> Reservation:
        """A reservation of ``size``, or of what there is room for: ``ulimit -v`` may not leave
        much."""
        while True:
            try:
                reservation: Reservation = self._mapper.reserve(size, low)
            except OutOfMemoryError:
                size //= 2
                if size < LEAST_SHARED or not _has_room(size, sizes):
                    raise
            else:
                return reservation

    # For the allocation types below.

    def _initialize(self, slab: _Slab, ranges: list[Range], postponed: bool) -> None:
        self._mapper.initialize(slab.reservation, ranges, postponed=postponed)

    def _withdraw(self, slab: _Slab, ranges: list[Range]) -> None:
        self._mapper.withdraw(slab.reservation, ranges)

    def _give_back(self, slab: _Slab, ranges: list[Range]) -> None:
        # Inaccessible first: nobody may see a range that has a new owner.
        if not slab.is_forgotten:
            self._mapper.deinitialize(slab.reservation, ranges)
            slab.give_back(ranges)
        self._used -= sum(r.size for r in ranges)


def _has_room(size: int, sizes: Mapping[Protection, int]) -> bool:
    return all(size // _SHARES[protection] >= need for protection, need in sizes.items())


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

    def finalize(self, *, postponed: bool = False) -> FinalizedAllocation:
        """Show the contents to the executor. The linker writes no more. ``postponed``: see
        ``ExecutorProcessControl.protect_memory``."""
        self._close()
        try:
            self._manager._initialize(self._slab, self._ranges, postponed)
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
    def ranges(self) -> list[AddressRange]:
        """The ranges of the executor's memory, in whole pages."""
        first = self._slab.reservation.address
        return [
            AddressRange(ExecutorAddress(first + r.offset), r.size, r.protection)
            for r in self._ranges or ()
        ]

    @property
    def size(self) -> int:
        """Bytes, whole pages."""
        return sum(range_.size for range_ in self._ranges or ())

    def withdraw(self) -> None:
        """Make it inaccessible to the executor; ``deallocate`` gives it back."""
        if self._ranges is None:
            raise ValueError("the allocation has been deallocated")
        self._manager._withdraw(self._slab, self._ranges)

    def deallocate(self) -> None:
        """Make it inaccessible and give it back. Raises ValueError the second time."""
        if self._ranges is None:
            raise ValueError("the allocation has been deallocated")
        ranges, self._ranges = self._ranges, None
        self._manager._give_back(self._slab, ranges)
