"""What relocation kinds are, for every machine, and a machine's kinds as one table.

Letters are the psABIs': S the symbol's address, A the addend, P the place,
G the offset of the symbol's GOT entry, GOT the GOT's address, L the symbol's
PLT entry (or the symbol itself when that is in reach), Z its size.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct


class Base(enum.IntEnum):
    """What the formula starts from."""

    NOTHING = 0
    S = 1
    L = 2
    GOT_ENTRY = 3  # G + GOT
    GOT = 4
    S_MINUS_GOT = 5
    G = 6
    Z = 7
    TLS_PAIR = 8  # GOT pair: the symbol's module and its offset
    TLS_MODULE = 9  # GOT pair: this unit's module and 0
    L_MINUS_GOT = 10
    GOT_ENTRY_IN_PAGE = 11  # G + GOT, less the page that the GOT begins in


class Range(enum.IntEnum):
    """Which values fit into the field."""

    ANY = 0  # the low bits are what is wanted, or it is 64 bits wide
    SIGNED = 1
    UNSIGNED = 2
    EITHER = 3  # signed or unsigned, n bits from -2^n: ld's rule, of which x86-64's is silent
    EITHER_HALF = 4  # signed or unsigned, from -2^(n-1) to 2^n - 1


class Field(enum.Enum):
    """Where in an instruction of 32 bits a value goes."""

    BITS = 0  # into some bits in one piece
    ADR = 1  # AArch64: the two lowest bits apart
    MOVW = 2  # AArch64: into one piece; the instruction becomes MOVN for a negative one


class Part(Struct, frozen=True):
    """``bits`` bits of the value, from bit ``shift`` on, go to bit ``at`` of the instruction."""

    shift: int
    bits: int
    at: int
    field: Field = Field.BITS


class Kind(Struct, frozen=True):
    """One relocation type: ``name`` is the psABI's, ``width`` in bytes.

    ``relaxable``: the instruction may be rewritten to do without the GOT.
    ``static_tls``: a thread-local variable at a fixed distance from the thread
    pointer is meant (the initial- and local-exec models, and descriptors).
    ``rex2``: the instruction has a REX2 prefix.
    ``bits``: of the values that fit, if not all of the field.
    ``part``: only this part of the value is wanted, in an instruction.
    ``paged``: from page to page (of 4 KiB, whatever the system's are): what the formula starts
    from, and the place, without their lowest 12 bits. ``align``: the value has to be a
    multiple of this, a power of two.
    """

    number: int
    name: str
    width: int
    base: Base
    pc_relative: bool
    range: Range
    relaxable: bool = False
    static_tls: bool = False
    rex2: bool = False
    bits: int | None = None
    part: Part | None = None
    paged: bool = False
    align: int = 1

    def limits(self) -> tuple[int, int]:
        """The lowest and the highest value that fits."""
        if self.range is Range.ANY:
            return np.iinfo(np.int64).min, np.iinfo(np.int64).max
        bits = 8 * self.width if self.bits is None else self.bits
        half = -(1 << bits - 1)
        lowest = {Range.UNSIGNED: 0, Range.EITHER: -(1 << bits)}.get(self.range, half)
        return lowest, (1 << bits - (self.range is Range.SIGNED)) - 1


_OF_GOT_ENTRY = (Base.GOT_ENTRY, Base.GOT_ENTRY_IN_PAGE, Base.G)


class KindTable:
    """The kinds of a machine by columns, indexed by type number, for whole arrays of
    relocations.

    ``only_for_loaders``: types that exist but have no place in a relocatable object.
    """

    def __init__(self, kinds: Sequence[Kind], only_for_loaders: Mapping[int, str]) -> None:
        size = max(kind.number for kind in kinds) + 1
        self.by_number = {kind.number: kind for kind in kinds}
        self._only_for_loaders = only_for_loaders
        self.KNOWN = np.zeros(size, bool)
        self.WIDTH = np.zeros(size, np.uint8)
        self.BASE = np.zeros(size, np.uint8)
        self.PC_RELATIVE = np.zeros(size, bool)
        self.RELAXABLE = np.zeros(size, bool)
        self.REX2 = np.zeros(size, bool)
        self.STATIC_TLS = np.zeros(size, bool)
        self.PAGED = np.zeros(size, bool)
        self.IS_PART = np.zeros(size, bool)
        self.LOWEST = np.zeros(size, np.int64)  # values that fit into the field
        self.HIGHEST = np.zeros(size, np.int64)
        self.UNALIGNED = np.zeros(size, np.int64)  # bits that no value may have
        is_limited = np.zeros(size, bool)
        for kind in kinds:
            number = kind.number
            self.KNOWN[number] = True
            self.WIDTH[number] = kind.width
            self.BASE[number] = kind.base
            self.PC_RELATIVE[number] = kind.pc_relative
            self.RELAXABLE[number] = kind.relaxable
            self.REX2[number] = kind.rex2
            self.STATIC_TLS[number] = kind.static_tls
            self.PAGED[number] = kind.paged
            self.IS_PART[number] = kind.part is not None
            self.LOWEST[number], self.HIGHEST[number] = kind.limits()
            self.UNALIGNED[number] = kind.align - 1
            is_limited[number] = kind.range is not Range.ANY
        # What x86-64 has none of costs it nothing.
        self.has_pages = bool(self.PAGED.any())
        self.has_alignments = bool(self.UNALIGNED.any())
        self.NEEDS_GOT_ENTRY = np.isin(self.BASE, _OF_GOT_ENTRY)
        # The symbol's address, or its distance, in 32 bits or less.
        self.DIRECT = (self.BASE == Base.S) & (self.WIDTH <= 4) & ~self.STATIC_TLS
        self.ABSOLUTE = self.DIRECT & ~self.PC_RELATIVE & is_limited

    def name_of(self, number: int) -> str:
        """The psABI's name of a relocation type, or its number."""
        if number in self.by_number:
            return self.by_number[number].name
        return self._only_for_loaders.get(number, f"relocation type {number}")

    def is_known(
        self, numbers: np.ndarray[tuple[int], np.dtype[np.uint32]]
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """For each type number, whether the table has it."""
        size = len(self.KNOWN)
        return self.KNOWN[np.minimum(numbers, size - 1)] & (numbers < size)
