"""The AArch64 instructions that the linker writes, and those that it rewrites.

They have 32 bits each and lie at multiples of 4 (Arm Architecture Reference Manual, C4). x16 is
free for whoever stands between a call and the function ("Procedure Call Standard for the Arm
64-bit Architecture", 6.1.1).
"""

from __future__ import annotations

import struct

import numpy as np

from runtime.linker.machines.aarch64_kinds import KINDS, TABLE
from runtime.linker.machines.kinds import Field, Part
from runtime.linker.machines.machine import (
    Machine,
    Uses,
    WrongInstruction,
    fields_of,
    write_numbers,
)
from runtime.objects.elf import Array
from runtime.protocol.machine import EM_AARCH64

_ADRP_X16 = 0x90000010
_LDR_X16 = 0xF9400210  # ldr x16, [x16, #...]
_BR_X16 = 0xD61F0200
_BRK = 0xD4200000
_B = 0x14000000
_NOP = 0xD503201F
_MOVZ_X0_HIGH = 0xD2A00000  # movz x0, #..., lsl 16
_MOVK_X0 = 0xF2800000
_IS_MOVZ = 1 << 30  # the bit that tells it from movn
_BRANCH_REACH = 1 << 27  # bytes
_PAGE = 4096

_NEAR = struct.Struct("<I")
_FAR = struct.Struct("<IIQ")  # ldr x16, 8; br x16; and the address
_LDR_X16_FROM_8 = 0x58000050

# The instructions of a call by descriptor ("ELF for the Arm 64-bit Architecture", 5.7.12): the
# relocation, which bits tell the instruction, which they are, and what comes in its place.
_DESCRIPTOR_CALL = (
    (562, 0x9F00001F, 0x90000000, _MOVZ_X0_HIGH),  # adrp x0, :tlsdesc:x
    (563, 0xFFC003E0, 0xF9400000, _MOVK_X0),  # ldr x1, [x0, #:tlsdesc_lo12:x]
    (564, 0xFF8003FF, 0x91000000, _NOP),  # add x0, x0, #:tlsdesc_lo12:x
    (569, 0xFFFFFC1F, 0xD63F0000, _NOP),  # blr x1
)


class AArch64(Machine):
    """See ``Machine``."""

    number = EM_AARCH64
    kinds = TABLE
    plt_entry_size = 16
    reach = (1 << 32) - (1 << 20)  # addends point a little further
    has_low_memory = False

    def write_plt_entries(self, entries: Array, address: int, slots: Array) -> None:
        """See ``Machine``."""
        words = entries.view("<u4").reshape(-1, 4)
        places = address + self.plt_entry_size * np.arange(len(words))
        pages = (slots & -_PAGE) - (places & -_PAGE) >> 12
        words[:, 0] = _ADRP_X16 | _adr_bits(pages)  # adrp x16, slot
        words[:, 1] = _LDR_X16 | (slots % _PAGE >> 3) << 10  # ldr x16, [x16, #:lo12:slot]
        words[:, 2] = _BR_X16
        words[:, 3] = _BRK

    def relax_got_uses(self, uses: Uses, memory: Array) -> None:
        """Nothing: an instruction alone does not tell which other one belongs to it."""

    def relax_descriptors(self, uses: Uses, memory: Array) -> None:
        """See ``Machine``."""
        words = fields_of(memory, 4)
        for number, mask, code, replacement in _DESCRIPTOR_CALL:
            chosen = np.flatnonzero(uses.kind == number)
            _require(chosen, uses.room[chosen] >= 4)
            at = uses.position[chosen]
            _require(chosen, words[at] & mask == code)
            words[at] = replacement

    def write_fields(self, kind: Array, position: Array, values: Array, memory: Array) -> None:
        """See ``Machine``."""
        is_part = TABLE.IS_PART.take(kind)
        write_numbers(np.where(is_part, 0, TABLE.WIDTH.take(kind)), position, values, memory)
        chosen = np.flatnonzero(is_part)
        kind, at, value = kind[chosen], position[chosen], values[chosen]
        words = fields_of(memory, 4)
        before = words[at].astype(np.int64)
        # A move of a negative number is one of its complement, by another instruction.
        is_signed = _IS_MOVW.take(kind)
        value = np.where(is_signed & (value < 0), ~value, value)
        before = np.where(is_signed, before & ~_IS_MOVZ, before)
        before = np.where(is_signed & (values[chosen] >= 0), before | _IS_MOVZ, before)
        bits = value >> _SHIFT.take(kind) & _MASK.take(kind)
        bits = np.where(_IS_ADR.take(kind), _adr_bits(bits), bits << _AT.take(kind))
        words[at] = (before & ~_WHOLE.take(kind) | bits).astype("<u4")

    def jump(self, start: int, target: int, room: int) -> bytes | None:
        """See ``Machine``."""
        distance = target - start
        if room >= _NEAR.size and -_BRANCH_REACH <= distance < _BRANCH_REACH:
            return _NEAR.pack(_B | distance >> 2 & (1 << 26) - 1)
        if room >= _FAR.size:
            return _FAR.pack(_LDR_X16_FROM_8, _BR_X16, target)
        return None


def _adr_bits(value: Array) -> Array:
    """Where ADR and ADRP have 21 bits: the two lowest of them, and the others."""
    return np.asarray((value & 3) << 29 | (value >> 2 & 0x7FFFF) << 5)


def _require(chosen: Array, good: Array) -> None:
    """Raise WrongInstruction if one of these relocations does not belong to its instruction."""
    if not good.all():
        raise WrongInstruction(int(chosen[np.flatnonzero(~good)[0]]))


def _column(dtype: type) -> Array:
    return np.zeros(len(TABLE.KNOWN), dtype)


# The parts of instructions by columns, indexed by type number.
_SHIFT, _MASK, _AT = _column(np.int64), _column(np.int64), _column(np.int64)
_IS_ADR, _IS_MOVW = _column(bool), _column(bool)
_WHOLE = _column(np.int64)  # the bits of the instruction that the value takes


def _fill(number: int, part: Part) -> None:
    mask = (1 << part.bits) - 1
    _SHIFT[number], _MASK[number], _AT[number] = part.shift, mask, part.at
    _IS_ADR[number] = part.field is Field.ADR
    _IS_MOVW[number] = part.field is Field.MOVW
    _WHOLE[number] = _adr_bits(np.array(mask)) if part.field is Field.ADR else mask << part.at


for _kind in KINDS:
    if _kind.part is not None:
        _fill(_kind.number, _kind.part)
