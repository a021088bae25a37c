"""The relocation kinds of x86-64 as one table (psABI, table 4.9).

What the letters of the formulas mean stands in ``kinds``. To add a kind, add a row.
"""

from __future__ import annotations

from runtime.linker.machines.kinds import Base, Kind, KindTable, Range

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

TABLE = KindTable(KINDS, _ONLY_FOR_LOADERS)
