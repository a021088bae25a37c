"""Rewritten instructions, byte by byte: those that this processor may not know (APX), and
targets at the very end of what 32 bits reach.

What the others compute is compared with the system linker's in ``test_relocations``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from runtime.addresses import ExecutorAddress
from runtime.errors import LinkError
from runtime.objects.object_reader import read_object
from tests.support.runtime import (
    Program,
    assemble,
    compile_source,
    relocation_table,
    running_program,
)
from tests.tables.relocations import SUPPORT, with_relocation_type


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


def apx(source: str) -> bytes:
    return compile_source(source, language="assembler", compiler="clang-22")


def code_of(source: str) -> bytes:
    """The bytes of instructions."""
    data = apx(source)
    found = read_object("x.o", data)
    section = found.sections[found.section_names.index(".text")]
    start, size = int(section["offset"]), int(section["size"])
    return data[start : start + size]


def relocation_types(data: bytes) -> list[int]:
    found = read_object("x.o", data)
    index = found.section_names.index(".rela.text")
    return [int(number) for number in relocation_table(found, index)["type"]]


def read(program: Program, address: int, size: int) -> bytes:
    return program.process.read_memory(ExecutorAddress(address), size)


def word(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


@dataclass(frozen=True, slots=True)
class Linked:
    """What has become of the instruction between ``code`` and ``end``.

    ``operand``: what its last four bytes are the distance of. ``at_operand``: eight
    bytes from there, if it can be read. ``symbols``: addresses, by name.
    """

    code: bytes
    end: int
    operand: int
    at_operand: bytes
    symbols: dict[str, int]


def link(program: Program, *inputs: bytes) -> Linked:
    """Load objects, look, and unload them."""
    unit = program.load(*inputs)
    symbols: dict[str, int] = {
        name: definition.address for name, definition in unit.linked.definitions.items()
    }
    end = symbols["end"]
    code = read(program, symbols["code"], end - symbols["code"])
    operand = end + word(code[-4:])
    at_operand = read(program, operand, 8)
    if "offset" in symbols:
        symbols["distance"] = word(read(program, symbols["offset"], 8))
    program.session.unload(unit)
    return Linked(code, end, operand, at_operand, symbols)


THERE = assemble(SUPPORT)
FRAME = ".globl code, end\n.text\n.byte 0x90, 0x90, 0x90\ncode: {}\nend: nop\n"

LOADS = ("mov there@GOTPCREL(%rip), %r16", "mov there@GOTPCREL(%rip), %r24d",
         "mov there@GOTPCREL(%rip), %r31")  # fmt: skip
ARITHMETIC = ("add there@GOTPCREL(%rip), %r20", "cmp there@GOTPCREL(%rip), %r17",
              "test %r20, there@GOTPCREL(%rip)")  # fmt: skip
LONGER = ("add there@GOTPCREL(%rip), %r8, %r16", "{nf} add there@GOTPCREL(%rip), %r16",
          "imul there@GOTPCREL(%rip), %r17, %r18")  # fmt: skip


@pytest.mark.parametrize("instruction", LOADS)
def test_a_load_with_a_rex2_prefix_becomes_lea(program: Program, instruction: str) -> None:
    data = apx(FRAME.format(instruction))
    assert relocation_types(data) == [43]
    found = link(program, data, THERE)
    assert found.operand == found.symbols["there"]
    register = instruction.split("%")[-1]
    assert found.code[:-4] == code_of(f"lea 0x11223344(%rip), %{register}")[:-4]


@pytest.mark.parametrize("instruction", LOADS)
def test_a_load_with_a_rex2_prefix_out_of_reach_stays(program: Program, instruction: str) -> None:
    source = FRAME.format(instruction.replace("there", "faraway"))
    found = link(program, apx(source), THERE)
    assert word(found.at_operand) == found.symbols["faraway"]
    assert found.code[:-4] == code_of(source)[3:-5]


@pytest.mark.parametrize("target", ["there", "faraway"])
@pytest.mark.parametrize("instruction", ARITHMETIC)
def test_arithmetic_with_a_rex2_prefix_stays(
    program: Program, instruction: str, target: str
) -> None:
    source = FRAME.format(instruction.replace("there", target))
    assert relocation_types(apx(source)) == [43]
    found = link(program, apx(source), THERE)
    assert word(found.at_operand) == found.symbols[target]
    assert found.code[:-4] == code_of(source)[3:-5]


@pytest.mark.parametrize("number", [9, 46, 49])
@pytest.mark.parametrize("instruction", LONGER)
def test_longer_instructions_stay(program: Program, instruction: str, number: int) -> None:
    source = FRAME.format(instruction)
    found = link(program, with_relocation_type(apx(source), number), THERE)
    assert word(found.at_operand) == found.symbols["there"]
    assert found.code[:-4] == code_of(source)[3:-5]


# Thread-local variables.

OFFSET = assemble(
    ".globl offset\n.data\noffset: .quad 0\n.reloc offset, R_X86_64_TPOFF64, tls_second\n"
)
"""The variable's distance from the thread pointer, to compare with."""


