"""Tiny programs, at least one for each relocation type.

Each computes a 64-bit number in ``value`` that depends on the relocation, but not on
where anything is, so that every linker must come to the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from runtime.objects import elf
from runtime.objects.object_reader import read_object
from tests.support.runtime import compile_source, relocation_table

NO_PIE, PIE, STATIC, SHARED = MODES = "-no-pie", "-pie", "-static", "-shared"


@dataclass(frozen=True, slots=True)
class Case:
    """``kind``: without its ``R_X86_64_``; ``native``: how the system linker can link it;
    ``gas_only``: Clang's assembler does not know the type."""

    name: str
    kind: str
    code: str
    native: tuple[str, ...] = (NO_PIE, PIE, STATIC)
    gas_only: bool = False

    def object(self, compiler: str = "gcc") -> bytes:
        """Defines NAME_go, which returns ``value``'s number and stores it in NAME_result."""
        frame = FRAME.format(name=self.name)
        source = f"{frame}\n.text\n{self.code}\n"
        return compile_source(source, language="assembler", compiler=compiler)


def with_relocation_type(data: bytes, number: int) -> bytes:
    """An object whose only relocation has become another, which no assembler may know."""
    found = read_object("x.o", data)
    (index,) = np.flatnonzero(found.sections["type"] == elf.SHT_RELA).tolist()
    table = relocation_table(found, index)
    assert len(table) == 1
    table["type"] = number
    start = int(found.sections["offset"][index])
    return data[:start] + table.tobytes() + data[start + table.nbytes :]


FRAME = """
.globl {name}_go, {name}_result
.protected {name}_result
.text
{name}_go:
 push %rbx; push %rbp; push %r12; push %r13; push %r15
 call value
 mov %rax, {name}_result(%rip)
 pop %r15; pop %r13; pop %r12; pop %rbp; pop %rbx
 ret
.data
{name}_result: .quad -1
.section .note.GNU-stack,"",@progbits
"""

SUPPORT = """
.data
.long 7
.type there, @object
.size there, 12
.globl there
there: .long 1234, 5678, 9012
.globl nearby, faraway
.set nearby, 0x64
.set faraway, 0x123456789abc
.text
.byte 0xcc
.globl function
.type function, @function
function: mov $99, %eax
 ret
.section .tdata,"awT",@progbits
.globl tls_first, tls_second
.type tls_first, @object
.type tls_second, @object
tls_first: .long 11
tls_second: .long 22
.section .note.GNU-stack,"",@progbits
"""
"""What the cases refer to; in another object, so that the assembler leaves it alone."""


def _pointer(expression: str, name: str = "there") -> str:
    """A 64-bit field in data, and its distance from a symbol."""
    return (
        f"value: mov field(%rip), %rax\n lea {name}(%rip), %rcx\n sub %rcx, %rax\n ret\n"
        f'.section .data.rel.ro,"aw"\nfield: .quad {expression}'
    )


def _field(directive: str, load: str) -> str:
    """A field in data, loaded as a number."""
    return f"value: {load} field(%rip), %rax\n ret\n.data\nfield: {directive}\n.quad 0"


def _place(directive: str, load: str, flags: str = '"aw"') -> str:
    """What a field holds relative to its place, against a symbol in its neighbourhood."""
    return (
        f"value: lea field(%rip), %rcx\n {load} field(%rip), %rax\n add %rcx, %rax\n"
        " lea target(%rip), %rcx\n sub %rcx, %rax\n ret\n"
        f".section .data.near,{flags}\nfield: {directive}\n"
        f".section .data.nearer,{flags}\ntarget: .quad 0"
    )


def _through_got(offset: str) -> str:
    """``offset``: instructions that put an offset from the GOT into rax."""
    return f"value: lea _GLOBAL_OFFSET_TABLE_(%rip), %rcx\n {offset}\n mov (%rcx,%rax), %rax\n"


_READ = " mov 4(%rax), %eax\n ret"
_CALL = " sub $8, %rsp\n call {}\n add $8, %rsp\n ret"
_GENERAL_DYNAMIC = """ push %rbx
 .byte 0x66
 lea {}@tlsgd(%rip), %rdi
 .value 0x6666
 rex64
 call __tls_get_addr@PLT
 pop %rbx
"""
_LOCAL_DYNAMIC = """value: push %rbx
 lea tls_first@tlsld(%rip), %rdi
 call __tls_get_addr@PLT
 pop %rbx
"""
_READ_THREAD_LOCAL = " mov %fs:(%rax), %eax\n ret"

