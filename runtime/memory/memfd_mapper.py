"""The mappers over a memfd: one memory, two views of it.

The linker writes through a view that can be written and not run; the code runs in
a view that is never both. ``SharedMemoryMapper`` has the second view in the
executor process, ``InProcessMemoryMapper`` in this one. A memfd has no name that
another user could open, and it is gone with the last process that holds it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from contextlib import ExitStack

import numpy as np
from msgspec import Struct

from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorDied, ExecutorError, OutOfMemoryError
from runtime.executor_client.interface import ExecutorProcessControl
from runtime.kernel_calls.limits import reason
from runtime.kernel_calls.memory_files import create_memfd
from runtime.memory.mapper import Range, WorkingMemory, protect, withdraw
from runtime.objects.elf import Array


class MemfdReservation(Struct):
    """A memfd, the linker's view of it, and its place in the target process."""

    address: ExecutorAddress
    size: int
    view: mmap.mmap
    bytes: Array
    descriptor: int  # -1: given back

    def check_open(self) -> None:
        """Raise ValueError if it has been given back."""
        if self.descriptor < 0:
            raise ValueError("the reservation has been given back")


class _MemfdMapper:
    bytes_sent = 0  # never any

    def __init__(self, target: ExecutorProcessControl) -> None:
        self._target = target

    def reserve(self, size: int, low: bool = False) -> MemfdReservation:
        """See ``MemoryMapper``. Pages cost nothing until they are used."""
        with ExitStack() as undo:
            try:
                descriptor = create_memfd("forkrepl-slab")
                undo.callback(os.close, descriptor)
                os.truncate(descriptor, size)
                view = undo.enter_context(mmap.mmap(descriptor, size, mmap.MAP_SHARED))
                address = self._target.map_memory(size, descriptor, low)
            except (OSError, OverflowError, ExecutorError) as error:
                raise OutOfMemoryError(
                    f"cannot reserve {size >> 20} MiB of address space: {reason(error)}"
                ) from error
            undo.pop_all()
        return MemfdReservation(address, size, view, np.frombuffer(view, np.uint8), descriptor)

    def prepare(self, reservation: MemfdReservation, ranges: list[Range]) -> WorkingMemory:
        """See ``MemoryMapper``: the linker writes in place."""
        return WorkingMemory(reservation.bytes, [range_.offset for range_ in ranges])

    def initialize(
        self, reservation: MemfdReservation, ranges: list[Range], *, postponed: bool = False
    ) -> None:
        """See ``MemoryMapper``: the bytes are there already."""
        protect(self._target, reservation, ranges, postponed=postponed)

    def withdraw(self, reservation: MemfdReservation, ranges: list[Range]) -> None:
        """See ``MemoryMapper``."""
        withdraw(self._target, reservation, ranges)

    def deinitialize(self, reservation: MemfdReservation, ranges: list[Range]) -> None:
        """See ``MemoryMapper``. The pages go back to the system and read as zero again."""
        with contextlib.suppress(ExecutorDied):  # then nobody can see them
            withdraw(self._target, reservation, ranges)
        for range_ in ranges:
            reservation.view.madvise(mmap.MADV_REMOVE, range_.offset, range_.size)

    def release(self, reservation: MemfdReservation) -> None:
        """See ``MemoryMapper``. Raises ValueError the second time."""
        reservation.check_open()
        self._target.unmap_memory(reservation.address, reservation.size)
        self.forget(reservation)

    def forget(self, reservation: MemfdReservation) -> None:
        """Drop this process's half of a reservation whose target process is gone.

        Raises ValueError the second time.
        """
        reservation.check_open()
        descriptor, reservation.descriptor = reservation.descriptor, -1
        reservation.bytes = np.zeros(0, np.uint8)
        with contextlib.suppress(BufferError):  # some array over it is still in use
            reservation.view.close()
        os.close(descriptor)


class SharedMemoryMapper(_MemfdMapper):
    """Code runs in the executor process, which gets the memfd over its socket."""


class InProcessMemoryMapper(_MemfdMapper):
    """Code runs in this process."""
