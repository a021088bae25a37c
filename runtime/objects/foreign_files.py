"""What a file is that this linker cannot link, and what its user can do about it."""

from __future__ import annotations

import re

from runtime.errors import ObjectFormatError
from runtime.objects.input_files import Contents
from runtime.protocol.machine import EM_AARCH64, EM_X86_64, LINKED, OWN_MACHINE

ELF_MAGIC = b"\x7fELF"
BITCODE_MAGIC = (b"BC\xc0\xde", b"\xde\xc0\x17\x0b")
"""Of LLVM's bitcode; the second: with a wrapper."""

_MAGIC = {
    **dict.fromkeys(BITCODE_MAGIC, "LLVM bitcode (compile without -flto)"),
    b"\xcf\xfa\xed\xfe": "a Mach-O file, for macOS",
    b"\xce\xfa\xed\xfe": "a Mach-O file, for macOS",
    b"\xca\xfe\xba\xbe": "a Mach-O file for several machines, or a Java class",
    b"\0asm": "a WebAssembly module",
    b"MZ": "a program or library for Windows",
    b"\x64\x86": "a COFF object, for Windows",
    b"\0\0\xff\xff": "a COFF object, for Windows",
    b"!<arch>\n": "an archive",
    b"!<thin>\n": "a thin archive",
    b"\x1f\x8b": "compressed by gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"\xfd7zXZ\0": "compressed by xz",
    b"#!": "a script",
}
_TEXT = re.compile(rb"[\t\n\f\r\x20-\x7e\x80-\xff]+\Z")

_MACHINES = {
    3: "i386",
    8: "MIPS",
    20: "PowerPC",
    21: "64-bit PowerPC",
    22: "S/390",
    40: "Arm",
    EM_X86_64: "x86-64",
    EM_AARCH64: "AArch64",
    243: "RISC-V",
    247: "BPF",
    258: "LoongArch",
}


def describe_foreign(data: bytes) -> str:
    """What a file that is no ELF file is, for ``not an ELF object file: ...``."""
    if not data:
        return "the file is empty"
    for magic, description in _MAGIC.items():
        if data.startswith(magic):
            return f"it is {description}"
    if _TEXT.match(data[:4096]):
        return "it is text (of source code, a name such as x.c or x.cpp tells)"
    return "its format is not known"


def machine_name(e_machine: int) -> str:
    """``AArch64, e_machine 183``; only the number if it is not a common one."""
    name = _MACHINES.get(e_machine)
    number = f"e_machine {e_machine}"
    return number if name is None else f"{name}, {number}"


def check_machine(name: str, data: Contents, wanted: int = OWN_MACHINE) -> None:
    """Raise ObjectFormatError if an ELF file (its first 64 bytes do) is not for the machine
    with this ``e_machine``."""
    big_endian = data[5] == 2
    number = int.from_bytes(data[18:20], "big" if big_endian else "little")
    machine, ours = machine_name(number), _MACHINES[wanted]
    if data[4] != 2 or data[5] != 1:
        how = f"{32 if data[4] == 1 else 64}-bit {'big' if big_endian else 'little'}-endian"
        raise ObjectFormatError(
            f"{name}: not a 64-bit little-endian ELF file for {ours} but a {how} one ({machine})"
        )
    if number != wanted:
        raise ObjectFormatError(f"{name}: made for another machine ({machine}), not for {ours}")


def machine_in(start: bytes) -> int | None:
    """The ``e_machine`` that an ELF file (its first 64 bytes do) is for, if code for it can be
    linked."""
    if not start.startswith(ELF_MAGIC) or len(start) < 20 or start[4:6] != b"\2\1":
        return None
    number = int.from_bytes(start[18:20], "little")
    return number if number in LINKED else None
