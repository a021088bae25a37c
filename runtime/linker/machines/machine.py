"""What the passes ask of a machine: the interface that each instruction set has a class for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from msgspec import Struct

from runtime.linker.machines.kinds import KindTable
from runtime.objects.elf import Array


class Uses(Struct):
    """Relocations by columns (int64 where nothing else is said), in the psABI's letters.

    ``room``: bytes from the place to the end of its section; ``offset``: bytes before it in
    that section; ``position``: of the place in the memory that is linked. A machine that
    rewrites an instruction changes ``position``, P, A, ``base`` and ``pc_relative`` to what
    its new form needs; A is copied first, because it may be the object's own bytes.
    """

    kind: Array
    offset: Array
    room: Array
    position: Array
    P: Array
    S: Array
    A: Array
    base: Array  # uint8, of Base
    pc_relative: Array  # bool


class WrongInstruction(Exception):
    """A relocation is not at an instruction that it may belong to; ``relocation``: which."""

    def __init__(self, relocation: int) -> None:
        super().__init__(relocation)
        self.relocation = relocation


class Machine(ABC):
    """An instruction set. All work is done on columns: ``memory`` is what is being linked (uint8).

    ``number``: ``e_machine`` of its ELF files; ``plt_entry_size``: in bytes; ``reach``: how
    far, in bytes, code may be from a variable or function that it takes the address of without
    the GOT; ``has_low_memory``: whether Linux gives memory in the first 2 GiB who asks for it.
    """

    number: ClassVar[int]
    kinds: ClassVar[KindTable]
    plt_entry_size: ClassVar[int]
    reach: ClassVar[int]
    has_low_memory: ClassVar[bool]

    @abstractmethod
    def write_plt_entries(self, entries: Array, address: int, slots: Array) -> None:
        """Write jumps to where the slots point.

        ``entries``: the bytes of the entries (uint8), the first of which is at ``address``
        for the code. ``slots``: addresses (int64) in the same slab.
        """

    @abstractmethod
    def relax_got_uses(self, uses: Uses, memory: Array) -> None:
        """Use what is in reach directly, instead of through the GOT."""

    @abstractmethod
    def relax_descriptors(self, uses: Uses, memory: Array) -> None:
        """Load a thread-local variable's distance instead of asking its descriptor.

        Raises WrongInstruction where the instructions are not those of the psABI.
        """

    @abstractmethod
    def write_fields(self, kind: Array, position: Array, values: Array, memory: Array) -> None:
        """Write the values (int64) of relocations where they belong."""

    @abstractmethod
    def jump(self, start: int, target: int, room: int) -> bytes | None:
        """The instruction, of at most 16 bytes, that goes from one address to another, for a
        function that is replaced; None if there is no room."""


def write_numbers(width: Array, position: Array, values: Array, memory: Array) -> None:
    """Write the low ``width`` bytes of values, little-endian."""
    for size in (1, 2, 4, 8):
        chosen = np.flatnonzero(width == size)
        if len(chosen):
            fields = fields_of(memory, size)
            fields[position[chosen]] = values[chosen].astype(f"<u{size}")


def fields_of(memory: Array, size: int) -> Array:
    """The numbers of ``size`` bytes that begin at each byte."""
    return np.ndarray(len(memory) - size + 1, f"<u{size}", memory, strides=(1,))
