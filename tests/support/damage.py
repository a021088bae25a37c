"""Objects that are damaged as files are: some bytes are others."""

from __future__ import annotations

import struct

from hypothesis import strategies as st

Edit = tuple[str, int, int]  # where it is counted from, how far, the new byte
EDITS: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(
        st.sampled_from(["start", "tables", "contents"]),
        st.integers(0, 1 << 16),
        st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255),
    ),
    min_size=1,
    max_size=4,
)


def corrupted(data: bytes, edits: list[Edit]) -> bytes:
    """Some bytes changed, most of them where the structure is."""
    changed = bytearray(data)
    (table,) = struct.unpack_from("<Q", data, 40)
    regions = {"start": (0, 64), "tables": (table, len(data)), "contents": (64, table)}
    for region, distance, value in edits:
        start, end = regions[region]
        changed[start + distance % (end - start)] = value
    return bytes(changed)
