"""Types for addresses, so that a number from one space is not used in another."""

from __future__ import annotations

import enum
from typing import NewType

from msgspec import Struct

ExecutorAddress = NewType("ExecutorAddress", int)
"""An address in the process that runs the code (ORC's ``ExecutorAddr``)."""

PAGE_SIZE = 4096
"""Bytes, of x86-64, and of the others as far as they are set up like it."""

USER_SPACE_END = ExecutorAddress(1 << 48)
"""Where the addresses end that a program can have: on AArch64; on x86-64 at half of it."""

NULL = ExecutorAddress(0)


class Protection(enum.IntFlag):
    """``PROT_READ`` and its kin of mmap(2)."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXEC = 4


class AddressRange(Struct, frozen=True):
    """Memory of the executor's: ``size`` bytes from ``address``, and what they are for."""

    address: ExecutorAddress
    size: int
    protection: Protection

    def holds(self, address: int) -> bool:
        """Whether an address is in it."""
        return self.address <= address < self.address + self.size


RX = Protection.READ | Protection.EXEC
RO = Protection.READ
RW = Protection.READ | Protection.WRITE


MODULE_OF_UNIT = 1 << 62
"""Marks the module number, for ``__tls_get_addr``, of a unit of ours; the C library's
are small (``thread_locals.c`` of the platform library has it too)."""

STATIC_MODULE = MODULE_OF_UNIT | (MODULE_OF_UNIT - 1)
"""Stands for the threads' static blocks: offsets are from the thread pointer."""


class ThreadLocalImage(Struct, frozen=True):
    """Initial contents of a unit's thread-local variables; ``size`` is 0 if it has none.

    Sizes in bytes. ``offset``: with ``STATIC_MODULE``, of the unit's variables from
    the thread pointer.
    """

    module: int
    offset: int
    address: ExecutorAddress
    size: int
    align: int


def align_up(value: int, alignment: int) -> int:
    """The next multiple of ``alignment``, a power of two."""
    return (value + alignment - 1) & -alignment
