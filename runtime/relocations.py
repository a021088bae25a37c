"""The relocation kinds of x86-64 as one table (psABI, table 4.9).

Letters are the psABI's: S the symbol's address, A the addend, P the place,
G the offset of the symbol's GOT entry, GOT the GOT's address, L the symbol's
PLT entry (or the symbol itself when that is in reach), Z its size.
To add a kind, add a row.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np


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


class Range(enum.IntEnum):
    """Which values fit into the field."""

    ANY = 0  # the low bits are what is wanted, or it is 64 bits wide
    SIGNED = 1
    UNSIGNED = 2
    EITHER = 3  # sign- or zero-extended: 8- and 16-bit absolute fields


@dataclass(frozen=True, slots=True)
class Kind:
    """One relocation type: ``name`` is the psABI's, ``width`` in bytes."""

    number: int
    name: str
    width: int
    base: Base
    pc_relative: bool
    range: Range
    relaxable: bool = False


KINDS = [
    Kind(0, "R_X86_64_NONE", 0, Base.NOTHING, False, Range.ANY),
    Kind(1, "R_X86_64_64", 8, Base.S, False, Range.ANY),  # S + A
    Kind(2, "R_X86_64_PC32", 4, Base.S, True, Range.SIGNED),  # S + A - P
    Kind(4, "R_X86_64_PLT32", 4, Base.L, True, Range.SIGNED),  # L + A - P
    Kind(9, "R_X86_64_GOTPCREL", 4, Base.GOT_ENTRY, True, Range.SIGNED),  # G + GOT + A - P
    Kind(10, "R_X86_64_32", 4, Base.S, False, Range.UNSIGNED),  # S + A
    Kind(11, "R_X86_64_32S", 4, Base.S, False, Range.SIGNED),  # S + A
    # Thread-local variables: S is the offset in the thread's block of the module.
    Kind(17, "R_X86_64_DTPOFF64", 8, Base.S, False, Range.ANY),  # S + A
    Kind(19, "R_X86_64_TLSGD", 4, Base.TLS_PAIR, True, Range.SIGNED),
    Kind(20, "R_X86_64_TLSLD", 4, Base.TLS_MODULE, True, Range.SIGNED),
    Kind(21, "R_X86_64_DTPOFF32", 4, Base.S, False, Range.SIGNED),  # S + A
    Kind(24, "R_X86_64_PC64", 8, Base.S, True, Range.ANY),  # S + A - P
    Kind(25, "R_X86_64_GOTOFF64", 8, Base.S_MINUS_GOT, False, Range.ANY),  # S + A - GOT
    Kind(26, "R_X86_64_GOTPC32", 4, Base.GOT, True, Range.SIGNED),  # GOT + A - P
    Kind(27, "R_X86_64_GOT64", 8, Base.G, False, Range.ANY),  # G + A
    Kind(28, "R_X86_64_GOTPCREL64", 8, Base.GOT_ENTRY, True, Range.ANY),  # G + GOT - P + A
    Kind(29, "R_X86_64_GOTPC64", 8, Base.GOT, True, Range.ANY),  # GOT - P + A
    Kind(32, "R_X86_64_SIZE32", 4, Base.Z, False, Range.UNSIGNED),  # Z + A
    Kind(33, "R_X86_64_SIZE64", 8, Base.Z, False, Range.ANY),  # Z + A
    # G + GOT + A - P, and the instruction may be rewritten to do without (B.2)
    Kind(41, "R_X86_64_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED, relaxable=True),
    Kind(42, "R_X86_64_REX_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED, relaxable=True),
]

BY_NUMBER = {kind.number: kind for kind in KINDS}

_SIZE = 64
"""One more than the largest type number that the psABI assigns."""

# The table by columns, indexed by type number, for whole arrays of relocations.
KNOWN = np.zeros(_SIZE, bool)
WIDTH = np.zeros(_SIZE, np.uint8)
BASE = np.zeros(_SIZE, np.uint8)
PC_RELATIVE = np.zeros(_SIZE, bool)
RANGE = np.zeros(_SIZE, np.uint8)
RELAXABLE = np.zeros(_SIZE, bool)
for _kind in KINDS:
    KNOWN[_kind.number] = True
    WIDTH[_kind.number] = _kind.width
    BASE[_kind.number] = _kind.base
    PC_RELATIVE[_kind.number] = _kind.pc_relative
    RANGE[_kind.number] = _kind.range
    RELAXABLE[_kind.number] = _kind.relaxable
NEEDS_GOT_ENTRY = (BASE == Base.GOT_ENTRY) | (BASE == Base.G)

# Types that exist but are not in the table, for the error message.
UNSUPPORTED_NAMES = {
    16: "R_X86_64_DTPMOD64",
    18: "R_X86_64_TPOFF64",
    22: "R_X86_64_GOTTPOFF",
    23: "R_X86_64_TPOFF32",
}


def name_of(number: int) -> str:
    """The psABI's name of a relocation type, or its number."""
    if number in BY_NUMBER:
        return BY_NUMBER[number].name
    return UNSUPPORTED_NAMES.get(number, f"relocation type {number}")


def is_known(
    numbers: np.ndarray[tuple[int], np.dtype[np.uint32]],
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each type number, whether the table has it."""
    return KNOWN[np.minimum(numbers, _SIZE - 1)] & (numbers < _SIZE)
