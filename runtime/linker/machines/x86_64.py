"""The x86-64 instructions that the linker writes, and those that it rewrites.

All functions work on columns: ``memory`` is what is being linked (uint8), ``at`` are
positions in it (int64).

AMD's and Intel's processors must do the same with each result. They differ about a near
branch behind the operand-size prefix 66: Intel's ignore the prefix (SDM volume 2, CALL:
the operand size is forced to 64 bits), AMD's branch within 64 KiB (APM volume 1, table
3-9: "possible overrides: 16"). Compilers put 66 48 before the call of
``__tls_get_addr``. There, 48 (REX.W) takes precedence over 66 (APM volume 1, 3.2.2), but
only directly before the opcode: anywhere else a REX prefix is ignored. So nothing may
be put between a REX prefix and the opcode. As padding before an opcode 67 is fine: it
is about operands in memory, which direct branches do not have.
"""

from __future__ import annotations

import struct

import numpy as np

from runtime.linker.machines.kinds import Base
from runtime.linker.machines.machine import Machine, Uses, WrongInstruction, write_numbers
from runtime.linker.machines.x86_64_kinds import TABLE
from runtime.objects.elf import Array
from runtime.protocol.machine import EM_X86_64

PLT_ENTRY_SIZE = 8
_PLT_JUMP_SIZE = 6

# Opcodes, and the ModRM bytes of those that have their operand at a distance from %rip.
_MOV_LOAD = 0x8B
_MOV_IMMEDIATE = 0xC7
_LEA = 0x8D
_CALL, _JMP = 0xE8, 0xE9
_INDIRECT = 0xFF
_CALL_RIP, _JMP_RIP = 0x15, 0x25
_CALL_RAX = 0x10
_NOP = 0x90
_INT3 = 0xCC

# Prefixes.
_OPERAND_SIZE = 0x66
_ADDRESS_SIZE = 0x67
_REX, _REX_W, _REX_R, _REX_B = 0x40, 0x48, 0x04, 0x01
_REX2 = 0xD5  # a byte follows with W, R and B where REX has them, and R4, B4
_REX2_W, _REX2_R, _REX2_B = 0x08, 0x44, 0x11

_INT32_MIN, _INT32_MAX = -(1 << 31), (1 << 31) - 1
_TLSDESC_CALL = 35
_TLSDESC_LOADS = (34, 45)  # R_X86_64_GOTPC32_TLSDESC, R_X86_64_CODE_4_GOTPC32_TLSDESC
_NEAR = struct.Struct("<Bi")  # jmp rel32
_FAR = struct.Struct("<HiQ")  # jmp *0(%rip), and the address
_FAR_CODE = 0x25FF


class X86_64(Machine):
    """See ``Machine``."""

    number = EM_X86_64
    kinds = TABLE
    plt_entry_size = PLT_ENTRY_SIZE
    reach = (1 << 31) - (1 << 20)  # addends point a little further
    has_low_memory = True

    def write_plt_entries(self, entries: Array, address: int, slots: Array) -> None:
        """See ``Machine``."""
        write_plt_entries(entries, address, slots)

    def relax_got_uses(self, uses: Uses, memory: Array) -> None:
        """See ``Machine`` (psABI B.2)."""
        candidates = np.flatnonzero(TABLE.RELAXABLE.take(uses.kind))
        if not len(candidates):
            return
        # Another addend, or no room for an instruction, is nothing that compilers make.
        usual = (uses.A[candidates] == -4) & (uses.offset[candidates] >= 2)
        candidates = candidates[usual]
        distance = uses.S[candidates] + uses.A[candidates] - uses.P[candidates]
        candidates = candidates[_fits(distance) & _fits(distance + 1)]
        has_rex2 = TABLE.REX2.take(uses.kind[candidates])
        direct, moved = relax_got_uses(memory, uses.position[candidates], has_rex2)
        uses.position[candidates[moved]] -= 1
        uses.P[candidates[moved]] -= 1
        uses.base[candidates[direct]] = Base.S

    def relax_descriptors(self, uses: Uses, memory: Array) -> None:
        """See ``Machine``."""
        calls = np.flatnonzero(uses.kind == _TLSDESC_CALL)
        loads = np.flatnonzero(np.isin(uses.kind, _TLSDESC_LOADS))
        has_rex2 = TABLE.REX2.take(uses.kind[loads])
        _require(calls, uses.room[calls] >= 2)
        _require(loads, (uses.offset[loads] >= 3 + has_rex2) & (uses.room[loads] >= 4))
        calls_at, loads_at = uses.position[calls], uses.position[loads]
        _require(calls, are_descriptor_calls(memory, calls_at))
        _require(loads, are_descriptor_loads(memory, loads_at, has_rex2))
        relax_descriptor_calls(memory, calls_at)
        relax_descriptor_loads(memory, loads_at, has_rex2)
        uses.pc_relative[loads] = False
        uses.A = uses.A.copy()
        uses.A[loads] += 4

    def write_fields(self, kind: Array, position: Array, values: Array, memory: Array) -> None:
        """See ``Machine``. A field may begin at any byte."""
        write_numbers(TABLE.WIDTH.take(kind), position, values, memory)

    def jump(self, start: int, target: int, room: int) -> bytes | None:
        """See ``Machine``."""
        distance = target - (start + _NEAR.size)
        if room >= _NEAR.size and _INT32_MIN <= distance <= _INT32_MAX:
            return _NEAR.pack(_JMP, distance)
        return _FAR.pack(_FAR_CODE, 0, target) if room >= _FAR.size else None


