"""The relocation kinds of AArch64 as one table ("ELF for the Arm 64-bit Architecture", 5.7).

What the letters of the formulas mean stands in ``kinds``; Page(x) is x without its lowest 12
bits. Left out are kinds that compilers of the small and the large code model do not use. To add a
kind, add a row.
"""

from __future__ import annotations

from runtime.linker.machines.kinds import Base, Field, Kind, KindTable, Part, Range

# The parts of instructions.
_IMM12 = Part(0, 12, 10)  # of add
_IMM12_HIGH = Part(12, 12, 10)  # of add, shifted
_IMM14 = Part(2, 14, 5)  # of tbz
_IMM19 = Part(2, 19, 5)  # of b.cond, and of a load from near
_IMM26 = Part(2, 26, 0)  # of b and bl
_ADR = Part(0, 21, 5, Field.ADR)
_ADRP = Part(12, 21, 5, Field.ADR)
_LO15 = Part(3, 12, 10)  # of a load of 8 bytes
_PAGE_BITS, _BRANCH_BITS, _NEAR_BITS = 33, 28, 21  # signed: +-4 GiB, 128 MiB, 1 MiB


def _data(number: int, name: str, width: int, base: Base, pc_relative: bool) -> Kind:
    fits = Range.ANY if width == 8 else Range.EITHER_HALF
    return Kind(number, f"R_AARCH64_{name}", width, base, pc_relative, fits)


def _part(
    number: int,
    name: str,
    base: Base,
    part: Part,
    fits: Range = Range.ANY,
    bits: int | None = None,
    *,
    pc_relative: bool = False,
    paged: bool = False,
    align: int = 1,
    static_tls: bool = False,
) -> Kind:
    """A kind for an instruction; ``paged`` implies ``pc_relative``."""
    return Kind(
        number,
        f"R_AARCH64_{name}",
        4,
        base,
        pc_relative or paged,
        fits,
        static_tls=static_tls,
        bits=bits,
        part=part,
        paged=paged,
        align=align,
    )


def _movw(shift: int, is_signed: bool = False) -> Part:
    return Part(shift, 16, 5, Field.MOVW if is_signed else Field.BITS)


def _low12(width: int) -> Part:
    """The offset in a page of a load or store of 2**width bytes."""
    return Part(width, 12 - width, 10)


_DATA = [
    Kind(0, "R_AARCH64_NONE", 0, Base.NOTHING, False, Range.ANY),
    Kind(256, "R_AARCH64_NONE", 0, Base.NOTHING, False, Range.ANY),  # its number of old
    _data(257, "ABS64", 8, Base.S, False),  # S + A
    _data(258, "ABS32", 4, Base.S, False),
    _data(259, "ABS16", 2, Base.S, False),
    _data(260, "PREL64", 8, Base.S, True),  # S + A - P
    _data(261, "PREL32", 4, Base.S, True),
    _data(262, "PREL16", 2, Base.S, True),
    _data(307, "GOTREL64", 8, Base.S_MINUS_GOT, False),  # S + A - GOT
    _data(308, "GOTREL32", 4, Base.S_MINUS_GOT, False),
    Kind(314, "R_AARCH64_PLT32", 4, Base.L, True, Range.SIGNED),  # S + A - P
    Kind(315, "R_AARCH64_GOTPCREL32", 4, Base.GOT_ENTRY, True, Range.SIGNED),  # G + GOT + A - P
]

_MOVES = [
    # S + A, 16 bits of it
    _part(263, "MOVW_UABS_G0", Base.S, _movw(0), Range.UNSIGNED, 16),
    _part(264, "MOVW_UABS_G0_NC", Base.S, _movw(0)),
    _part(265, "MOVW_UABS_G1", Base.S, _movw(16), Range.UNSIGNED, 32),
    _part(266, "MOVW_UABS_G1_NC", Base.S, _movw(16)),
    _part(267, "MOVW_UABS_G2", Base.S, _movw(32), Range.UNSIGNED, 48),
    _part(268, "MOVW_UABS_G2_NC", Base.S, _movw(32)),
    _part(269, "MOVW_UABS_G3", Base.S, _movw(48)),
    _part(270, "MOVW_SABS_G0", Base.S, _movw(0, True), Range.SIGNED, 17),
    _part(271, "MOVW_SABS_G1", Base.S, _movw(16, True), Range.SIGNED, 33),
    _part(272, "MOVW_SABS_G2", Base.S, _movw(32, True), Range.SIGNED, 49),
    # S + A - P, 16 bits of it
    _part(287, "MOVW_PREL_G0", Base.S, _movw(0, True), Range.SIGNED, 17, pc_relative=True),
    _part(288, "MOVW_PREL_G0_NC", Base.S, _movw(0), pc_relative=True),
    _part(289, "MOVW_PREL_G1", Base.S, _movw(16, True), Range.SIGNED, 33, pc_relative=True),
    _part(290, "MOVW_PREL_G1_NC", Base.S, _movw(16), pc_relative=True),
    _part(291, "MOVW_PREL_G2", Base.S, _movw(32, True), Range.SIGNED, 49, pc_relative=True),
    _part(292, "MOVW_PREL_G2_NC", Base.S, _movw(32), pc_relative=True),
    _part(293, "MOVW_PREL_G3", Base.S, _movw(48), pc_relative=True),
]

