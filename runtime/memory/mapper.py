"""How the linker's bytes get into the executor's address space: the interface.

The memory manager decides which ranges are used for what; a mapper makes them
exist. The names are those of LLVM's ``MemoryMapper``.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from msgspec import Struct

from runtime.addresses import ExecutorAddress, Protection
from runtime.executor_client.interface import ExecutorProcessControl
from runtime.objects.elf import Array


class Range(Struct, frozen=True):
    """Whole pages of a reservation: offset and size in bytes, and what they are for."""

    offset: int
    size: int
    protection: Protection


class Reservation(Protocol):
    """A range of the executor's address space that a mapper has reserved."""

    @property
    def address(self) -> ExecutorAddress:
        """Of the first byte."""

    @property
    def size(self) -> int:
        """Bytes, whole pages."""


R = TypeVar("R", bound=Reservation)


class WorkingMemory(Struct, frozen=True):
    """Where the linker writes: ``bytes`` (uint8) and each range's index in it."""

    bytes: Array
    positions: list[int]


class MemoryMapper(Protocol[R]):
    """Reserve once, then prepare, initialize and deinitialize ranges of it."""

    @property
    def bytes_sent(self) -> int:
        """Contents of memory that have gone over the socket, so far."""

    def reserve(self, size: int, low: bool = False) -> R:
        """Reserve address space; nothing in it is accessible yet.

        ``low``: in the first 2 GiB. Raises OutOfMemoryError.
        """

    def prepare(self, reservation: R, ranges: list[Range]) -> WorkingMemory:
        """Memory for the linker to write the contents of ``ranges``, zero to begin with."""

    def initialize(self, reservation: R, ranges: list[Range], *, postponed: bool = False) -> None:
        """Show the written contents to the executor, protected as the ranges say. ``postponed``:
        see ``ExecutorProcessControl.protect_memory``."""

    def withdraw(self, reservation: R, ranges: list[Range]) -> None:
        """Make ranges inaccessible to the executor; checkpoints of it may still show
        them, so they are not to be used for anything else yet."""

    def deinitialize(self, reservation: R, ranges: list[Range]) -> None:
        """Make ranges inaccessible to the executor and give their pages back."""

    def release(self, reservation: R) -> None:
        """Give a reservation back."""

    def forget(self, reservation: R) -> None:
        """Drop this process's half of a reservation whose target process is gone."""


def protect(
    target: ExecutorProcessControl,
    reservation: Reservation,
    ranges: list[Range],
    *,
    postponed: bool = False,
) -> None:
    """Protect ranges of a reservation in the target as they say. ``postponed``: see
    ``ExecutorProcessControl.protect_memory``."""
    start = reservation.address
    words = [(ExecutorAddress(start + r.offset), r.size, r.protection) for r in ranges]
    target.protect_memory(words, postponed=postponed)


def withdraw(target: ExecutorProcessControl, reservation: Reservation, ranges: list[Range]) -> None:
    """Make ranges of a reservation inaccessible in the target."""
    gone = [Range(r.offset, r.size, Protection.NONE) for r in ranges]
    protect(target, reservation, gone)
