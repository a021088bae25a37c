"""The slabs as a picture: SVG, that any browser shows."""

from __future__ import annotations

import colorsys
from xml.sax.saxutils import escape, quoteattr

from repl.commands.memory_picture.model import (
    MemoryPicture,
    Slab,
    Stripe,
    describe_picture,
    describe_slab,
    describe_stripe,
)
from repl.configuration.memory_size import show_size
from runtime.addresses import PAGE_SIZE

_WIDTH = 900  # px, of the whole picture
_MARGIN = 20
_ROW = 18  # height of a row of a bar
_LINE = 18  # height of a line of text
_MOST_ROWS = 24  # of a bar
PAGE_SIZES_IN_ROW = 64
_MOST_OWNERS = 100
_LONGEST_TEXT = 70  # characters
_FREE = "#eceff1"
_STYLE = (
    "text{font:12px sans-serif;fill:#263238} .title{font:bold 15px sans-serif} "
    ".mono{font:12px monospace} rect{stroke:#fff;stroke-width:.5}"
)


def draw_svg(picture: MemoryPicture) -> str:
    """The picture as an SVG document."""
    body: list[str] = []
    y = _MARGIN + _LINE
    body.append(_text(_MARGIN, y, "Memory of the inputs", "title"))
    y += _LINE
    body.append(_text(_MARGIN, y, describe_picture(picture)))
    for slab in picture.slabs:
        y = _draw_slab(picture, slab, y + 2 * _LINE, body)
    y = _draw_legend(picture, y + 2 * _LINE, body)
    height = y + _MARGIN
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}">\n<style>{_STYLE}</style>\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _draw_slab(picture: MemoryPicture, slab: Slab, y: int, body: list[str]) -> int:
    body.append(_text(_MARGIN, y, describe_slab(slab), "title"))
    for stripe in slab.stripes:
        y += _LINE
        body.append(_text(_MARGIN, y, describe_stripe(stripe)))
        y = _draw_bar(picture, stripe, y + 6, body)
    return y


def _draw_bar(picture: MemoryPicture, stripe: Stripe, y: int, body: list[str]) -> int:
    """Rows of a fixed number of bytes, free at first, with the blocks on them."""
    row_bytes = PAGE_SIZES_IN_ROW * PAGE_SIZE
    while stripe.extent > row_bytes * _MOST_ROWS:
        row_bytes *= 2
    rows = max(-(-stripe.extent // row_bytes), 1)
    scale = (_WIDTH - 2 * _MARGIN) / row_bytes
    for row in range(rows):
        length = min(stripe.size - row * row_bytes, row_bytes) * scale
        title = f"free, from {stripe.address + row * row_bytes:#x} on"
        body.append(_rectangle(_MARGIN, y + row * _ROW, length, _FREE, title))
    for block in stripe.blocks:
        start = block.address - stripe.address
        owner = picture.owners[block.owner]
        title = f"{owner.name}: {show_size(block.size)} at {block.address:#x} {owner.text[:200]}"
        at = start
        while at < start + block.size:
            row, inside = divmod(at, row_bytes)
            length = min(row_bytes - inside, start + block.size - at)
            x = _MARGIN + inside * scale
            colour = _colour(block.owner)
            body.append(_rectangle(x, y + row * _ROW, length * scale, colour, title))
            at += length
    y += rows * _ROW
    body.append(_text(_MARGIN, y + 12, f"a row is {show_size(row_bytes)}"))
    return y + 12


def _draw_legend(picture: MemoryPicture, y: int, body: list[str]) -> int:
    if not picture.owners:
        return y
    body.append(_text(_MARGIN, y, "inputs", "title"))
    first = max(len(picture.owners) - _MOST_OWNERS, 0)
    if first:
        y += _LINE
        body.append(_text(_MARGIN, y, f"... {first} older inputs"))
    for index in range(first, len(picture.owners)):
        owner = picture.owners[index]
        y += _LINE
        text = owner.text
        text = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + " ..."
        body.append(_rectangle(_MARGIN, y - 12, 14, _colour(index), owner.name, 14))
        body.append(_text(_MARGIN + 22, y, owner.name))
        body.append(_text(_MARGIN + 190, y, show_size(owner.total)))
        body.append(_text(_MARGIN + 270, y, text, "mono"))
    return y


def _colour(owner: int) -> str:
    """Neighbours differ: the golden angle goes round the colours without repeating soon."""
    lightness, saturation = 0.55 - owner % 2 * 0.1, 0.65 - owner % 3 * 0.1
    channels = colorsys.hls_to_rgb(owner * 0.381966 % 1, lightness, saturation)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def _rectangle(
    x: float, y: float, width: float, colour: str, title: str, height: int = _ROW - 2
) -> str:
    return (
        f'<rect x="{x:.2f}" y="{y}" width="{max(width, 1):.2f}" height="{height}" '
        f'fill="{colour}"><title>{_printable(title)}</title></rect>'
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    attribute = f" class={quoteattr(kind)}" if kind else ""
    return f'<text x="{x}" y="{y}"{attribute}>{_printable(text)}</text>'


def _printable(text: str) -> str:
    """Without what XML cannot have, such as control characters and lone surrogates."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
