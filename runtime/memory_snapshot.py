"""How the slabs are used at a moment: for people to look at. Nothing here can be changed.

Addresses are the executor's, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.addresses import Protection
from runtime.memory_mapper import Range


@dataclass(frozen=True, slots=True)
class StripeSnapshot:
    """A part of a slab for one protection. ``free``: its free ranges as (address, size),
    in order."""

    protection: Protection
    address: int
    size: int
    free: Sequence[tuple[int, int]]

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.address + self.size

    @property
    def extent(self) -> int:
        """Bytes from its start to the end of what is used last."""
        if self.free and sum(self.free[-1]) == self.end:
            return self.free[-1][0] - self.address
        return self.size

    @property
    def used(self) -> int:
        """Bytes that are taken."""
        return self.size - sum(size for _, size in self.free)

    @property
    def holes(self) -> list[tuple[int, int]]:
        """The free ranges before something that is used."""
        return [hole for hole in self.free if hole[0] < self.address + self.extent]


@dataclass(frozen=True, slots=True)
class SlabSnapshot:
    """A reservation; ``is_low``: in the first 2 GiB."""

    address: int
    size: int
    is_low: bool
    stripes: Sequence[StripeSnapshot]


@dataclass(frozen=True, slots=True)
class MemorySnapshot:
    """``units``: the ranges of each unit that is loaded, by its number; their offsets are
    addresses. What is used by none is kept for a checkpoint."""

    slabs: Sequence[SlabSnapshot]
    units: Mapping[int, Sequence[Range]]
