"""The relocation kinds of x86-64 as one table (psABI, table 4.9).

Letters are the psABI's: S the symbol's address, A the addend, P the place,
G the offset of the symbol's GOT entry, GOT the GOT's address, L the symbol's
PLT entry (or the symbol itself when that is in reach), Z its size.
To add a kind, add a row.
"""

from __future__ import annotations

import enum

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


class Range(enum.IntEnum):
    """Which values fit into the field."""

    ANY = 0  # the low bits are what is wanted, or it is 64 bits wide
    SIGNED = 1
    UNSIGNED = 2
    EITHER = 3  # signed or unsigned, n bits from -2^n: ld's rule, of which the psABI is silent


class Kind(Struct, frozen=True):
    """One relocation type: ``name`` is the psABI's, ``width`` in bytes.

    ``relaxable``: the instruction may be rewritten to do without the GOT (B.2).
    ``static_tls``: a thread-local variable at a fixed distance from the thread
    pointer is meant (the initial- and local-exec models, and descriptors).
    ``rex2``: the instruction has a REX2 prefix.
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


KINDS = [
    Kind(0, "R_X86_64_NONE", 0, Base.NOTHING, False, Range.ANY),
    Kind(1, "R_X86_64_64", 8, Base.S, False, Range.ANY),  # S + A
    Kind(2, "R_X86_64_PC32", 4, Base.S, True, Range.SIGNED),  # S + A - P
    Kind(3, "R_X86_64_GOT32", 4, Base.G, False, Range.SIGNED),  # G + A
    Kind(4, "R_X86_64_PLT32", 4, Base.L, True, Range.SIGNED),  # L + A - P
    Kind(9, "R_X86_64_GOTPCREL", 4, Base.GOT_ENTRY, True, Range.SIGNED),  # G + GOT + A - P
    Kind(10, "R_X86_64_32", 4, Base.S, False, Range.UNSIGNED),  # S + A
    Kind(11, "R_X86_64_32S", 4, Base.S, False, Range.SIGNED),  # S + A
    Kind(12, "R_X86_64_16", 2, Base.S, False, Range.EITHER),  # S + A
    Kind(13, "R_X86_64_PC16", 2, Base.S, True, Range.EITHER),  # S + A - P
    Kind(14, "R_X86_64_8", 1, Base.S, False, Range.EITHER),  # S + A
    Kind(15, "R_X86_64_PC8", 1, Base.S, True, Range.SIGNED),  # S + A - P
    # Thread-local variables: S is the offset in the thread's block of the module or,
    # where that is static, from the thread pointer.
    Kind(17, "R_X86_64_DTPOFF64", 8, Base.S, False, Range.ANY),  # S + A
    Kind(18, "R_X86_64_TPOFF64", 8, Base.S, False, Range.ANY, static_tls=True),  # S + A
    Kind(19, "R_X86_64_TLSGD", 4, Base.TLS_PAIR, True, Range.SIGNED),
    Kind(20, "R_X86_64_TLSLD", 4, Base.TLS_MODULE, True, Range.SIGNED),
    Kind(21, "R_X86_64_DTPOFF32", 4, Base.S, False, Range.SIGNED),  # S + A
    Kind(22, "R_X86_64_GOTTPOFF", 4, Base.GOT_ENTRY, True, Range.SIGNED, static_tls=True),
    Kind(23, "R_X86_64_TPOFF32", 4, Base.S, False, Range.SIGNED, static_tls=True),  # S + A
    Kind(24, "R_X86_64_PC64", 8, Base.S, True, Range.ANY),  # S + A - P
    Kind(25, "R_X86_64_GOTOFF64", 8, Base.S_MINUS_GOT, False, Range.ANY),  # S + A - GOT
    Kind(26, "R_X86_64_GOTPC32", 4, Base.GOT, True, Range.SIGNED),  # GOT + A - P
    Kind(27, "R_X86_64_GOT64", 8, Base.G, False, Range.ANY),  # G + A
    Kind(28, "R_X86_64_GOTPCREL64", 8, Base.GOT_ENTRY, True, Range.ANY),  # G + GOT - P + A
    Kind(29, "R_X86_64_GOTPC64", 8, Base.GOT, True, Range.ANY),  # GOT - P + A
    Kind(30, "R_X86_64_GOTPLT64", 8, Base.G, False, Range.ANY),  # G + A
    Kind(31, "R_X86_64_PLTOFF64", 8, Base.L_MINUS_GOT, False, Range.ANY),  # L - GOT + A
    Kind(32, "R_X86_64_SIZE32", 4, Base.Z, False, Range.UNSIGNED),  # Z + A
    Kind(33, "R_X86_64_SIZE64", 8, Base.Z, False, Range.ANY),  # Z + A
    # Always rewritten to load S (the first) and not to call (the second).
    Kind(34, "R_X86_64_GOTPC32_TLSDESC", 4, Base.S, True, Range.SIGNED, static_tls=True),
    Kind(35, "R_X86_64_TLSDESC_CALL", 0, Base.NOTHING, False, Range.ANY, static_tls=True),
    # With the prefix of a memory-protection extension that is no more.
    Kind(39, "R_X86_64_PC32_BND", 4, Base.S, True, Range.SIGNED),  # S + A - P
    Kind(40, "R_X86_64_PLT32_BND", 4, Base.L, True, Range.SIGNED),  # L + A - P
    # G + GOT + A - P; the newer ones are in longer instructions (APX).
    Kind(41, "R_X86_64_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED, relaxable=True),
    Kind(42, "R_X86_64_REX_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED, relaxable=True),
    Kind(43, "R_X86_64_CODE_4_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED,
         relaxable=True, rex2=True),
    Kind(44, "R_X86_64_CODE_4_GOTTPOFF", 4, Base.GOT_ENTRY, True, Range.SIGNED,
         static_tls=True, rex2=True),
    Kind(45, "R_X86_64_CODE_4_GOTPC32_TLSDESC", 4, Base.S, True, Range.SIGNED,
         static_tls=True, rex2=True),
    Kind(46, "R_X86_64_CODE_5_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED),
    Kind(47, "R_X86_64_CODE_5_GOTTPOFF", 4, Base.GOT_ENTRY, True, Range.SIGNED, static_tls=True),
    Kind(49, "R_X86_64_CODE_6_GOTPCRELX", 4, Base.GOT_ENTRY, True, Range.SIGNED),
    Kind(50, "R_X86_64_CODE_6_GOTTPOFF", 4, Base.GOT_ENTRY, True, Range.SIGNED, static_tls=True),
]  # fmt: skip

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
REX2 = np.zeros(_SIZE, bool)
STATIC_TLS = np.zeros(_SIZE, bool)
LOWEST = np.full(_SIZE, np.iinfo(np.int64).min)  # values that fit into the field, int64
HIGHEST = np.full(_SIZE, np.iinfo(np.int64).max)
for _kind in KINDS:
    KNOWN[_kind.number] = True
    WIDTH[_kind.number] = _kind.width
    BASE[_kind.number] = _kind.base
    PC_RELATIVE[_kind.number] = _kind.pc_relative
    RANGE[_kind.number] = _kind.range
    RELAXABLE[_kind.number] = _kind.relaxable
    REX2[_kind.number] = _kind.rex2
    STATIC_TLS[_kind.number] = _kind.static_tls
    if _kind.range is not Range.ANY:
        _bits = 8 * _kind.width
        _lowest = {Range.SIGNED: -(1 << _bits - 1), Range.UNSIGNED: 0, Range.EITHER: -(1 << _bits)}
        LOWEST[_kind.number] = _lowest[_kind.range]
        HIGHEST[_kind.number] = (1 << _bits - (_kind.range is Range.SIGNED)) - 1
NEEDS_GOT_ENTRY = (BASE == Base.GOT_ENTRY) | (BASE == Base.G)
# The symbol's address, or its distance, in 32 bits or less.
DIRECT = (BASE == Base.S) & (WIDTH <= 4) & ~STATIC_TLS
ABSOLUTE = DIRECT & ~PC_RELATIVE & (RANGE != Range.ANY)

# Types that exist but have no place in a relocatable object, for the error message.
_ONLY_FOR_LOADERS = {
    5: "R_X86_64_COPY",
    6: "R_X86_64_GLOB_DAT",
    7: "R_X86_64_JUMP_SLOT",
    8: "R_X86_64_RELATIVE",
    16: "R_X86_64_DTPMOD64",
    36: "R_X86_64_TLSDESC",
    37: "R_X86_64_IRELATIVE",
    38: "R_X86_64_RELATIVE64",
}


def name_of(number: int) -> str:
    """The psABI's name of a relocation type, or its number."""
    if number in BY_NUMBER:
        return BY_NUMBER[number].name
    return _ONLY_FOR_LOADERS.get(number, f"relocation type {number}")


def is_known(
    numbers: np.ndarray[tuple[int], np.dtype[np.uint32]],
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each type number, whether the table has it."""
    return KNOWN[np.minimum(numbers, _SIZE - 1)] & (numbers < _SIZE)
