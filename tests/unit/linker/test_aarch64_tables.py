"""AArch64: what goes through tables of the linker's own, and what it rewrites, is run.

No process runs it but an emulator of the processor.
"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.errors import LinkError, ObjectFormatError, OutOfMemoryError
from runtime.linker.machines.aarch64 import AArch64
from runtime.linker.machines.aarch64_kinds import KINDS
from runtime.objects.object_reader import read_object
from runtime.protocol.machine import EM_AARCH64
from tests.support.aarch64 import (
    OWN,
    Linked,
    assemble,
    compile_c,
    link_for_aarch64,
    run,
    types_in,
)
from tests.support.damage import EDITS, Edit, corrupted
from tests.tables.aarch64_relocations import THREAD_LOCAL_USES, USES

SLAB = 0x7F0000000000
NEAR = SLAB + 0x1234560

GOT_USES = {
    (311, 312): "adrp x0, :got:{0}\nldr x0, [x0, :got_lo12:{0}]\nret",
    (275, 313): "adrp x0, _GLOBAL_OFFSET_TABLE_\nldr x0, [x0, :gotpage_lo15:{0}]\nret",
    (309,): "ldr x0, :got:{0}\nret",
    (275, 277, 310): "adrp x0, _GLOBAL_OFFSET_TABLE_\nadd x0, x0, :lo12:_GLOBAL_OFFSET_TABLE_\n"
    "movz x1, 0\n.reloc ., R_AARCH64_LD64_GOTOFF_LO15, {0}\nldr x0, [x0]\nret",
    (315,): "adr x1, 1f\nldrsw x0, [x1]\nldr x0, [x1, x0]\nret\n1: .word {0}@GOTPCREL",
    (307, 275, 277): "ldr x1, 1f\nadrp x0, _GLOBAL_OFFSET_TABLE_\n"
    "add x0, x0, :lo12:_GLOBAL_OFFSET_TABLE_\nadd x0, x0, x1\nret\n.balign 8\n"
    "1: .reloc ., R_AARCH64_GOTREL64, {0}\n.xword 0",
    (308, 275, 277): "ldrsw x1, 1f\nadrp x0, _GLOBAL_OFFSET_TABLE_\n"
    "add x0, x0, :lo12:_GLOBAL_OFFSET_TABLE_\nadd x0, x0, x1\nret\n"
    "1: .reloc ., R_AARCH64_GOTREL32, {0}\n.word 0",
}


@pytest.mark.parametrize("kinds", GOT_USES)
def test_the_global_offset_table(kinds: tuple[int, ...]) -> None:
    others = ".data\n.globl there\nthere: .xword 1\n.globl other\nother: .xword 2"
    code = ".globl f\nf: " + GOT_USES[kinds].format("there")
    more = "\nadrp x0, :got:other\nldr x0, [x0, :got_lo12:other]"
    use = assemble(code + more)
    assert set(kinds) <= set(types_in(use))
    linked = link_for_aarch64(use, assemble(others))
    assert run(linked, linked.symbols["f"]) == linked.symbols["there"]


FAR = {"next to it": NEAR, "far": 0x556677889900, "beyond": 0xFFFF12345670}


@pytest.mark.parametrize("where", FAR)
@pytest.mark.parametrize("use", ["bl there\nnop", "b there"])
def test_a_call_of_a_function_of_the_process(use: str, where: str) -> None:
    linked = link_for_aarch64(
        assemble(f".globl f\nf: mov x0, 77\n{use}"), process={"there": FAR[where]}
    )
    assert run(linked, linked.symbols["f"], stop=FAR[where]) == 77


def test_many_functions_of_the_process() -> None:
    names = [f"there{number}" for number in range(600)]  # entries and slots on several pages
    process = {name: 0x556677000000 + 64 * number for number, name in enumerate(names)}
    code = "".join(f".globl f{n}\nf{n}: b {name}\n" for n, name in enumerate(names))
    linked = link_for_aarch64(assemble(code), process=process)
    for number in (0, 1, 255, 256, 599):
        run(linked, linked.symbols[f"f{number}"], stop=process[f"there{number}"])


def test_the_address_of_a_function_out_of_reach_is_one_of_ours() -> None:
    code = ".globl f\nf: adrp x0, there\nadd x0, x0, :lo12:there\nret"
    linked = link_for_aarch64(assemble(code), process={"there": 0x556677889900})
    entry = run(linked, linked.symbols["f"])
    assert linked.start <= entry < linked.start + len(linked.memory)
    run(linked, entry, stop=0x556677889900)


def test_an_absolute_address_in_32_bits_does_not_fit() -> None:
    # Linux has no MAP_32BIT there.
    use = assemble(".globl f\nf: ret\n.data\n.word f")
    with pytest.raises(LinkError, match=r"input0.o: .data\+0x0: R_AARCH64_ABS32 .* does not fit"):
        link_for_aarch64(use)


THREAD_LOCAL_CODE = """
__thread long before[7] = {1};
__thread long own = 5;
static __thread long of_file = 6;
long *f(void) { return &own; }
long *g(void) { of_file++; return &of_file; }
"""


@pytest.mark.parametrize("model", ["local-exec", "initial-exec", "global-dynamic"])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_thread_locals_from_the_thread_pointer(model: str, level: str) -> None:
    linked = link_for_aarch64(compile_c(THREAD_LOCAL_CODE, level, "-fPIC", f"-ftls-model={model}"))
    pointer = 0x40000
    own = run(linked, linked.symbols["f"], pointer)
    # The symbol's address is the variable's offset from the thread pointer.
    assert own == pointer + linked.symbols["own"]
    of_file = run(linked, linked.symbols["g"], pointer)
    assert pointer + 16 <= of_file < pointer + 16 + 9 * 8
    assert of_file != own


def test_a_distance_in_a_near_entry_of_the_table() -> None:
    use = assemble(f".globl f\nf: ldr x0, :gottprel:own\nret\n{OWN}")
    assert types_in(use) == [543]
    linked = link_for_aarch64(use)
    assert run(linked, linked.symbols["f"]) == 16 + 48


def _first_word(data: bytes) -> bytes:
    linked = link_for_aarch64(data)
    return linked.contents(linked.sections[".text"], 4)


def test_relocations_that_do_nothing() -> None:
    use = assemble(".reloc ., R_AARCH64_NONE, there\nnop\n" + ".globl there\nthere:")
    assert types_in(use) == [0]
    assert _first_word(use) == bytes.fromhex("1f2003d5")
    found = bytearray(use)
    table = read_object("x.o", use, EM_AARCH64)
    index = table.section_names.index(".rela.text")
    at_type = int(table.sections["offset"][index]) + 8
    found[at_type : at_type + 4] = (256).to_bytes(4, "little")
    assert types_in(bytes(found)) == [256]
    assert _first_word(bytes(found)) == bytes.fromhex("1f2003d5")


# Clang has no syntax for these.
PAIRS = {
    (513, 514): ".reloc ., R_AARCH64_TLSGD_ADR_PAGE21, own\nadrp x0, 0\n"
    ".reloc ., R_AARCH64_TLSGD_ADD_LO12_NC, own\nadd x0, x0, 0\nret",
    (512,): ".reloc ., R_AARCH64_TLSGD_ADR_PREL21, own\nadr x0, 0\nret",
    (518, 519): ".reloc ., R_AARCH64_TLSLD_ADR_PAGE21, own\nadrp x0, 0\n"
    ".reloc ., R_AARCH64_TLSLD_ADD_LO12_NC, own\nadd x0, x0, 0\nret",
    (517,): ".reloc ., R_AARCH64_TLSLD_ADR_PREL21, own\nadr x0, 0\nret",
}


@pytest.mark.parametrize("kinds", PAIRS)
def test_what_is_given_to_tls_get_addr(kinds: tuple[int, ...]) -> None:
    use = assemble(f".globl f\nf: {PAIRS[kinds]}\n{OWN}")
    assert types_in(use) == list(kinds)
    linked = link_for_aarch64(use)
    pair = linked.contents(run(linked, linked.symbols["f"]), 16)
    module, offset = (int.from_bytes(pair[n : n + 8], "little") for n in (0, 8))
    assert module >> 62 == 1
    assert offset == (48 if 513 in kinds or 512 in kinds else 0)


def test_offsets_in_a_block() -> None:
    code = (
        "mov x0, 0\nadd x0, x0, :dtprel_hi12:own\nadd x0, x0, :dtprel_lo12_nc:own\n"
        "add x0, x0, :dtprel_lo12:own\nret"
    )
    use = assemble(f".globl f\nf: {code}\n{OWN}")
    assert types_in(use) == [528, 530, 529]
    linked = link_for_aarch64(use)
    assert run(linked, linked.symbols["f"]) == 2 * 48


@pytest.mark.parametrize("distance", [4096, -(1 << 27), (1 << 27) - 4, 1 << 27, 1 << 40])
def test_a_jump_to_a_new_version(distance: int) -> None:
    start = SLAB + 0x1000
    code = AArch64().jump(start, start + distance, 16)
    assert code is not None
    assert len(code) == (4 if -(1 << 27) <= distance < 1 << 27 else 16)
    linked = Linked(SLAB, bytes(0x1000) + code + bytes(0x1000), {}, {})
    run(linked, start, stop=start + distance)


def test_no_room_for_a_jump() -> None:
    assert AArch64().jump(SLAB, SLAB + 16, 3) is None
    assert AArch64().jump(SLAB, SLAB + (1 << 40), 15) is None


DAMAGED = """
extern int printf(const char *, ...);
__thread int own = 5;
static __thread long of_file;
int table[4] = {1, 2};
int *third = &table[2];
int choose(int x) {
    switch (x) {
    case 0: return 5;
    case 1: return 9;
    case 2: return 77;
    case 3: return own;
    default: return of_file++;
    }
}
int main(int argc, char **argv) { return printf("%d", choose(argc)) + *third; }
"""


@settings(max_examples=300, deadline=None)
@given(st.booleans(), EDITS)
def test_damaged_objects_are_linked_or_refused(is_for_program: bool, edits: list[Edit]) -> None:
    flags = ("-fno-pic", "-O0") if is_for_program else ("-fPIC", "-O2")
    data = corrupted(compile_c(DAMAGED, *flags), edits)
    with contextlib.suppress(ObjectFormatError, LinkError, OutOfMemoryError):
        link_for_aarch64(data, process={"printf": 0x556677889900})


def test_each_kind_has_a_test() -> None:
    in_tables = {number for kinds in (*GOT_USES, *PAIRS) for number in kinds}
    # Of the models of thread-locals in C, and of offsets in a block.
    in_tables |= {528, 529, 530, 541, 542, 543, 0, 256}
    by_name = {kind.name.removeprefix("R_AARCH64_"): kind.number for kind in KINDS}
    named = {by_name[name] for name in (*USES, *THREAD_LOCAL_USES)}
    assert {kind.number for kind in KINDS} == in_tables | named
