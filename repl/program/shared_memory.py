"""Memory that this process and the program share, in whatever process the program runs."""

from __future__ import annotations

from collections.abc import Set
from contextlib import suppress
from typing import TYPE_CHECKING

from runtime.errors import RuntimeFailure
from runtime.executor_client.client import ExecutorClient
from runtime.memory.shared import SharedMemory

if TYPE_CHECKING:
    from runtime.units.execution_session import ExecutionSession


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

    def forget(self) -> None:
        """No further process has them."""
        while self._memories:
            self._memories.popitem()[1].close()
