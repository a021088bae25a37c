"""How the slabs are used at a moment: for people to look at. Nothing here can be changed.

Addresses are the executor's, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from runtime.addresses import AddressRange, Protection


class StripeSnapshot(Struct, frozen=True):
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


class SlabSnapshot(Struct, frozen=True):
    """A reservation; ``is_low``: in the first 2 GiB."""

    address: int
    size: int
    is_low: bool
    stripes: Sequence[StripeSnapshot]


class MemorySnapshot(Struct, frozen=True):
    """``units``: the ranges of each unit that is loaded, by its number; their offsets are
    addresses. What is used by none is kept for a checkpoint."""

    slabs: Sequence[SlabSnapshot]
    units: Mapping[int, Sequence[AddressRange]]