_NEAR = [
    # S + A - P
    _part(273, "LD_PREL_LO19", Base.S, _IMM19, Range.SIGNED, _NEAR_BITS, pc_relative=True, align=4),
    _part(274, "ADR_PREL_LO21", Base.S, _ADR, Range.SIGNED, _NEAR_BITS, pc_relative=True),
    _part(279, "TSTBR14", Base.S, _IMM14, Range.SIGNED, 16, pc_relative=True, align=4),
    _part(280, "CONDBR19", Base.S, _IMM19, Range.SIGNED, _NEAR_BITS, pc_relative=True, align=4),
    _part(282, "JUMP26", Base.L, _IMM26, Range.SIGNED, _BRANCH_BITS, pc_relative=True, align=4),
    _part(283, "CALL26", Base.L, _IMM26, Range.SIGNED, _BRANCH_BITS, pc_relative=True, align=4),
    # Page(S + A) - Page(P), and the rest of S + A
    _part(275, "ADR_PREL_PG_HI21", Base.S, _ADRP, Range.SIGNED, _PAGE_BITS, paged=True),
    _part(276, "ADR_PREL_PG_HI21_NC", Base.S, _ADRP, paged=True),
    _part(277, "ADD_ABS_LO12_NC", Base.S, _IMM12),
    _part(278, "LDST8_ABS_LO12_NC", Base.S, _low12(0)),
    _part(284, "LDST16_ABS_LO12_NC", Base.S, _low12(1), align=2),
    _part(285, "LDST32_ABS_LO12_NC", Base.S, _low12(2), align=4),
    _part(286, "LDST64_ABS_LO12_NC", Base.S, _low12(3), align=8),
    _part(299, "LDST128_ABS_LO12_NC", Base.S, _low12(4), align=16),
]

_GOT = [
    _part(309, "GOT_LD_PREL19", Base.GOT_ENTRY, _IMM19, Range.SIGNED, _NEAR_BITS,
          pc_relative=True, align=4),  # G + GOT + A - P
    _part(310, "LD64_GOTOFF_LO15", Base.G, _LO15, Range.UNSIGNED, 15, align=8),  # G + A
    # Page(G + GOT + A) - Page(P), and the rest of it, and that with 15 bits from Page(GOT)
    _part(311, "ADR_GOT_PAGE", Base.GOT_ENTRY, _ADRP, Range.SIGNED, _PAGE_BITS, paged=True),
    _part(312, "LD64_GOT_LO12_NC", Base.GOT_ENTRY, _low12(3), align=8),
    _part(313, "LD64_GOTPAGE_LO15", Base.GOT_ENTRY_IN_PAGE, _LO15, Range.UNSIGNED, 15, align=8),
]  # fmt: skip

