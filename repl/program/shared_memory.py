"""Memory that this process and the program share, in whatever process the program runs."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runtime.addresses import PAGE_SIZE, ExecutorAddress
from runtime.errors import ExecutorError, RuntimeFailure
from runtime.executor_client.client import ExecutorClient
from runtime.kernel_calls.memory_files import can_share
from runtime.memory.shared import SharedMemory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from runtime.memory.shared_arena import Piece, SharedArena
    from runtime.units.execution_session import ExecutionSession


_FIRST_ADDRESS = 0x5800_0000_0000
"""Of arenas in the program. Nothing else comes there by itself: programs, their heap and the
runtimes of sanitizers are below, libraries above; and for ThreadSanitizer it is memory of the
program's (``kMidAppMem`` in its runtime)."""

_SMALLEST_ARENA = 64 << 20  # bytes; the next one is larger, up to the other
_LARGEST_ARENA = 1 << 30


class SharedArenas:
    """Memory without a name: in each process of the program, at the same address."""

    def __init__(self) -> None:
        self._arenas: list[SharedArena] = []
        self._next_address = _FIRST_ADDRESS

    def allocate(self, size: int) -> Piece | None:
        """Zero bytes; None if they need another arena."""
        pieces = (arena.allocate(size) for arena in self._arenas)
        return next(filter(None, pieces), None)

    def add_arena(self, executor: ExecutorClient, size: int) -> None:
        """Have room for that. Raises OSError or OverflowError where there is no memory,
        ExecutorError where descriptors cannot be passed or the program has no room, and
        ExecutorDied."""
        least = max(-(-size // PAGE_SIZE), 1) * PAGE_SIZE
        usual = min(_SMALLEST_ARENA << len(self._arenas), _LARGEST_ARENA)
        if usual > least and can_share():  # else it is a file that takes up its room
            with suppress(OSError, ExecutorError):  # such as `ulimit -v`
                return self._map_arena(executor, usual)
        self._map_arena(executor, least)

    def _map_arena(self, executor: ExecutorClient, size: int) -> None:
        from runtime.memory.shared_arena import SharedArena  # only who has arrays needs it

        arena = SharedArena(size, ExecutorAddress(self._next_address))
        try:
            executor.share_memory(size, arena.memory.descriptor, arena.address)
        except BaseException:
            arena.memory.close()
            raise
        self._arenas.append(arena)
        self._next_address += -(-size // _LARGEST_ARENA) * _LARGEST_ARENA + _LARGEST_ARENA

    def attend(self, executor: ExecutorClient) -> None:
        """The program runs in this process now; perhaps it has them already."""
        for arena in self._arenas:
            executor.share_memory(arena.size, arena.memory.descriptor, arena.address)

    def address_of(self, start: int, end: int) -> ExecutorAddress | None:
        """See ``SharedArena.address_of``."""
        found = (arena.address_of(start, end) for arena in self._arenas)
        return next((address for address in found if address is not None), None)

    def bytes_at(self, address: ExecutorAddress, size: int) -> NDArray[Any] | None:
        """An array of what the program has there, which keeps it alive; None if they are not in an
        array that somebody has here."""
        import numpy as np

        for arena in self._arenas:
            if found := arena.piece_at(address, size):
                piece, offset = found
                return np.asarray(piece)[offset : offset + size]
        return None

    def close(self) -> None:
        """No further process has them."""
        for arena in self._arenas:
            arena.memory.close()


class SharedVariables:
    """Memory at symbols of the program's."""

    def __init__(self) -> None:
        self._memories: dict[str, SharedMemory] = {}  # by symbol

    @property
    def symbols(self) -> Set[str]:
        """All that there are."""
        return self._memories.keys()

    def share(
        self,
        executor: ExecutorClient,
        execution: ExecutionSession,
        symbol: str,
        memory: SharedMemory,
    ) -> None:
        """Map memory at this symbol; it is the program's from now on, in each process until
        ``forget``. It never goes back."""
        address = executor.share_memory(memory.size, memory.descriptor)
        execution.define_variable(symbol, address, memory.size)
        self._memories[symbol] = memory

    def share_again(self, executor: ExecutorClient, execution: ExecutionSession) -> None:
        """There is a fresh process."""
        for symbol, memory in list(self._memories.items()):
            self.share(executor, execution, symbol, memory)

    def unshare(
        self, executor: ExecutorClient, execution: ExecutionSession | None, symbol: str
    ) -> None:
        """Undo ``share``."""
        memory = self._memories.pop(symbol, None)
        if memory is None or execution is None:
            return
        definition = execution.find_definition(symbol)
        assert definition is not None
        execution.forget_variable(definition.unit)
        with suppress(RuntimeFailure):  # it has ended, or is as it was before the mapping
            executor.unmap_memory(definition.address, memory.size)

    def address_of(
        self, execution: ExecutionSession | None, start: int, end: int
    ) -> ExecutorAddress | None:
        """Where the program has what is from one address of this process to another; None if that
        is no shared memory, or the program of now has it not."""
        for symbol, memory in self._memories.items():
            if memory.start <= start <= end <= memory.start + memory.size:
                definition = execution.find_definition(symbol) if execution is not None else None
                if definition is None:
                    return None
                return ExecutorAddress(definition.address + start - memory.start)
        return None

    def bytes_at(
        self, execution: ExecutionSession | None, address: ExecutorAddress, size: int
    ) -> NDArray[Any] | None:
        """See ``SharedArenas.bytes_at``."""
        import numpy as np

        for symbol, memory in self._memories.items():
            definition = execution.find_definition(symbol) if execution is not None else None
            offset = address - definition.address if definition is not None else -1
            if 0 <= offset <= memory.size - size:
                return np.ndarray((size,), np.uint8, memory.view, offset)
        return None

    def forget(self) -> None:
        """No further process has them."""
        while self._memories:
            self._memories.popitem()[1].close()


class SharedMemories:
    """All that a program and this process share. ``execution``: what is loaded in the program."""

    def __init__(self) -> None:
        self.variables = SharedVariables()
        self.arenas = SharedArenas()

    def address_of(
        self, execution: ExecutionSession | None, start: int, end: int
    ) -> ExecutorAddress | None:
        """Where the program has what is from one address of this process to another; None if that
        is no memory that both have."""
        found = self.arenas.address_of(start, end)
        return self.variables.address_of(execution, start, end) if found is None else found

    def bytes_at(
        self, execution: ExecutionSession | None, address: ExecutorAddress, size: int
    ) -> NDArray[Any] | None:
        """See ``SharedArenas.bytes_at``: also of variables."""
        found = self.arenas.bytes_at(address, size)
        return self.variables.bytes_at(execution, address, size) if found is None else found

    def close(self) -> None:
        """The program has ended."""
        self.variables.forget()
        self.arenas.close()
