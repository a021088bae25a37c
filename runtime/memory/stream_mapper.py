"""The mapper without shared memory: bytes go over the executor's socket.

What LLVM calls EPC: the baseline to measure shared memory against, and what an
executor on another machine needs. The executor's memory is its own; it is writable
while it is filled and gets its protection afterwards.
"""

from __future__ import annotations

import contextlib
import struct

import numpy as np
from msgspec import Struct, field

from runtime.addresses import RW, ExecutorAddress, Protection
from runtime.errors import ExecutorDied, ExecutorError, OutOfMemoryError
from runtime.executor_client.interface import ExecutorProcessControl
from runtime.memory.mapper import Range, WorkingMemory, protect, withdraw
from runtime.objects.elf import Array

_MOST_AT_ONCE = 16 << 20  # bytes in one message


class StreamReservation(Struct):
    """``scratch``: what the linker has written of ranges, by their offset."""

    address: ExecutorAddress
    size: int
    scratch: dict[int, Array] = field(default_factory=dict)
    is_open: bool = True


class StreamMemoryMapper:
    """See the module."""

    def __init__(self, target: ExecutorProcessControl) -> None:
        self._target = target
        self.bytes_sent = 0

    def reserve(self, size: int, low: bool = False) -> StreamReservation:
        """See ``MemoryMapper``, as for all methods here."""
        try:
            return StreamReservation(self._target.map_memory(size, None, low), size)
        except (ExecutorError, struct.error) as error:  # too large, or larger than a number
            raise OutOfMemoryError(
                f"cannot reserve {size >> 20} MiB of address space: {error}"
            ) from error

    def prepare(self, reservation: StreamReservation, ranges: list[Range]) -> WorkingMemory:
        """The linker writes into memory of this process."""
        memory = np.zeros(sum(range_.size for range_ in ranges), np.uint8)
        positions, start = [], 0
        for range_ in ranges:
            reservation.scratch[range_.offset] = memory[start : start + range_.size]
            positions.append(start)
            start += range_.size
        return WorkingMemory(memory, positions)

    def initialize(
        self, reservation: StreamReservation, ranges: list[Range], *, postponed: bool = False
    ) -> None:
        """Send what is not zero (the executor's memory is), then protect."""
        if any(r.protection & Protection.WRITE and r.protection & Protection.EXEC for r in ranges):
            raise ExecutorError("memory must not be writable and executable")
        writable = [Range(r.offset, r.size, RW) for r in ranges]
        protect(self._target, reservation, writable, postponed=True)
        for range_ in ranges:
            contents = reservation.scratch.pop(range_.offset)
            used = np.flatnonzero(contents)
            end = int(used[-1]) + 1 if len(used) else 0
            for start in range(0, end, _MOST_AT_ONCE):
                data = contents[start : min(start + _MOST_AT_ONCE, end)].tobytes()
                address = ExecutorAddress(reservation.address + range_.offset + start)
                self._target.write_memory(address, data)
                self.bytes_sent += len(data)
        protect(self._target, reservation, ranges, postponed=postponed)

    def withdraw(self, reservation: StreamReservation, ranges: list[Range]) -> None:
        """The executor's pages go; those of its checkpoints are their own."""
        withdraw(self._target, reservation, ranges)

    def deinitialize(self, reservation: StreamReservation, ranges: list[Range]) -> None:
        """Inaccessible, and zero when it is used again."""
        for range_ in ranges:
            reservation.scratch.pop(range_.offset, None)
        with contextlib.suppress(ExecutorDied):  # then nobody can see them
            withdraw(self._target, reservation, ranges)

    def release(self, reservation: StreamReservation) -> None:
        """Raises ValueError the second time."""
        self.forget(reservation)
        self._target.unmap_memory(reservation.address, reservation.size)

    def forget(self, reservation: StreamReservation) -> None:
        """Raises ValueError the second time."""
        if not reservation.is_open:
            raise ValueError("the reservation has been given back")
        reservation.is_open = False
        reservation.scratch.clear()
