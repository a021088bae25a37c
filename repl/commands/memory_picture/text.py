"""The slabs as text: a bar for each part, and a table of who uses what."""

from __future__ import annotations

from repl.commands.memory_picture.model import (
    TYPE_NAMES,
    MemoryPicture,
    Slab,
    Stripe,
    describe_picture,
    describe_slab,
    describe_stripe,
)
from repl.configuration.memory_size import show_size
from runtime.addresses import PAGE_SIZE

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_COLOURS = (31, 32, 33, 34, 35, 36, 91, 92, 93, 94, 95, 96)  # SGR
_MOST_ROWS = 4  # of a bar
_MOST_OWNERS = 20
_NARROWEST = 20
_LONGEST_NAME = 24


def draw_text(picture: MemoryPicture, width: int, colour: bool) -> str:
    """The picture as text, for a terminal of ``width`` columns."""
    width = max(width, _NARROWEST)
    lines = [describe_picture(picture)]
    for slab in picture.slabs:
        lines += _draw_slab(slab, width, colour)
    if picture.owners:
        lines += ["", *_draw_owners(picture, width, colour)]
    return "\n".join(line if "\x1b" in line else line[:width].rstrip() for line in lines)


def _draw_slab(slab: Slab, width: int, colour: bool) -> list[str]:
    lines = ["", describe_slab(slab)]
    for stripe in slab.stripes:
        lines.append(f"  {describe_stripe(stripe)}")
        lines += [f"    {row}" for row in _draw_bar(stripe, width - 4, colour)]
    return lines


def _draw_bar(stripe: Stripe, width: int, colour: bool) -> list[str]:
    """Cells of as many pages as are needed; a cell shows who has most of it."""
    pages = stripe.extent // PAGE_SIZE
    if not pages:
        return []
    pages_per_cell = -(-pages // (width * _MOST_ROWS))
    cell = pages_per_cell * PAGE_SIZE
    shares: list[dict[int, int]] = [{} for _ in range(-(-stripe.extent // cell))]
    for block in stripe.blocks:
        start = block.address - stripe.address
        for index in range(start // cell, (start + block.size - 1) // cell + 1):
            begin, end = max(start, index * cell), min(start + block.size, (index + 1) * cell)
            share = shares[index]
            share[block.owner] = share.get(block.owner, 0) + end - begin
    cells = [_mark(max(s, key=lambda owner: s[owner]), colour) if s else "." for s in shares]
    rows = ["".join(cells[at : at + width]) for at in range(0, len(cells), width)]
    if pages_per_cell > 1:
        rows.append(f"(a mark is {show_size(cell)})")
    return rows


def _mark(owner: int, colour: bool) -> str:
    letter = _LETTERS[owner % len(_LETTERS)]
    return f"\x1b[{_COLOURS[owner % len(_COLOURS)]}m{letter}\x1b[0m" if colour else letter


def _draw_owners(picture: MemoryPicture, width: int, colour: bool) -> list[str]:
    """The newest inputs, with what they use."""
    first = max(len(picture.owners) - _MOST_OWNERS, 0)
    name_width = min(max(len(owner.name) for owner in picture.owners[first:]), _LONGEST_NAME)
    lines = [f"  {'input':{name_width}}  {'RX':>9} {'RO':>9} {'RW':>9}"]
    if first:
        lines.append(f"  ... {first} older inputs")
    for index in range(first, len(picture.owners)):
        owner = picture.owners[index]
        sizes = " ".join(f"{show_size(owner.sizes[p]):>9}" for p in TYPE_NAMES)
        row = f" {owner.name[:name_width]:{name_width}}  {sizes}  {owner.text}"
        lines.append(_mark(index, colour) + row[: width - 1].rstrip())
    return lines
