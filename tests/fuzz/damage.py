"""Odd bytes, odd numbers, and damage to good ones: what all targets make their cases of."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

EDGES = [0, 1, 2, 3, 7, 8, 9, 0x7F, 0x80, 0xFF, 0x100, 0xFFF, 0x1000, 0x7FFF, 0xFFFF]
EDGES += [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1 << 47, (1 << 63) - 1, 1 << 63]
EDGES += [(1 << 64) - 4096, (1 << 64) - 8, (1 << 64) - 1]


def some_bytes(random: Random, most: int) -> bytes:
    """Any bytes, more often few than many."""
    return random.randbytes(random.randint(0, random.randint(1, most)))


def some_number(random: Random, size: int) -> bytes:
    """Of ``size`` bytes, little endian: one of the edges, near one, or any."""
    kind = random.randrange(4)
    number = random.getrandbits(64) if kind == 0 else random.choice(EDGES)
    number += random.randint(-2, 2) if kind == 1 else 0
    return (number % (1 << 8 * size)).to_bytes(size, "little")


def damaged(random: Random, data: bytes, pieces: Sequence[bytes] = (b"\0", b"\xff")) -> bytes:
    """One change: of a byte or a bit, an insertion, a cut, a copy of a part, the end gone."""
    at = random.randint(0, len(data))
    length = random.choice([1, 1, 2, 4, 8, 24, 64, len(data)])
    kind = random.randrange(7)
    if kind == 0 and data:
        at %= len(data)
        return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at] + random.randbytes(1) + data[at + 1 :]
    if kind == 2:
        return data[:at] + random.choice(pieces) + data[at:]
    if kind == 3:
        return data[:at] + data[at + length :]
    if kind == 4:
        start = random.randint(0, len(data))
        return data[:at] + data[start : start + length] + data[at:]
    if kind == 5:
        number = some_number(random, random.choice([1, 2, 4, 8]))
        return data[:at] + number + data[at + len(number) :]
    return data[:at]