# S is the variable's offset in the thread's block of the module or, where that is static, from
# the thread pointer.
_THREAD_LOCALS = [
    _part(512, "TLSGD_ADR_PREL21", Base.TLS_PAIR, _ADR, Range.SIGNED, _NEAR_BITS, pc_relative=True),
    _part(513, "TLSGD_ADR_PAGE21", Base.TLS_PAIR, _ADRP, Range.SIGNED, _PAGE_BITS, paged=True),
    _part(514, "TLSGD_ADD_LO12_NC", Base.TLS_PAIR, _IMM12),
    _part(517, "TLSLD_ADR_PREL21", Base.TLS_MODULE, _ADR, Range.SIGNED, _NEAR_BITS,
          pc_relative=True),
    _part(518, "TLSLD_ADR_PAGE21", Base.TLS_MODULE, _ADRP, Range.SIGNED, _PAGE_BITS, paged=True),
    _part(519, "TLSLD_ADD_LO12_NC", Base.TLS_MODULE, _IMM12),
    _part(528, "TLSLD_ADD_DTPREL_HI12", Base.S, _IMM12_HIGH, Range.UNSIGNED, 24),
    _part(529, "TLSLD_ADD_DTPREL_LO12", Base.S, _IMM12, Range.UNSIGNED, 12),
    _part(530, "TLSLD_ADD_DTPREL_LO12_NC", Base.S, _IMM12),
    _part(541, "TLSIE_ADR_GOTTPREL_PAGE21", Base.GOT_ENTRY, _ADRP, Range.SIGNED, _PAGE_BITS,
          paged=True, static_tls=True),
    _part(542, "TLSIE_LD64_GOTTPREL_LO12_NC", Base.GOT_ENTRY, _low12(3), align=8, static_tls=True),
    _part(543, "TLSIE_LD_GOTTPREL_PREL19", Base.GOT_ENTRY, _IMM19, Range.SIGNED, _NEAR_BITS,
          pc_relative=True, align=4, static_tls=True),
    _part(544, "TLSLE_MOVW_TPREL_G2", Base.S, _movw(32, True), Range.SIGNED, 49, static_tls=True),
    _part(545, "TLSLE_MOVW_TPREL_G1", Base.S, _movw(16, True), Range.SIGNED, 33, static_tls=True),
    _part(546, "TLSLE_MOVW_TPREL_G1_NC", Base.S, _movw(16), static_tls=True),
    _part(547, "TLSLE_MOVW_TPREL_G0", Base.S, _movw(0, True), Range.SIGNED, 17, static_tls=True),
    _part(548, "TLSLE_MOVW_TPREL_G0_NC", Base.S, _movw(0), static_tls=True),
    _part(549, "TLSLE_ADD_TPREL_HI12", Base.S, _IMM12_HIGH, Range.UNSIGNED, 24, static_tls=True),
    _part(550, "TLSLE_ADD_TPREL_LO12", Base.S, _IMM12, Range.UNSIGNED, 12, static_tls=True),
    _part(551, "TLSLE_ADD_TPREL_LO12_NC", Base.S, _IMM12, static_tls=True),
    _part(552, "TLSLE_LDST8_TPREL_LO12", Base.S, _low12(0), Range.UNSIGNED, 12, static_tls=True),
    _part(553, "TLSLE_LDST8_TPREL_LO12_NC", Base.S, _low12(0), static_tls=True),
    _part(554, "TLSLE_LDST16_TPREL_LO12", Base.S, _low12(1), Range.UNSIGNED, 12, align=2,
          static_tls=True),
    _part(555, "TLSLE_LDST16_TPREL_LO12_NC", Base.S, _low12(1), align=2, static_tls=True),
    _part(556, "TLSLE_LDST32_TPREL_LO12", Base.S, _low12(2), Range.UNSIGNED, 12, align=4,
          static_tls=True),
    _part(557, "TLSLE_LDST32_TPREL_LO12_NC", Base.S, _low12(2), align=4, static_tls=True),
    _part(558, "TLSLE_LDST64_TPREL_LO12", Base.S, _low12(3), Range.UNSIGNED, 12, align=8,
          static_tls=True),
    _part(559, "TLSLE_LDST64_TPREL_LO12_NC", Base.S, _low12(3), align=8, static_tls=True),
    _part(570, "TLSLE_LDST128_TPREL_LO12", Base.S, _low12(4), Range.UNSIGNED, 12, align=16,
          static_tls=True),
    _part(571, "TLSLE_LDST128_TPREL_LO12_NC", Base.S, _low12(4), align=16, static_tls=True),
    # Always rewritten: the first two to move S in two halves, the others to do nothing.
    _part(562, "TLSDESC_ADR_PAGE21", Base.S, _movw(16), Range.UNSIGNED, 32, static_tls=True),
    _part(563, "TLSDESC_LD64_LO12", Base.S, _movw(0), static_tls=True),
    Kind(564, "R_AARCH64_TLSDESC_ADD_LO12", 0, Base.NOTHING, False, Range.ANY, static_tls=True),
    Kind(569, "R_AARCH64_TLSDESC_CALL", 0, Base.NOTHING, False, Range.ANY, static_tls=True),
]  # fmt: skip

KINDS = [*_DATA, *_MOVES, *_NEAR, *_GOT, *_THREAD_LOCALS]

_ONLY_FOR_LOADERS = {
    1024: "R_AARCH64_COPY",
    1025: "R_AARCH64_GLOB_DAT",
    1026: "R_AARCH64_JUMP_SLOT",
    1027: "R_AARCH64_RELATIVE",
    1028: "R_AARCH64_TLS_DTPMOD",
    1029: "R_AARCH64_TLS_DTPREL",
    1030: "R_AARCH64_TLS_TPREL",
    1031: "R_AARCH64_TLSDESC",
    1032: "R_AARCH64_IRELATIVE",
}

TABLE = KindTable(KINDS, _ONLY_FOR_LOADERS)
