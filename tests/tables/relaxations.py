"""The instructions that a linker may rewrite: loads, calls and arithmetic through the GOT
(psABI B.2), and thread-local descriptors.

As in ``relocation_cases``, each computes a number that does not depend on any place.
"""

from __future__ import annotations

from tests.tables.relocations import NO_PIE, PIE, STATIC, Case

_ARITHMETIC = ("add", "adc", "and", "cmp", "or", "sbb", "sub", "test", "xor")
_FLAGS = " pushf\n pop %rax\n and $0x8d5, %eax\n"  # overflow, sign, zero, adjust, parity, carry


def _kind(rex: bool) -> str:
    return "REX_GOTPCRELX" if rex else "GOTPCRELX"


def _of_address(operation: str, rex: bool) -> Case:
    """With memory and with a register as its operand: the difference of results and flags."""
    first, second, result = ("%rcx", "%rsi", "%rdx") if rex else ("%ecx", "%esi", "%edx")
    memory = "there@GOTPCREL(%rip)"
    operands = f"{first}, {memory}" if operation == "test" else f"{memory}, {first}"
    code = (
        "value: lea there(%rip), %rsi\n lea -9(%rsi), %rcx\n mov %rcx, %rdx\n stc\n"
        f" {operation} {operands}\n{_FLAGS} mov %rax, %r8\n stc\n"
        f" {operation} {second}, {result}\n{_FLAGS}"
        " sub %r8, %rax\n sub %rdx, %rcx\n shl $16, %rax\n add %rcx, %rax\n ret"
    )
    return Case(f"{operation}{64 if rex else 32}_address", _kind(rex), code)


def _of_number(operation: str, symbol: str, rex: bool) -> Case:
    register = "%r9" if rex else "%ecx"
    memory = f"{symbol}@GOTPCREL(%rip)"
    operands = f"{register}, {memory}" if operation == "test" else f"{memory}, {register}"
    start = "movabs $0x7654321089abcdef, %rcx\n mov %rcx, %r9\n stc\n"
    back = "%r9" if rex else "%rcx"
    code = f"value: {start} {operation} {operands}\n{_FLAGS} shl $48, %rax\n xor {back}, %rax\n ret"
    return Case(f"{operation}{64 if rex else 32}_{symbol}", _kind(rex), code)


def _load(register: str, symbol: str, distance: str) -> Case:
    """``distance``: what is to be subtracted from the address to get a number."""
    wide = {"%eax": "%rax", "%r8d": "%r8"}.get(register, register)
    narrow = " shl $32, %rax\n shr $32, %rax\n" if register != wide else ""
    code = (
        f"value: mov {symbol}@GOTPCREL(%rip), {register}\n mov {wide}, %rax\n"
        f" {distance}\n sub %rcx, %rax\n{narrow} ret"
    )
    kind = _kind(register != "%eax")
    return Case(f"load_{symbol}_into_{register[1:]}", kind, code)


def _call(name: str, code: str) -> Case:
    return Case(name, "GOTPCRELX", "value: mov $-3, %edi\n" + code)


_ZERO = "xor %ecx, %ecx"
_ALIGNED_CALL = " sub $8, %rsp\n call *{}@GOTPCREL(%rip)\n add $8, %rsp\n ret"

LOADS = (
    *(_load(r, "there", "lea there-6(%rip), %rcx")
      for r in ("%eax", "%r8d", "%rax", "%rbx", "%r8", "%r11")),
    *(_load(r, "nearby", _ZERO) for r in ("%eax", "%rax", "%r9")),
    *(_load(r, "faraway", _ZERO) for r in ("%eax", "%r8d", "%rax", "%r10")),
    _load("%rax", "nowhere", ".weak nowhere\n xor %ecx, %ecx"),
    _load("%eax", "nowhere", ".weak nowhere\n xor %ecx, %ecx"),
    Case(
        "upper_half",  # not the addend that all instructions have: not to be rewritten
        "GOTPCRELX",
        "value: .byte 0x8b, 0x05\n1: .long 0\n .reloc 1b, R_X86_64_GOTPCRELX, there\n"
        " lea there(%rip), %rcx\n shr $32, %rcx\n sub %rcx, %rax\n ret",
    ),
    Case(
        "at_the_start_of_its_section",  # no instruction before it
        "GOTPCRELX",
        "value: lea field(%rip), %rcx\n movslq (%rcx), %rax\n mov 4(%rcx,%rax), %rax\n"
        " mov (%rax), %eax\n ret\n"
        '.section .data.field,"aw"\nfield: .long 0\n.reloc field, R_X86_64_GOTPCRELX, there-4',
    ),
)  # fmt: skip

CALLS = (
    _call("call_function", _ALIGNED_CALL.format("function")),
    _call("call_library", _ALIGNED_CALL.format("abs")),
    _call("jump_function", " jmp *function@GOTPCREL(%rip)"),
    _call("jump_library", " jmp *abs@GOTPCREL(%rip)"),
    _call(
        "call_no_prefix",  # the shortest distance back to the instruction
        " push %rbx\n call 1f\n pop %rbx\n ret\n"
        '.section .text.first,"ax"\n1: jmp *function@GOTPCREL(%rip)',
    ),
)

ARITHMETIC = (
    *(_of_address(operation, rex) for operation in _ARITHMETIC for rex in (False, True)),
    *(_of_number(operation, symbol, rex)
      for operation in _ARITHMETIC for symbol in ("nearby", "faraway") for rex in (False, True)),
)  # fmt: skip


def _descriptor(register: str, then: str, name: str) -> tuple[Case, Case]:
    code = (
        f"value: lea tls_second@tlsdesc(%rip), {register}\n"
        f" mov {register}, %rax\n call *tls_second@tlscall(%rax)\n{then}\n ret"
    )
    return tuple(  # type: ignore[return-value]
        Case(f"{name}_{kind.lower()}", kind, code, (NO_PIE, PIE))
        for kind in ("GOTPC32_TLSDESC", "TLSDESC_CALL")
    )


_REGISTERS = ("%rax", "%rcx", "%rbp", "%rdi", "%r8", "%r12", "%r13", "%r15")

DESCRIPTORS = (
    *(
        case
        for register in _REGISTERS
        for case in _descriptor(register, " mov %fs:(%rax), %eax", f"descriptor_{register[1:]}")
    ),
)

RELAXATIONS = (*LOADS, *CALLS, *ARITHMETIC, *DESCRIPTORS)
__all__ = ["ARITHMETIC", "CALLS", "DESCRIPTORS", "LOADS", "RELAXATIONS", "STATIC"]