CASES = (
    Case("none", "NONE", "value: mov $5, %eax\n ret\n.reloc value+1, R_X86_64_NONE, there"),
    Case("quad", "64", _pointer("there + 5")),
    Case("quad_function", "64", _pointer("function - 3", "function")),
    Case("quad_undefined_weak", "64", _field(".weak nowhere\n.quad nowhere + 9", "mov")),
    Case("pc32", "PC32", "value: mov there+8(%rip), %eax\n ret"),
    Case("pc32_negative", "PC32", "value: mov there-4(%rip), %eax\n ret"),
    Case(
        "pc32_and_immediate",  # the addend counts from the end of the instruction
        "PC32",
        "value: movl $0x12345678, word(%rip)\n mov word(%rip), %eax\n ret\n.bss\nword: .zero 4",
    ),
    Case(
        "got32",
        "GOT32",
        _through_got("movslq field(%rip), %rax") + _READ + "\n.data\nfield: .long there@GOT",
        (NO_PIE, PIE),
    ),
    Case("plt32", "PLT32", "value:" + _CALL.format("function@PLT")),
    Case("plt32_to_library", "PLT32", "value: mov $-7, %edi\n" + _CALL.format("abs@PLT")),
    Case("plt32_jump", "PLT32", "value: jmp function"),
    Case(
        "plt32_data",
        "PLT32",
        "value: lea field(%rip), %rcx\n movslq (%rcx), %rax\n add %rcx, %rax\n"
        " call *%rax\n ret\n.data\nfield: .long function@PLT",
    ),
    Case(
        "gotpcrel",
        "GOTPCREL",
        "value: push there@GOTPCREL(%rip)\n pop %rax\n" + _READ,
    ),
    Case(
        "gotpcrel_data",
        "GOTPCREL",
        "value: lea field(%rip), %rcx\n movslq (%rcx), %rax\n mov (%rax,%rcx), %rax\n"
        + _READ
        + "\n.data\nfield: .long there@GOTPCREL",
    ),
    Case(
        "absolute32",
        "32",
        "value: mov $there+5, %eax\n lea there(%rip), %rcx\n sub %rcx, %rax\n ret",
        (NO_PIE, STATIC),
    ),
    Case("absolute32_number", "32", "value: mov $nearby, %eax\n ret", (NO_PIE, STATIC)),
    Case(
        "absolute32s", "32S", "value: mov $2, %ecx\n mov there(,%rcx,4), %eax\n ret",
        (NO_PIE, STATIC),
    ),
    Case("absolute32s_negative", "32S", "value: mov $nearby-0x70, %rax\n ret", (NO_PIE, STATIC)),
    Case("absolute16", "16", _field(".short nearby + 0xf000", "movzwq"), (NO_PIE, STATIC)),
    Case("absolute16_negative", "16", _field(".short nearby - 0x1000", "movswq"),
         (NO_PIE, STATIC)),
    Case("absolute8", "8", _field(".byte nearby + 0x90", "movzbq"), (NO_PIE, STATIC)),
    Case("absolute8_negative", "8", _field(".byte nearby - 0xe0", "movsbq"), (NO_PIE, STATIC)),
    Case("pc16", "PC16", _place(".short target + 3 - .\n.quad 0", "movswq")),
    Case("pc8", "PC8", _place(".byte target + 2 - .", "movsbq")),
    Case("pc64", "PC64", _place(".quad target + 1 - .", "mov")),
    Case(
        "dtpoff64_data",
        "DTPOFF64",
        "value: mov field+8(%rip), %rax\n sub field(%rip), %rax\n ret\n"
        ".data\nfield: .quad tls_first@DTPOFF, tls_second@DTPOFF + 1",
    ),
    Case(
        "dtpoff64",
        "DTPOFF64",
        _LOCAL_DYNAMIC + " mov field(%rip), %rcx\n mov (%rax,%rcx), %eax\n ret\n"
        ".data\nfield: .quad tls_local@DTPOFF\n"
        '.section .tdata,"awT",@progbits\n.long 3\ntls_local: .long 33',
        (SHARED,),  # in a program ld rewrites the code, which then needs another offset
    ),
    Case(
        "tpoff64", "TPOFF64", "value: movabs $tls_second@TPOFF, %rax\n" + _READ_THREAD_LOCAL
    ),
    Case("tlsgd", "TLSGD", "value:" + _GENERAL_DYNAMIC.format("tls_second")
         + " mov (%rax), %eax\n ret", MODES),
    Case("tlsgd_of_library", "TLSGD", "value:" + _GENERAL_DYNAMIC.format("errno")
         + " movl $5, (%rax)\n call __errno_location@PLT\n mov (%rax), %eax\n ret"),
    Case("tlsld", "TLSLD", _LOCAL_DYNAMIC + " mov tls_second@DTPOFF(%rax), %eax\n ret"),
    Case("dtpoff32", "DTPOFF32",
         _LOCAL_DYNAMIC + " lea tls_second@DTPOFF(%rax), %rcx\n"
         " lea tls_first@DTPOFF(%rax), %rax\n sub %rax, %rcx\n mov %rcx, %rax\n ret"),
    Case("gottpoff", "GOTTPOFF", "value: mov tls_second@GOTTPOFF(%rip), %rax\n"
         + _READ_THREAD_LOCAL),
    Case("gottpoff_high", "GOTTPOFF", "value: mov tls_second@GOTTPOFF(%rip), %r11\n"
         " mov %fs:(%r11), %eax\n ret"),
    Case("gottpoff_add", "GOTTPOFF", "value: mov %fs:0, %rax\n"
         " add tls_second@GOTTPOFF(%rip), %rax\n mov (%rax), %eax\n ret"),
    Case("gottpoff_of_library", "GOTTPOFF", "value: mov errno@GOTTPOFF(%rip), %rax\n"
         " movl $6, %fs:(%rax)\n call __errno_location@PLT\n mov (%rax), %eax\n ret"),
    Case("tpoff32", "TPOFF32", "value: mov %fs:tls_second@TPOFF, %eax\n ret"),
    Case("tpoff32_lea", "TPOFF32", "value: mov %fs:0, %rax\n"
         " lea tls_first@TPOFF+4(%rax), %rax\n mov (%rax), %eax\n ret"),
    Case("gotoff64", "GOTOFF64", "value: lea _GLOBAL_OFFSET_TABLE_(%rip), %rcx\n"
         " movabs $there@GOTOFF+4, %rax\n mov (%rcx,%rax), %eax\n ret"),
    Case("gotpc32", "GOTPC32", "value: lea _GLOBAL_OFFSET_TABLE_(%rip), %rax\n"
         "1: lea 1b(%rip), %rcx\n movabs $_GLOBAL_OFFSET_TABLE_-1b, %rdx\n"
         " sub %rcx, %rax\n sub %rdx, %rax\n ret"),
    Case("gotpc64", "GOTPC64", "value: movabs $_GLOBAL_OFFSET_TABLE_-1f, %rax\n"
         "1: lea 1b(%rip), %rcx\n add %rcx, %rax\n"
         " movabs $there@GOTOFF, %rcx\n mov (%rcx,%rax), %eax\n ret"),
    Case("got64", "GOT64", _through_got("movabs $there@GOT, %rax") + _READ),
    Case("gotpcrel64", "GOTPCREL64", "value: lea field(%rip), %rcx\n mov (%rcx), %rax\n"
         " mov (%rcx,%rax), %rax\n" + _READ + "\n.data\nfield: .zero 8\n"
         ".reloc field, R_X86_64_GOTPCREL64, there"),
    Case("gotplt64", "GOTPLT64", _through_got("mov field(%rip), %rax")
         + _CALL.format("*%rax") + "\n.data\nfield: .zero 8\n"
         ".reloc field, R_X86_64_GOTPLT64, function"),
    Case("pltoff64", "PLTOFF64", "value: lea _GLOBAL_OFFSET_TABLE_(%rip), %rbx\n"
         " movabs $function@PLTOFF, %rax\n add %rbx, %rax\n" + _CALL.format("*%rax")),
    Case("pltoff64_of_library", "PLTOFF64", "value: lea _GLOBAL_OFFSET_TABLE_(%rip), %rbx\n"
         " movabs $abs@PLTOFF, %rax\n add %rbx, %rax\n mov $-8, %edi\n" + _CALL.format("*%rax")),
    Case("size32", "SIZE32", _field(".long there@SIZE + 3", "movslq")),
    Case("size64", "SIZE64", _field(".quad there@SIZE - 3", "mov")),
    Case("pc32_bnd", "PC32_BND", "value: mov 0(%rip), %eax\n ret\n"
         ".reloc value+2, R_X86_64_PC32_BND, there+4", gas_only=True),
    Case("plt32_bnd", "PLT32_BND", "value: .byte 0xe9\n.long 0\n"
         ".reloc value+1, R_X86_64_PLT32_BND, function-4", gas_only=True),
)  # fmt: skip
