"""What the linker makes of each instruction, byte by byte, and that AMD's processors take it
for the same.

An instruction may work on the processor at hand and not on another one's: the prefix 66
before a near branch means something to AMD's only. Unicorn decodes as these do, whatever
runs the test; it has the instruction as it was and as it has become compute the same.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from unicorn import UC_ARCH_X86, UC_MODE_64, Uc, UcError, x86_const

from runtime.addresses import ExecutorAddress
from runtime.errors import LinkError
from runtime.linker.machines import x86_64
from runtime.objects.object_reader import read_object
from tests.support.runtime import (
    COMPILERS,
    Program,
    assemble,
    compile_source,
    relocation_table,
    running_program,
)
from tests.tables.relocations import SUPPORT


class Rewriting(NamedTuple):
    """Instructions in hexadecimal, before and after.

    ``G``: 32 bits with the distance of a GOT entry (before); ``D``: with that of the target.
    """

    kind: str  # the relocation's, without its R_X86_64_
    before: str
    after: str


CALLS = (
    Rewriting("GOTPCRELX", "ff15 G", "67e8 D"),
    Rewriting("GOTPCRELX", "6648 ff15 G", "6648 e8 D 90"),  # before __tls_get_addr
    Rewriting("GOTPCRELX", "666648 ff15 G", "666648 e8 D 90"),
    Rewriting("REX_GOTPCRELX", "48 ff15 G", "48 e8 D 90"),
    Rewriting("REX_GOTPCRELX", "40 ff15 G", "40 e8 D 90"),
    Rewriting("REX_GOTPCRELX", "6648 ff15 G", "6648 e8 D 90"),
    Rewriting("GOTPCRELX", "3e ff15 G", "3e 67e8 D"),  # notrack
    Rewriting("GOTPCRELX", "f2 ff15 G", "f2 67e8 D"),  # bnd
    Rewriting("REX_GOTPCRELX", "f248 ff15 G", "f248 e8 D 90"),
    # What looks like a REX prefix belongs to the instruction before: mov $0x48...66, %edi.
    Rewriting("GOTPCRELX", "bf11226648 ff15 G", "bf11226648 e8 D 90"),
)
JUMPS = (
    Rewriting("GOTPCRELX", "ff25 G", "e9 D 90"),
    Rewriting("REX_GOTPCRELX", "48 ff25 G", "48 e9 D 90"),
    Rewriting("GOTPCRELX", "6648 ff25 G", "6648 e9 D 90"),
    Rewriting("GOTPCRELX", "3e ff25 G", "3e e9 D 90"),
    Rewriting("GOTPCRELX", "f2 ff25 G", "f2 e9 D 90"),
)
LOADS = (
    Rewriting("GOTPCRELX", "66 8b0d G", "66 8d0d D"),  # mov foo@GOTPCREL(%rip), %cx
    Rewriting("REX_GOTPCRELX", "48 8b05 G", "48 8d05 D"),
    Rewriting("REX_GOTPCRELX", "6648 8b0d G", "6648 8d0d D"),
    Rewriting("REX_GOTPCRELX", "4c 8b3d G", "4c 8d3d D"),
)
NARROW_LOADS = (  # of the address's lower half
    Rewriting("GOTPCRELX", "8b0d G", "8d0d D"),
    Rewriting("REX_GOTPCRELX", "44 8b3d G", "44 8d3d D"),
)
UNCHANGED = (
    Rewriting("CODE_4_GOTPCRELX", "d500 ff15 G", "d500 ff15 G"),  # no REX2 with direct branches
    Rewriting("CODE_4_GOTPCRELX", "d500 ff25 G", "d500 ff25 G"),
    Rewriting("GOTPCRELX", "ff35 G", "ff35 G"),  # push
    Rewriting("REX_GOTPCRELX", "48 0305 G", "48 0305 G"),  # add
    Rewriting("GOTPCREL", "6648 ff15 G", "6648 ff15 G"),
)
EMULATED = (*CALLS, *JUMPS, *LOADS, *NARROW_LOADS)


def name_of(rewriting: Rewriting) -> str:
    return f"{rewriting.before}-{rewriting.kind}".replace(" ", "")


# By the whole linker.


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with running_program() as running:
        yield running


def object_of(code: str, relocations: str) -> bytes:
    """Instructions between ``code`` and ``end``; in ``relocations`` are ``.reloc`` directives."""
    data = ", ".join(f"0x{byte}" for byte in re.findall("..", code.replace(" ", "")))
    source = f".globl code, end\n.text\ncode: .byte {data}\nend: nop\n{relocations}\n"
    return compile_source(source, language="assembler", compiler="clang-22")


def linked_code(program: Program, *inputs: bytes) -> tuple[bytes, dict[str, int]]:
    """What is between ``code`` and ``end`` after linking, and the addresses of all names."""
    unit = program.load(*inputs)
    names: dict[str, int] = {
        name: definition.address for name, definition in unit.linked.definitions.items()
    }
    size = names["end"] - names["code"]
    code = program.process.read_memory(ExecutorAddress(names["code"]), size)
    program.session.unload(unit)
    return code, names


@pytest.mark.parametrize("rewriting", [*EMULATED, *UNCHANGED], ids=name_of)
def test_what_becomes_of_an_instruction(program: Program, rewriting: Rewriting) -> None:
    before = rewriting.before.replace("G", "00000000")
    offset = len(rewriting.before.replace(" ", "").partition("G")[0]) // 2
    relocation = f".reloc code+{offset}, R_X86_64_{rewriting.kind}, function-4"
    code, names = linked_code(program, object_of(before, relocation), assemble(SUPPORT))
    start, field, end = re.split("([DG])", rewriting.after.replace(" ", ""))
    at = len(start) // 2
    assert (code[:at].hex(), code[at + 4 :].hex()) == (start, end)
    target = names["code"] + at + 4 + int.from_bytes(code[at : at + 4], "little", signed=True)
    assert (target == names["function"]) == (field == "D")


DESCRIPTORS = (
    ("488d05 00000000 ff10", "48c7c0 D 6690"),
    ("66488d05 00000000 ff10", "6648c7c0 D 6690"),
    ("4c8d3d 00000000 ff10", "49c7c7 D 6690"),
)


def descriptor_object(code: str) -> bytes:
    at_call = len(code.replace(" ", "")) // 2 - 2
    return object_of(
        code,
        f".reloc code+{at_call - 4}, R_X86_64_GOTPC32_TLSDESC, tls_second-4\n"
        f".reloc code+{at_call}, R_X86_64_TLSDESC_CALL, tls_second\n"
        ".globl offset\n.data\noffset: .quad 0\n.reloc offset, R_X86_64_TPOFF64, tls_second\n",
    )


@pytest.mark.parametrize(("before", "after"), DESCRIPTORS)
def test_what_becomes_of_a_descriptor(program: Program, before: str, after: str) -> None:
    unit = program.load(descriptor_object(before), assemble(SUPPORT))
    offset = program.integer("offset", 8).to_bytes(4, "little", signed=True)
    expected = bytes.fromhex(after.replace("D", offset.hex()))
    assert program.process.read_memory(program.address("code"), len(expected)) == expected
    program.session.unload(unit)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("90 8d05 00000000 ff10", "GOTPC32_TLSDESC"),  # lea x@tlsdesc(%rip), %eax
        ("40 8d05 00000000 ff10", "GOTPC32_TLSDESC"),  # the same, as it is for x32
        ("48 8d80 00000000 ff10", "GOTPC32_TLSDESC"),  # lea x@tlsdesc(%rax), %rax
        ("48 8b05 00000000 ff10", "GOTPC32_TLSDESC"),  # mov
        ("48 8d05 00000000 67ff", "TLSDESC_CALL"),  # call *x@tlscall(%eax)
        ("48 8d05 00000000 66ff", "TLSDESC_CALL"),  # AMD's processors would call at 16 bits
        ("48 8d05 00000000 ff15", "TLSDESC_CALL"),
    ],
)
def test_what_is_not_of_a_descriptor_is_refused(program: Program, code: str, kind: str) -> None:
    with pytest.raises(LinkError, match=rf"not the instruction that belongs to R_X86_64_{kind}$"):
        program.load(("odd.o", descriptor_object(code)), assemble(SUPPORT))


def test_a_descriptor_without_room_for_its_instruction_is_refused(program: Program) -> None:
    source = '.section .text.odd,"ax"\n .long 0, 0\n.reloc .text.odd+{}, R_X86_64_{}, tls_second\n'
    for offset, kind in (
        (2, "GOTPC32_TLSDESC"),
        (3, "CODE_4_GOTPC32_TLSDESC"),
        (7, "TLSDESC_CALL"),
    ):
        data = compile_source(
            source.format(offset, kind), language="assembler", compiler="clang-22"
        )
        with pytest.raises(LinkError, match=f"not the instruction .*R_X86_64_{kind}$"):
            program.load(data, assemble(SUPPORT))


# That nothing is forgotten: what the compilers write.

EMITTED = """
_Thread_local int thread_local; extern _Thread_local int elsewhere; static _Thread_local int own;
extern int variable; int f(void); void (*p)(void);
int *address_of_thread_local(void) { return &thread_local; }
int *address_elsewhere(void) { return &elsewhere; }
int *address_of_own(void) { return &own; }
int load(void) { return variable; }
int call(void) { return f() + 1; }
int tail_call(void) { return f(); }
int choose(int n) { switch (n) { case 0: return f(); case 1: return f() * 3; case 2: return 7;
  case 3: return f() - 9; case 4: return variable; case 5: p(); return 1; default: return n; } }
