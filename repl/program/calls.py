"""The memory of calls, and where the program has it."""

from __future__ import annotations

from repl.errors import ShellError
from runtime.addresses import ExecutorAddress
from runtime.executor_client.calls import MEMORY_SIZE, CallMemory, OnCallBack
from runtime.executor_client.client import ExecutorClient
from runtime.kernel_calls.limits import reason
from runtime.memory.shared import SharedMemory
from runtime.protocol.wire import Outcome


class ProgramCalls:
    """``mapped``: where the process that runs now has the memory; None: it has not."""

    def __init__(self) -> None:
        self.mapped: ExecutorAddress | None = None
        self._memory: CallMemory | None = None
        self._shared: SharedMemory | None = None

    def memory(self, executor: ExecutorClient) -> CallMemory:
        """The same for all processes. The first use makes it. Raises ShellError."""
        if self._memory is None and not executor.passes_descriptors:
            self._memory = CallMemory(None, None)
        if self._memory is None:
            try:
                self._shared = shared = SharedMemory(MEMORY_SIZE)
            except OSError as error:
                raise ShellError(f"no memory for calls of functions: {reason(error)}") from error
            self._memory = CallMemory(shared.view, shared.descriptor)
        return self._memory

    def call(
        self,
        executor: ExecutorClient,
        function: ExecutorAddress,
        offset: int,
        on_call_back: OnCallBack | None,
    ) -> Outcome:
        """See ``ExecutorClient.call``."""
        memory = self.memory(executor)
        if self.mapped is None:
            self.mapped = executor.map_calls(memory)
        return executor.call(memory, self.mapped, function, offset, on_call_back)

    def close(self) -> None:
        """It will not be mapped again; the block stays as long as somebody uses it."""
        if self._shared is not None:
            self._shared.close()
        self._memory = self._shared = None
