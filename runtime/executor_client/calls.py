"""Calls of single functions: the memory that they need, and how the next one is asked for fast.

``runtime/protocol/wire.h`` says what the words at the beginning of the memory are
(``struct wire_calls``), and why it does not matter whether the executor sees a request there or
in a frame.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Callable
from itertools import repeat
from time import monotonic

from runtime.addresses import PAGE_SIZE, ExecutorAddress
from runtime.protocol.wire import CallBack, CallEvent

BLOCK_SIZE = 64 << 10
"""Bytes for arguments and results."""

_HEADER = PAGE_SIZE  # before the block: what runs over that does not get there
MEMORY_SIZE = _HEADER + BLOCK_SIZE

# Which u64 of ``struct wire_calls``.
_NUMBER, _FUNCTION, _ARGUMENT = range(3)
_ANSWERED, _EVENT, _CALLBACK, _OFFSET, _WATCHED = range(8, 13)

_WHILE = 1e-4  # s, to look for an answer
_LOOKS = 50  # between looks at the clock
_TOO_LONG = 5e-4  # s
_SHORTEST_REST, _LONGEST_REST = 16, 1024  # calls
# On a single one the executor would wait for who waits for it.
_HAS_PROCESSORS = len(os.sched_getaffinity(0)) > 1
_fence = threading.Lock()

OnCallBack = Callable[[int, int], bool]
"""What is to be done when a call calls back: given its number, and where in the block its
arguments are; whether it went well."""


class CallMemory:
    """``block``: what functions are given a part of. ``number``: of the newest request.

    ``rest``: for so many calls nobody is to look for anything in the words, because others want
    the processors: who waits for a frame gets one sooner than who gives it up again and again.

    ``shared``: ``MEMORY_SIZE`` bytes that the program maps, too, by its ``descriptor``; without
    it the block has to be copied to the program and back.
    """

    def __init__(self, shared: mmap.mmap | None, descriptor: int | None) -> None:
        self.descriptor = descriptor
        memory = memoryview(bytearray(MEMORY_SIZE) if shared is None else shared)
        self._words = memory[:_HEADER].cast("Q")
        self.block = memory[_HEADER:]
        self.number = 0
        self.rest = 0
        self._next_rest = _SHORTEST_REST

    def exchange(self, function: int, argument: int) -> bool:
        """Write request ``number``, and look for its event for a while: whether it is there."""
        words, number = self._words, self.number
        words[_FUNCTION] = function
        words[_ARGUMENT] = argument
        words[_NUMBER] = number  # last: x86 shows stores in their order
        # But not before the loads that follow, without a locked instruction, which a lock has.
        _fence.acquire()
        _fence.release()
        if not words[_WATCHED] or not _HAS_PROCESSORS:
            return False
        for _ in repeat(None, _LOOKS):
            if words[_ANSWERED] == number:
                self._next_rest = max(self._next_rest >> 1, _SHORTEST_REST)
                return True
        return self._look_longer(number)

    def _look_longer(self, number: int) -> bool:
        words, started, taken = self._words, monotonic(), 0.0
        is_there = False
        while not is_there and taken < _WHILE:
            os.sched_yield()  # the executor may be waiting for this processor
            is_there = any(words[_ANSWERED] == number for _ in repeat(None, _LOOKS))
            taken = monotonic() - started
        if taken > _TOO_LONG:  # somebody else has got the processor
            self.rest = self._next_rest
            self._next_rest = min(self._next_rest << 1, _LONGEST_REST)
        return is_there

    def event(self) -> CallBack | bool:
        """That of the newest request: it calls back, it has returned (True), or there is more to
        be told (False)."""
        words = self._words
        kind = words[_EVENT]
        if kind == CallEvent.CALLS_BACK:
            return CallBack(words[_CALLBACK], words[_OFFSET])
        return kind == CallEvent.RETURNED


def block_address(memory: ExecutorAddress) -> ExecutorAddress:
    """Where the block is in memory that the program has mapped there."""
    return ExecutorAddress(memory + _HEADER)