"""
FLAGS = ("-O2", "-O0", "-O2 -fcf-protection", "-O2 -mtls-dialect=gnu2", "-O2 -mcmodel=medium")
KINDS = {35: "TLSDESC_CALL", 41: "GOTPCRELX", 42: "REX_GOTPCRELX"}


def instructions(data: bytes, path: Path) -> Iterator[tuple[int, bytes]]:
    """Each of ``.text`` with its offset."""
    path.write_bytes(data)
    command = ["objdump", "-dw", "--insn-width=16", "-j", ".text", str(path)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in re.finditer(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+)", text, re.MULTILINE):
        yield int(line[1], 16), bytes.fromhex(line[2])


def rewritten(data: bytes, path: Path) -> set[tuple[str, str]]:
    """The kinds of relocation and the instructions without their distances."""
    found = read_object("x.o", data)
    table = relocation_table(found, found.section_names.index(".rela.text"))
    all_instructions = list(instructions(data, path))
    result = set()
    for offset, number in zip(table["offset"].tolist(), table["type"].tolist(), strict=True):
        if number in KINDS:
            (code,) = (c for start, c in all_instructions if start <= offset < start + len(c))
            result.add((KINDS[number], code.removesuffix(bytes(4)).hex()))
    return result


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_all_that_compilers_write_is_tested(compiler: str, flags: str, tmp_path: Path) -> None:
    flags = f"-fPIC -fno-plt {flags}"
    data = compile_source(EMITTED, *flags.split(), compiler=compiler)
    known = {(r.kind, r.before.replace(" ", "").partition("G")[0]) for r in (*CALLS, *JUMPS)}
    known |= {("TLSDESC_CALL", "ff10")}
    found = rewritten(data, tmp_path / "x.o")
    loads = {entry for entry in found if re.fullmatch("(4.)?8b..", entry[1])}
    assert loads
    assert {entry for entry in found - loads if entry not in known} == set()
    assert ("GOTPCRELX", "ff15") in found
    if "gnu2" in flags:
        assert ("TLSDESC_CALL", "ff10") in found
    elif compiler == "gcc":
        assert ("GOTPCRELX", "6648ff15") in found


# By a processor that decodes as AMD's do.

CODE = 0x7F1234561000  # where 16 bits of an address are not enough
TARGET = CODE + 0x345
GOT = CODE + 0x800
STACK = 0x7FFC00002000
NAMES = ("RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", *(f"R{n}" for n in range(8, 16)))
REGISTERS = [getattr(x86_const, f"UC_X86_REG_{name}") for name in NAMES]


def emulate(code: bytes, start: int = CODE, data: bytes = b"") -> list[int]:
    """Registers after the execution of ``code`` and of the function that it gets to.

    ``data``: what is at ``GOT``. Raises UcError if it gets anywhere else.
    """
    machine = Uc(UC_ARCH_X86, UC_MODE_64)
    machine.mem_map(CODE & ~0xFFF, 0x1000)
    machine.mem_map(STACK - 0x1000, 0x1000)
    end = start + len(code)
    machine.mem_write(start, code)
    machine.mem_write(TARGET, b"\xb8\x63\0\0\0\xc3")  # mov $99, %eax; ret
    machine.mem_write(GOT, TARGET.to_bytes(8, "little") + data)
    for number, register in enumerate(REGISTERS):
        machine.reg_write(register, 0x1111111111111111 * number)
    # A jump returns from the function to here.
    machine.mem_write(STACK - 64, end.to_bytes(8, "little"))
    machine.reg_write(x86_const.UC_X86_REG_RSP, STACK - 64)
    machine.emu_start(start, end, count=10)
    assert machine.reg_read(x86_const.UC_X86_REG_RIP) == end
    return [machine.reg_read(register) for register in REGISTERS]


def fill(code: str, **fields: int) -> bytes:
    """Instructions with 32-bit distances of addresses in place of the letters."""
    result = b""
    for part in re.split("([A-Z])", code.replace(" ", "")):
        if part in fields:
            distance = fields[part] - (CODE + len(result) + 4)
            result += distance.to_bytes(4, "little", signed=True)
        else:
            result += bytes.fromhex(part)
    return result


def test_the_emulator_decodes_as_amds_processors_do() -> None:
    for code in ("66e8 D", "664867e8 D", "66e9 D", "66ff15 G"):
        with pytest.raises(UcError):
            emulate(fill(code, D=TARGET, G=GOT))
    for code in ("e8 D", "6648e8 D", "666648e8 D", "ff15 G", "6648ff15 G"):
        assert emulate(fill(code, D=TARGET, G=GOT))[0] == 99


@pytest.mark.parametrize("rewriting", EMULATED, ids=name_of)
def test_a_rewritten_instruction_does_the_same(rewriting: Rewriting) -> None:
    before = fill(rewriting.before, G=GOT)
    after = fill(rewriting.after, D=TARGET)
    assert len(before) == len(after)
    assert emulate(after) == emulate(before)
    if rewriting in CALLS or rewriting in JUMPS:
        assert emulate(after)[0] == 99


@pytest.mark.parametrize("prefixes", ["66", "2e", "3e", "f2", "66 3e", "f2 66"])
@pytest.mark.parametrize("rewriting", [r for r in EMULATED if "48 " in r.before], ids=name_of)
def test_more_prefixes_before_rex_change_nothing(prefixes: str, rewriting: Rewriting) -> None:
    before = fill(prefixes + rewriting.before, G=GOT)
    after = fill(prefixes + rewriting.after, D=TARGET)
    assert emulate(after) == emulate(before)


RESOLVER = bytes.fromhex("488b4008c3")  # mov 8(%rax), %rax; ret


@pytest.mark.parametrize("prefix", ["", "66"])
@pytest.mark.parametrize("offset", [-8, -0x12345678, 0x7FFFFFF0])
def test_a_rewritten_descriptor_does_the_same(offset: int, prefix: str) -> None:
    resolver = GOT + 32
    descriptor = resolver.to_bytes(8, "little") + offset.to_bytes(8, "little", signed=True)
    before = fill(f"{prefix} 488d05 G ff10", G=GOT + 8)
    number = offset.to_bytes(4, "little", signed=True).hex()
    after = bytes.fromhex(f"{prefix} 48c7c0 {number} 6690")
    data = descriptor + bytes(8) + RESOLVER
    assert emulate(after, data=data) == emulate(before, data=data)
    assert emulate(after)[0] == offset % (1 << 64)


def test_entries_of_the_plt() -> None:
    entries = np.zeros(3 * x86_64.PLT_ENTRY_SIZE, np.uint8)
    slots = np.array([GOT + 0x80, GOT, GOT - 0x100])
    x86_64.write_plt_entries(entries, CODE, slots)
    size = x86_64.PLT_ENTRY_SIZE
    for number, slot in enumerate(slots.tolist()):
        entry = entries[number * size : (number + 1) * size].tobytes()
        distance = slot - (CODE + number * size + 6)
        assert entry == b"\xff\x25" + distance.to_bytes(4, "little", signed=True) + b"\xcc\xcc"
    second = entries[size : 2 * size].tobytes()
    assert emulate(second, CODE + size)[0] == 99
