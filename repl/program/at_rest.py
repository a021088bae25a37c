"""What may be asked of the program while nothing of it runs: by commands, mostly."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

from repl.program.libraries import ProgramLibraries
from repl.program.printing import ProgramMemory
from runtime.addresses import ExecutorAddress

if TYPE_CHECKING:  # needs numpy
    from runtime.linker.symbols import Definition
    from runtime.memory.manager import Statistics
    from runtime.memory.snapshot import MemorySnapshot


class ProgramAtRest(ProgramMemory):
    """A ``ProgramView``, and what is known of symbols and memory; nothing of it changes the
    program. For the context of ``LiveSession.using_program``, which deals with its end: all
    methods raise ExecutorDied."""

    @property
    def can_share_memory(self) -> bool:
        """Whether memory, as of an array, can be shared with it."""
        return self._program.executor.passes_descriptors

    @property
    def shares_memory(self) -> bool:
        """Whether what is loaded is in memory that the linker and the program share."""
        return self._program.shares_memory

    @property
    def libraries(self) -> ProgramLibraries:
        """What it has of shared libraries and archives."""
        return self._program.libraries

    @property
    def shared_symbols(self) -> Set[str]:
        """Of the memory that it shares with us on purpose."""
        return self._program.shared.variables.symbols

    def object_names(self) -> list[str]:
        """Of all objects that are linked: a member's is ``libx.a(y.o)``."""
        return self._program.execution().object_names()

    def lookup(self, name: str) -> ExecutorAddress | None:
        """The address of a function or variable of the process or its libraries, if there
        is one of this name."""
        (address,) = self._program.executor.lookup([name])
        return address or None

    def find_definition(self, symbol: str) -> Definition | None:
        """What is known of a symbol that an input defines."""
        execution = self._program.loaded
        return execution.find_definition(symbol) if execution is not None else None

    def memory_snapshot(self) -> MemorySnapshot:
        """Which input has which part of the slabs."""
        return self._program.execution().memory_snapshot()

    def statistics(self) -> Statistics:
        """What the inputs occupy."""
        return self._program.execution().statistics()