def _fits(value: Array) -> Array:
    return (value >= _INT32_MIN) & (value <= _INT32_MAX)


def _require(chosen: Array, good: Array) -> None:
    """Raise WrongInstruction if one of these relocations does not belong to its instruction."""
    if not good.all():
        raise WrongInstruction(int(chosen[np.flatnonzero(~good)[0]]))


def write_plt_entries(entries: Array, address: int, slots: Array) -> None:
    """Write jumps to where the slots point.

    ``entries``: the bytes of the entries (uint8), the first of which is at ``address``
    for the code. ``slots``: addresses (int64), within 2 GiB.
    """
    jumps = entries.reshape(-1, PLT_ENTRY_SIZE)
    ends = address + PLT_ENTRY_SIZE * np.arange(len(jumps)) + _PLT_JUMP_SIZE
    jumps[:, 0] = _INDIRECT  # jmp *slot(%rip)
    jumps[:, 1] = _JMP_RIP
    jumps[:, 2:_PLT_JUMP_SIZE] = (slots - ends).astype("<i4").view(np.uint8).reshape(-1, 4)
    jumps[:, _PLT_JUMP_SIZE:] = _INT3


def relax_got_uses(memory: Array, at: Array, has_rex2: Array) -> tuple[Array, Array]:
    """Load, call or jump to what is in reach, instead of through the GOT (psABI B.2).

    ``at``: of the 32-bit distances to GOT entries, which end the instructions.
    ``has_rex2``: whether a REX2 prefix belongs to the instruction. Returns which
    instructions were rewritten, and which of these have their distance, now the
    target's, a byte earlier than before (bool, both).
    """
    opcode, modrm = memory[at - 2], memory[at - 1]
    loads = opcode == _MOV_LOAD  # mov foo@GOTPCREL(%rip), %reg -> lea foo(%rip), %reg
    memory[at[loads] - 2] = _LEA
    # Direct branches cannot have a REX2 prefix.
    branches = (opcode == _INDIRECT) & ~has_rex2
    calls = branches & (modrm == _CALL_RIP)
    jumps = branches & (modrm == _JMP_RIP)
    # Debuggers know a call by its end, so what fills up the sixth byte stands before the
    # opcode, unless that would part it from a REX prefix. The byte taken for one may be
    # the end of another instruction: then both ways are right.
    after_rex = calls & (memory[at - 3] & 0xF0 == _REX)
    padded = at[calls & ~after_rex]  # call *foo@GOTPCREL(%rip) -> addr32 call foo
    memory[padded - 2] = _ADDRESS_SIZE
    memory[padded - 1] = _CALL
    shorter = jumps | after_rex
    memory[at[after_rex] - 2] = _CALL  # rex call *foo@GOTPCREL(%rip) -> rex call foo; nop
    memory[at[jumps] - 2] = _JMP  # jmp *foo@GOTPCREL(%rip) -> jmp foo; nop
    memory[at[shorter] + 3] = _NOP
    return loads | calls | jumps, shorter


def are_descriptor_calls(memory: Array, at: Array) -> Array:
    """Whether ``call *(%rax)`` is at these positions, without a prefix (bool)."""
    return np.asarray((memory[at] == _INDIRECT) & (memory[at + 1] == _CALL_RAX))


def are_descriptor_loads(memory: Array, at: Array, has_rex2: Array) -> Array:
    """Whether ``lea x(%rip), %reg`` ends in the distances at these positions (bool).

    With 64 bits, and a REX2 prefix where ``has_rex2`` says so.
    """
    rip_relative = (memory[at - 2] == _LEA) & (memory[at - 1] & 0xC7 == 0x05)
    prefix = memory[at - 3]
    rex = prefix & ~np.uint8(_REX_R) == _REX_W
    rex2 = (memory[at - 4] == _REX2) & (prefix & ~np.uint8(_REX2_R) == _REX2_W)
    return np.asarray(rip_relative & np.where(has_rex2, rex2, rex))


def relax_descriptor_calls(memory: Array, at: Array) -> None:
    """Leave out calls to thread-local descriptors."""
    memory[at] = _OPERAND_SIZE  # call *x@tlscall(%rax) -> xchg %ax, %ax
    memory[at + 1] = _NOP


def relax_descriptor_loads(memory: Array, at: Array, has_rex2: Array) -> None:
    """Load the number at these positions instead of a descriptor's address.

    From "Thread-Local Storage Descriptors for IA32 and AMD64/EM64T", 2.4.
    """
    prefix = memory[at - 3]  # lea x@tlsdesc(%rip), %reg -> mov $x@tpoff, %reg
    # What extends the register's number moves from the R to the B bits.
    memory[at - 3] = np.where(
        has_rex2,
        _REX2_W | (prefix & _REX2_R) >> 2,
        _REX_W | (prefix & _REX_R) >> 2,
    )
    memory[at - 2] = _MOV_IMMEDIATE
    memory[at - 1] = 0xC0 | (memory[at - 1] >> 3 & 7)