@pytest.mark.parametrize(
    ("instruction", "number"),
    [
        ("mov tls_second@gottpoff(%rip), %r16", 44),
        ("add tls_second@gottpoff(%rip), %r31", 44),
        ("add tls_second@gottpoff(%rip), %r8, %r16", 50),
        ("add %r8, tls_second@gottpoff(%rip), %r16", 50),
        ("{nf} add tls_second@gottpoff(%rip), %r16", 50),
        ("{nf} add tls_second@gottpoff(%rip), %r16", 47),
    ],
)
def test_the_distance_of_a_thread_local(program: Program, instruction: str, number: int) -> None:
    source = FRAME.format(instruction)
    found = link(program, with_relocation_type(apx(source), number), THERE, OFFSET)
    assert word(found.at_operand) == found.symbols["distance"]
    assert found.code[:-4] == code_of(source)[3:-5]


REX = ("rax", "rcx", "rsp", "rbp", "rdi", "r8", "r12", "r13", "r15")
REX2 = ("r16", "r20", "r23", "r24", "r29", "r31")


@pytest.mark.parametrize(
    ("register", "number"), [*((r, 34) for r in REX), *((r, 45) for r in REX2)]
)
def test_a_descriptor_becomes_a_constant(program: Program, register: str, number: int) -> None:
    data = apx(FRAME.format(f"lea tls_second@tlsdesc(%rip), %{register}"))
    assert relocation_types(data) == [number]
    found = link(program, data, THERE, OFFSET)
    assert found.code == code_of(f"movq ${found.symbols['distance']}, %{register}")


@pytest.mark.parametrize("instruction", ["call *tls_second@tlscall(%r16)", "jmp 1f\n1:"])
def test_what_is_not_a_descriptors_call_is_refused(program: Program, instruction: str) -> None:
    source = FRAME.format(instruction)
    if "tlscall" not in instruction:
        source += ".reloc code, R_X86_64_TLSDESC_CALL, tls_second\n"
    with pytest.raises(LinkError, match=r"odd\.o: \.text\+0x3: not the instruction .*TLSDESC_CALL"):
        program.load(("odd.o", apx(source)), THERE)


@pytest.mark.parametrize("number", [48, 51])
def test_descriptors_in_longer_instructions_are_refused(program: Program, number: int) -> None:
    data = with_relocation_type(apx(FRAME.format("mov there(%rip), %rax")), number)
    with pytest.raises(LinkError, match=rf"odd\.o: \.text\+0x6: unsupported .*{number}"):
        program.load(("odd.o", data), THERE)


# The end of what 32 bits reach.


@pytest.mark.parametrize("beyond", range(-2, 3))
@pytest.mark.parametrize("highest", [True, False])
@pytest.mark.parametrize(
    "instruction",
    ["mov {}(%rip), %rax", "call *{}(%rip)", "jmp *{}(%rip)", ".byte 0x66, 0x48\n call *{}(%rip)"],
)
def test_targets_at_the_end_of_reach(
    program: Program, instruction: str, highest: bool, beyond: int
) -> None:
    data = assemble(FRAME.format(instruction.format("edge@GOTPCREL")))
    before = link(program, data, assemble(".globl edge\n.set edge, 0x123456789abc\n"))
    edge = before.end + ((1 << 31) - 1 if highest else -(1 << 31)) + beyond
    found = link(program, data, assemble(f".globl edge\n.set edge, {edge}\n"))
    assert found.end == before.end  # in the same place again
    assert target_of(found) == edge


def target_of(found: Linked) -> int:
    """What a load, call or jump is about."""
    code = found.code
    if code.startswith((b"\x48\x8d\x05", b"\x67\xe8")):  # lea, addr32 call
        return found.operand
    if code.startswith(b"\xe9"):  # jmp, nop
        assert code.endswith(b"\x90")
        return found.end - 1 + word(code[1:5])
    if code.startswith(b"\x66\x48\xe8"):  # data16 rex.W call, nop
        assert code.endswith(b"\x90")
        return found.end - 1 + word(code[3:7])
    unchanged = (b"\x48\x8b\x05", b"\xff\x15", b"\xff\x25", b"\x66\x48\xff\x15")
    assert code.startswith(unchanged), code
    return word(found.at_operand)
