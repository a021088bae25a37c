"""How the slabs are used: what is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.commands.context import Shell
from repl.configuration.memory_size import show_size
from runtime.addresses import RO, RW, RX, Protection

if TYPE_CHECKING:  # needs numpy
    from runtime.memory.snapshot import StripeSnapshot

TYPE_NAMES = {RX: ("RX", "code"), RO: ("RO", "constants"), RW: ("RW", "variables")}
KEPT = "kept to go back to"
Known = Mapping[int, tuple[int, int]]
"""Of the address of a range that an input uses: its size, and the input's index."""


class Block(Struct, frozen=True):
    """A range that is used. ``owner``: index of the input among ``MemoryPicture.owners``."""

    address: int
    size: int
    owner: int


class Stripe(Struct, frozen=True):
    """A part of a slab with one protection: ``blocks`` and what is free between them.

    ``extent``: bytes up to the end of the last block; ``holes``: free ranges in it;
    ``largest_hole``: bytes.
    """

    protection: Protection
    address: int
    size: int
    extent: int
    blocks: list[Block]
    holes: int
    hole_bytes: int
    largest_hole: int


class Slab(Struct, frozen=True):
    """A slab as it is drawn. ``is_low``: it is in the first 2 GiB of addresses."""

    address: int
    size: int
    is_low: bool
    stripes: list[Stripe]


class Owner(Struct, frozen=True):
    """An input, or what is kept for checkpoints; bytes of each protection."""

    name: str
    text: str
    sizes: dict[Protection, int]

    @property
    def total(self) -> int:
        """All of the owner's bytes."""
        return sum(self.sizes.values())


class MemoryPicture(Struct, frozen=True):
    """What is drawn, as text or as SVG. Sizes in bytes."""

    slabs: list[Slab]
    owners: list[Owner]
    reserved: int
    used: int
    mappings: int
    is_shared: bool


def take_picture(shell: Shell) -> MemoryPicture:
    """The memory of a session, as it is now."""
    session = shell.session
    with session.using_program() as program:
        snapshot, statistics = program.memory_snapshot(), program.statistics()
        is_shared = program.shares_memory
    owners: list[Owner] = []
    known: dict[int, tuple[int, int]] = {}  # of an address: size and owner
    for step in session.steps:
        if step.unit is None or step.unit.number not in snapshot.units:
            continue
        ranges = snapshot.units[step.unit.number]
        known |= {each.address: (each.size, len(owners)) for each in ranges}
        sizes = {p: sum(r.size for r in ranges if r.protection is p) for p in TYPE_NAMES}
        owners.append(Owner(step.source.unit_name, " ".join(step.source.text.split()), sizes))
    slabs = [
        Slab(
            slab.address,
            slab.size,
            slab.is_low,
            [_describe(stripe, known, kept_index=len(owners)) for stripe in slab.stripes],
        )
        for slab in snapshot.slabs
    ]
    kept = _kept(slabs, kept_index=len(owners))
    if kept.total:
        owners.append(kept)
    return MemoryPicture(
        slabs, owners, statistics.reserved, statistics.used, statistics.mappings, is_shared
    )


def _describe(stripe: StripeSnapshot, known: Known, kept_index: int) -> Stripe:
    holes = [size for _, size in stripe.holes]
    return Stripe(
        protection=stripe.protection,
        address=stripe.address,
        size=stripe.size,
        extent=stripe.extent,
        blocks=[
            block
            for address, size in _used_ranges(stripe)
            for block in _divide(address, size, known, kept_index)
        ],
        holes=len(holes),
        hole_bytes=sum(holes),
        largest_hole=max(holes, default=0),
    )


def _kept(slabs: Sequence[Slab], kept_index: int) -> Owner:
    """The owner of what belongs to no input: memory that was freed, but is kept for %rewind."""
    sizes = dict.fromkeys(TYPE_NAMES, 0)
    for slab in slabs:
        for stripe in slab.stripes:
            sizes[stripe.protection] += sum(b.size for b in stripe.blocks if b.owner == kept_index)
    return Owner(KEPT, "", sizes)


def _used_ranges(stripe: StripeSnapshot) -> list[tuple[int, int]]:
    """Address and size of each range between two holes."""
    used, at = [], stripe.address
    for address, size in [*stripe.holes, (stripe.address + stripe.extent, 0)]:
        if address > at:
            used.append((at, address - at))
        at = address + size
    return used


def _divide(address: int, size: int, known: Known, kept_index: int) -> list[Block]:
    """What is used from ``address`` on, by owner; ``kept_index``: the
    owner of memory that was freed but is kept for going back."""
    blocks: list[Block] = []
    at, end = address, address + size
    for start in sorted(start for start in known if address <= start < end):
        if start > at:
            blocks.append(Block(at, start - at, kept_index))
        length, owner = known[start]
        blocks.append(Block(start, length, owner))
        at = start + length
    if at < end:
        blocks.append(Block(at, end - at, kept_index))
    return blocks


def describe_picture(picture: MemoryPicture) -> str:
    """A line that says how much is reserved and used."""
    return (
        f"{show_size(picture.used)} used of {show_size(picture.reserved)} reserved, "
        f"{'shared' if picture.is_shared else 'not shared'} with the linker, "
        f"in {picture.mappings} mappings"
    )


def describe_slab(slab: Slab) -> str:
    """A line that says where a slab is."""
    low = ", in the first 2 GiB" if slab.is_low else ""
    return f"slab at {slab.address:#x}, {show_size(slab.size)}{low}"


def describe_stripe(stripe: Stripe) -> str:
    """What it is for, how much is used, and how fragmented the rest is."""
    short, what = TYPE_NAMES[stripe.protection]
    used = sum(block.size for block in stripe.blocks)
    text = f"{short} {what}: {show_size(used)} of {show_size(stripe.size)}"
    if stripe.holes:
        split = 100 - 100 * stripe.largest_hole // stripe.hole_bytes
        holes = "hole" if stripe.holes == 1 else "holes"
        text += (
            f", {stripe.holes} {holes} with {show_size(stripe.hole_bytes)} "
            f"(largest {show_size(stripe.largest_hole)}, {split} % fragmented)"
        )
    return text
