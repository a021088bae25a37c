"""Types for addresses, so that a number from one space is not used in another."""

from __future__ import annotations

import enum
from typing import NewType

ExecutorAddress = NewType("ExecutorAddress", int)
"""An address in the process that runs the code (ORC's ``ExecutorAddr``)."""

NULL = ExecutorAddress(0)


class Protection(enum.IntFlag):
    """``PROT_READ`` and its kin of mmap(2)."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXEC = 4


RX = Protection.READ | Protection.EXEC
RO = Protection.READ
RW = Protection.READ | Protection.WRITE


def align_up(value: int, alignment: int) -> int:
    """The next multiple of ``alignment``, a power of two."""
    return (value + alignment - 1) & -alignment
