"""Memory that the program shares, for what has no room in a frame: long texts, lists, arrays."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from repl.errors import ShellError
from runtime.addresses import ExecutorAddress
from runtime.memory.shared import SharedMemory

if TYPE_CHECKING:
    import numpy as np

    from repl.session.live_session import LiveSession

_SMALLEST = 1 << 20  # bytes
_numbers = itertools.count(1)


class SharedRoom:
    """A ``Room``: pieces are given out one after another, and are free when the outermost
    call has returned. It grows by ever larger parts, and the largest is kept."""

    def __init__(self, live: LiveSession) -> None:
        self._live = live
        self._memory: SharedMemory | None = None
        self._address = ExecutorAddress(0)
        self._used = 0
        self._depth = 0
        self._birth = 0
        self._symbol = ""
        self._old: list[str] = []  # symbols of parts that nothing uses any more

    def begin(self) -> None:
        """What is put in from now on is there until the outermost ``end``."""
        self._depth += 1

    def end(self) -> None:
        """See ``begin``."""
        self._depth -= 1
        if not self._depth:
            self._used = 0
            while self._old:
                self._live.extensions.wrappers.unshare(self._old.pop())

    def put(self, data: bytes | memoryview, align: int = 16) -> ExecutorAddress:
        """See ``Room``."""
        address, view = self.lend(len(data), align)
        view[:] = data
        return address

    def lend(self, size: int, align: int = 16) -> tuple[ExecutorAddress, memoryview]:
        """Memory of a size in bytes: where the program has it, and the same memory here."""
        memory = self._memory
        if memory is None or not self._live.extensions.wrappers.is_there(self._birth):
            memory = self._grow(size)
        begin = self._used + -self._used % align
        if begin + size > memory.size:
            memory, begin = self._grow(size), 0
        self._used = begin + size
        return ExecutorAddress(self._address + begin), memoryview(memory.view)[begin : begin + size]

    def address_of(self, array: np.ndarray[Any, Any]) -> ExecutorAddress | None:
        """Where the program has an array that it shares; None if it does not."""
        return self._live.extensions.arrays.address_of(array) if array.flags.c_contiguous else None

    def _grow(self, size: int) -> SharedMemory:
        """Another part. What has been given out of the old one stays where it is until the call
        returns."""
        before = self._memory.size if self._memory is not None else 0
        try:
            memory = SharedMemory(max(_SMALLEST, 2 * before, size + 4096))
        except (OSError, OverflowError, ValueError) as error:
            raise ShellError(f"no memory for {size} bytes of arguments: {error}") from error
        if self._symbol:
            self._old.append(self._symbol)
        symbol = f"__forkrepl_room_{next(_numbers)}"
        self._address = self._live.extensions.wrappers.share(symbol, memory)
        self._memory, self._used, self._symbol = memory, 0, symbol
        self._birth = self._live.extensions.wrappers.born()
        return memory
