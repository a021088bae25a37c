"""Which values fit their field: the limits, and one more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.errors import LinkError
from runtime.linker.machines.kinds import Base, Kind
from runtime.linker.machines.x86_64_kinds import KINDS
from tests.support.native_link import is_accepted_by_ld
from tests.support.runtime import Program, assemble, running_program
from tests.tables.relocations import with_relocation_type

LIMITED = [kind for kind in KINDS if 0 < kind.width < 8]

SYMBOLS = {
    Base.GOT_ENTRY: "field",
    Base.G: "field",
    Base.L: "field",
    Base.GOT: "_GLOBAL_OFFSET_TABLE_",
    Base.Z: "field",
    Base.TLS_PAIR: "local",
    Base.TLS_MODULE: "local",
}


# The psABI's column "Field" and its words on 32 and 32S; the others are distances.
UNSIGNED = {"R_X86_64_32", "R_X86_64_SIZE32"}
# ld's "bitfield", for what may be signed or unsigned (bfd/reloc.c). All that the psABI says
# is that the types of 8 and 16 bits are not for 64-bit code.
EITHER = {"R_X86_64_8", "R_X86_64_16", "R_X86_64_PC16"}


def limits(kind: Kind) -> tuple[int, int]:
    """The lowest and the highest value that fits."""
    size = 1 << 8 * kind.width
    if kind.name in EITHER:
        return -size, size - 1
    if kind.name in UNSIGNED:
        return 0, size - 1
    return -size // 2, size // 2 - 1


def symbol_of(kind: Kind) -> str:
    if kind.static_tls or kind.name == "R_X86_64_DTPOFF32":
        return "local"
    if kind.base is Base.S:
        return "field" if kind.pc_relative else "number"
    return SYMBOLS[kind.base]


def object_with(kind: Kind, addend: int) -> bytes:
    """One relocation, of ``field``."""
    # What belongs to a descriptor must be in its instruction: lea 0(%rip), %rax.
    is_descriptor = kind.name.endswith("GOTPC32_TLSDESC")
    prefix = {"R_X86_64_GOTPC32_TLSDESC": "0x48", "R_X86_64_CODE_4_GOTPC32_TLSDESC": "0xd5, 0x48"}
    source = f"""
    .globl field, number, local
    .type field, @object
    .size field, 0
    .data
    .zero 13
    .byte {prefix.get(kind.name, "0")}, {"0x8d, 0x05" if is_descriptor else "0, 0"}
    field: .zero 16
    .reloc field, R_X86_64_PC32, {symbol_of(kind)} + {addend}
    .section .tdata,"awT",@progbits
    .zero 3
    .type local, @object
    local: .long 1
    """
    return with_relocation_type(assemble(source), kind.number)


NUMBER = assemble(".globl number\n.set number, 0\n")


def inputs(kind: Kind, addend: int) -> tuple[tuple[str, bytes], bytes]:
    return ("limit.o", object_with(kind, addend)), NUMBER


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


def stored(program: Program, kind: Kind, addend: int) -> int:
    """What the linker writes into the field, as the kind reads it."""
    unit = program.load(*inputs(kind, addend))
    data = program.process.read_memory(program.address("field"), kind.width)
    program.session.unload(unit)
    return int.from_bytes(data, "little", signed=kind.name not in UNSIGNED)


@pytest.mark.parametrize("kind", LIMITED, ids=lambda kind: kind.name)
def test_the_limits_fit_and_one_more_does_not(program: Program, kind: Kind) -> None:
    # Units come to the same place again and again, so the rest of the formula is the same.
    rest = stored(program, kind, 0)
    for limit, beyond in zip(limits(kind), (-1, 1), strict=True):
        addend = limit - rest
        assert (stored(program, kind, addend) - limit) % (1 << 8 * kind.width) == 0
        message = (
            rf"limit\.o: \.data\+0x[0-9a-f]+: {kind.name} against {symbol_of(kind)} "
            rf"does not fit: {limit + beyond:#x}$"
        )
        with pytest.raises(LinkError, match=message) as error:
            program.load(*inputs(kind, addend + beyond))
        offset = int(re.findall(r"\+0x([0-9a-f]+)", str(error.value))[0], 16)
        assert offset == (17 if "CODE_4_GOTPC32" in kind.name else 16)


ABSOLUTE_AND_RELATIVE = ("8", "16", "32", "32S", "PC8", "PC16", "PC32", "SIZE32", "PLT32",
                         "PC32_BND", "PLT32_BND")  # fmt: skip


@pytest.mark.parametrize("name", ABSOLUTE_AND_RELATIVE)
def test_ld_has_the_same_limits(tmp_path: Path, name: str) -> None:
    kind = next(kind for kind in KINDS if kind.name == f"R_X86_64_{name}")
    lowest, highest = limits(kind)
    accepted = {
        value: is_accepted_by_ld(tmp_path, [object_with(kind, value), NUMBER])
        for value in (lowest - 1, lowest, highest, highest + 1)
    }
    assert list(accepted.values()) == [False, True, True, False]
