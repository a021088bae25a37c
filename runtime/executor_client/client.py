"""The controller's half of the executor's protocol: what can be asked of it.

How it is asked is ``Connection``'s.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Self

from runtime.addresses import ExecutorAddress, Protection
from runtime.errors import ExecutorDied, ExecutorError, RuntimeFailure
from runtime.executor_client.calls import (
    BLOCK_SIZE,
    MEMORY_SIZE,
    CallMemory,
    OnCallBack,
    block_address,
)
from runtime.executor_client.connection import Connection
from runtime.executor_client.interface import Patch, SymbolDescription, ThreadArea, UnitRegistration
from runtime.executor_client.life import ExecutorLife
from runtime.executor_client.states import Printing, Running
from runtime.protocol import claims, wire
from runtime.protocol.wire import (
    CallBack,
    LookAtElement,
    LookAtValue,
    Operation,
    Outcome,
    Printed,
    Sharing,
)

_LONGEST_NAME = 64 << 10  # bytes
_RETURNED = Outcome(status=0)


class ExecutorClient:
    """An ``ExecutorProcessControl``. A context manager: leaving it ends the process.

    Every method raises ExecutorDied if the process has ended, and ExecutorError
    if it refuses.
    """

    def __init__(self, life: ExecutorLife, *, survives_interrupts: bool = False) -> None:
        """``survives_interrupts``: see ``Connection``."""
        self._life = life
        self._connection = Connection(life, survives_interrupts=survives_interrupts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Of the executor process, as it says (it may be on another machine)."""
        self._connection.greet()
        return self._life.pid

    @property
    def machine(self) -> int:
        """See ``ExecutorProcessControl``."""
        self._connection.greet()
        return self._connection.machine

    @property
    def passes_descriptors(self) -> bool:
        """Whether requests can have a descriptor."""
        return self._life.passes_descriptors

    def greet(self) -> None:
        """Make sure, once, that it is there and of this installation; the first
        request does it too."""
        self._connection.greet()

    def kill(self) -> None:
        """End the process now, whatever it is doing; again does nothing."""
        self._connection.close()

    # Memory.

    def map_memory(self, size: int, descriptor: int | None, low: bool = False) -> ExecutorAddress:
        """See ``ExecutorProcessControl``."""
        sharing = Sharing.ANONYMOUS if descriptor is None else Sharing.PRIVATE
        return self._reserve(size, descriptor, low, sharing)

    def share_memory(
        self, size: int, descriptor: int, wanted: ExecutorAddress | None = None
    ) -> ExecutorAddress:
        """Map a memfd, readable and writable: both sides see at once what the other writes,
        and checkpoints too, so it never goes back. ``unmap_memory`` undoes it. ``wanted``: where it
        must be; a process that has it there keeps it."""
        address = self._reserve(size, descriptor, False, Sharing.SHARED, wanted)
        if wanted not in (None, address):
            raise ExecutorError("the executor has mapped memory elsewhere than it was told to")
        self.protect_memory([(address, size, Protection.READ | Protection.WRITE)])
        return address

    def _reserve(
        self,
        size: int,
        descriptor: int | None,
        low: bool,
        sharing: Sharing,
        wanted: ExecutorAddress | None = None,
    ) -> ExecutorAddress:
        if descriptor is not None and not self.passes_descriptors:
            raise ExecutorError("memory can be shared over a Unix socket only")
        request = wire.RESERVATION.pack(size, low, sharing)
        if wanted is not None:
            request += wire.WORD.pack(wanted)
        reply = self._connection.ask(Operation.RESERVE, request, descriptor)
        (word,) = self._connection.unpack(wire.WORD, reply)
        return claims.claimed_memory(word, size)

    def unmap_memory(self, address: ExecutorAddress, size: int) -> None:
        """Undo ``map_memory``."""
        self._connection.ask(Operation.RELEASE, wire.WORD.pack(address) + wire.WORD.pack(size))

    def protect_memory(
        self, ranges: list[tuple[ExecutorAddress, int, Protection]], *, postponed: bool = False
    ) -> None:
        """See ``ExecutorProcessControl``."""
        if ranges:
            words = b"".join(wire.RANGE.pack(*range_) for range_ in ranges)
            self._ask_or_postpone(Operation.PROTECT, words, postponed)

    def _ask_or_postpone(self, operation: Operation, payload: bytes, postponed: bool) -> None:
        if postponed:
            self._connection.postpone(operation, payload)
        else:
            self._connection.ask(operation, payload)

    def write_memory(self, address: ExecutorAddress, data: bytes) -> None:
        """Copy bytes into memory that has been mapped and made writable."""
        self._connection.ask(Operation.WRITE, wire.WORD.pack(address) + data)

    def patch_code(self, patches: Sequence[Patch]) -> None:
        """See ``ExecutorProcessControl``."""
        if patches:
            packed = (wire.PATCH.pack(p.address, len(p.bytes), p.bytes) for p in patches)
            self._connection.ask(Operation.PATCH, b"".join(packed))

    def read_memory(self, address: ExecutorAddress, size: int) -> bytes:
        """Up to ``size`` bytes; fewer (or none) where memory cannot be read."""
        reply = self._connection.ask(Operation.READ, wire.WORD.pack(address) + wire.WORD.pack(size))
        if len(reply) > size:
            raise ExecutorError("the executor sent more than it was asked for")
        return reply

    # Symbols.

    def name_at(self, address: ExecutorAddress) -> str:
        """See ``ExecutorProcessControl``."""
        name = self._connection.ask(Operation.NAME, wire.WORD.pack(address))
        return name[:_LONGEST_NAME].decode("utf-8", "replace")

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        """Addresses of names in the process and its libraries; 0 where there is none."""
        words = self._look_up(Operation.LOOKUP, names, wire.WORD)
        return [
            claims.claimed_address(word, name) for (word,), name in zip(words, names, strict=True)
        ]

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        """See ``ExecutorProcessControl``."""
        words = self._look_up(Operation.LOOKUP_THREAD_LOCAL, names, wire.THREAD_LOCAL)
        return list(map(claims.claimed_thread_local, words, names))

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        """See ``ExecutorProcessControl``."""
        words = self._look_up(Operation.DESCRIBE, names, wire.DESCRIPTION)
        return [SymbolDescription(*each) for each in map(claims.claimed_symbol, words, names)]

    def thread_area(self) -> ThreadArea:
        """See ``ExecutorProcessControl``."""
        reply = self._connection.ask(Operation.THREAD_AREA, b"")
        return ThreadArea(
            *claims.claimed_thread_area(*self._connection.unpack(wire.THREAD_AREA, reply))
        )

    def _look_up(
        self, operation: Operation, names: list[str], layout: struct.Struct
    ) -> list[tuple[int, ...]]:
        """The numbers of ``layout`` for each name."""
        reply = self._connection.ask(operation, wire.pack_strings(names))
        if len(reply) != layout.size * len(names):
            raise ExecutorError("malformed answer to a symbol lookup")
        return list(layout.iter_unpack(reply))

    def load_library(self, path: str) -> None:
        """dlopen(3) with RTLD_NOW | RTLD_GLOBAL. Raises ExecutorError with its reason."""
        self._connection.ask(Operation.LOAD_LIBRARY, wire.pack_strings([path]))

    def open_exports(self, shared_object: bytes) -> int:
        """See ``ExecutorProcessControl``."""
        reply = self._connection.ask(Operation.OPEN_EXPORTS, shared_object)
        (handle,) = self._connection.unpack(wire.WORD, reply)
        return handle

    def close_exports(self, handle: int) -> None:
        """See ``ExecutorProcessControl``."""
        self._connection.ask(Operation.CLOSE_EXPORTS, wire.WORD.pack(handle))

    # Link units.

    def add_debug_object(self, dso_handle: ExecutorAddress, contents: bytes) -> None:
        """See ``ExecutorProcessControl``."""
        self._connection.ask(Operation.DEBUG_OBJECT, wire.WORD.pack(dso_handle) + contents)

    def append_perf_map(self, lines: bytes) -> None:
        """See ``ExecutorProcessControl``."""
        self._connection.ask(Operation.PERF_MAP, lines)

    def register_unit(self, unit: UnitRegistration, *, postponed: bool = False) -> None:
        """See ``ExecutorProcessControl``."""
        image = unit.thread_locals
        head = wire.UNIT.pack(
            unit.dso_handle,
            unit.text,
            unit.text_size,
            unit.eh_frame,
            image.module,
            image.address,
            image.size,
            image.align,
            image.offset,
            len(unit.moves),
        )
        moves = (wire.MOVE.pack(m.source, m.destination, m.size) for m in unit.moves)
        finalizers = map(wire.WORD.pack, unit.finalizers)
        payload = head + b"".join([*moves, *finalizers])
        self._ask_or_postpone(Operation.REGISTER, payload, postponed)

    def interpose(
        self, dso_handle: ExecutorAddress, functions: Mapping[str, ExecutorAddress]
    ) -> None:
        """See ``ExecutorProcessControl``."""
        words = [dso_handle, len(functions), *functions.values()]
        payload = b"".join(map(wire.WORD.pack, words)) + wire.pack_strings(list(functions))
        self._connection.ask(Operation.INTERPOSE, payload)

    def choose_functions(
        self, functions: Sequence[tuple[ExecutorAddress, ExecutorAddress]]
    ) -> None:
        """For each (slot, resolver): store what the resolver returns in the slot."""
        if functions:
            words = [word for pair in functions for word in pair]
            self._connection.ask(Operation.CHOOSE, b"".join(map(wire.WORD.pack, words)))

    def close_unit(self, dso_handle: ExecutorAddress) -> Outcome:
        """Run a unit's handlers and finalizers and forget it."""
        reply = self._connection.ask(Operation.CLOSE, wire.WORD.pack(dso_handle))
        return wire.unpack_outcome(reply)

    def run(self, functions: Sequence[ExecutorAddress], look: LookAtValue | None = None) -> Outcome:
        """See ``ExecutorProcessControl``."""
        payload = b"".join(map(wire.WORD.pack, functions))
        running = Running(look)
        reply = self._connection.ask(Operation.RUN, payload, asked=running)
        outcome = wire.unpack_outcome(reply)
        running.raise_failure()
        return outcome

    def print_value(
        self,
        function: ExecutorAddress,
        value: ExecutorAddress,
        initializers: Sequence[ExecutorAddress],
        look: LookAtElement,
    ) -> Printed:
        """Have an object printed by the user's code, in a copy of the process, which is
        thrown away: see ``executor_process/printer.c``.

        ``look`` is called with the elements of a range, while ``read_memory`` reads the
        copy's memory. What it raises ends the printing.
        """
        printing = Printing(look)
        words = b"".join(map(wire.WORD.pack, [function, value, *initializers]))
        reply = self._connection.ask(Operation.PRINT, words, asked=printing)
        printed = wire.unpack_printed(reply)
        printing.raise_failure()
        return printed

    def call(
        self,
        memory: CallMemory,
        mapped: ExecutorAddress,
        function: ExecutorAddress,
        offset: int,
        on_call_back: OnCallBack | None = None,
    ) -> Outcome:
        """Call ``void(unsigned char *)`` with what is at ``offset`` in the block of the memory,
        which is ``mapped`` by ``map_calls``.

        ``on_call_back`` is called in the midst of it, and may ask for other things and call again.
        What it raises is raised when the call has ended.
        """
        connection, words = self._connection, 0 if memory.descriptor is None else mapped
        argument = block_address(mapped) + offset
        failure: BaseException | None = None
        try:
            if not words:
                self._send_block(memory, mapped)
            event = connection.call(memory, words, function, argument)
            while isinstance(event, CallBack):
                if not words:
                    self._receive_block(memory, mapped)
                try:
                    if event.offset > BLOCK_SIZE:
                        raise ExecutorError("a call back with its arguments outside of the memory")
                    went_well = on_call_back is not None and on_call_back(
                        event.number, event.offset
                    )
                except BaseException as error:
                    failure, went_well = error, False
                if not words:
                    self._send_block(memory, mapped)
                event = connection.call(memory, words, 0, not went_well)
            if not words:
                self._receive_block(memory, mapped)
        except RuntimeFailure:
            if isinstance(failure, KeyboardInterrupt):  # in a call within
                raise failure from None
            raise
        except BaseException:  # Ctrl-C, or a signal handler of the host's
            connection.disown()
            raise
        if failure is not None:
            raise failure
        return event or _RETURNED

    def map_calls(self, memory: CallMemory) -> ExecutorAddress:
        """Have the memory of calls in the program: where it is there. It goes with the
        process."""
        if memory.descriptor is not None:
            return self.share_memory(MEMORY_SIZE, memory.descriptor)
        address = self.map_memory(MEMORY_SIZE, None)
        self.protect_memory([(address, MEMORY_SIZE, Protection.READ | Protection.WRITE)])
        return address

    def _send_block(self, memory: CallMemory, mapped: ExecutorAddress) -> None:
        self.write_memory(block_address(mapped), bytes(memory.block))

    def _receive_block(self, memory: CallMemory, mapped: ExecutorAddress) -> None:
        block = self.read_memory(block_address(mapped), BLOCK_SIZE)
        memory.block[: len(block)] = block

    def run_main(self, function: ExecutorAddress, arguments: list[str]) -> Outcome:
        """Call ``int main(int, char **, char **)``."""
        payload = wire.WORD.pack(function) + wire.pack_strings(arguments)
        return wire.unpack_outcome(self._connection.ask(Operation.RUN_MAIN, payload))

    def run_program(
        self, initializers: Sequence[ExecutorAddress], main: ExecutorAddress | None
    ) -> int:
        """Run a program to its end, as natively: its exit status.

        The arguments of main, if there is one, are those of ``set_arguments``. Raises
        ExecutorDied for a crash, which an exception that nobody catches is.
        """
        words = map(wire.WORD.pack, [main or 0, *initializers])
        return self._ask_for_the_end(Operation.RUN_PROGRAM, b"".join(words))

    def set_arguments(self, arguments: list[str]) -> None:
        """What the program sees as ``argc`` and ``argv`` before main is called."""
        self._connection.ask(Operation.SET_ARGUMENTS, wire.pack_strings(arguments))

    def redirect(self, stream: int, descriptor: int | None) -> None:
        """Have standard output (1) or error (2) be this descriptor; None: what it was. What has
        been printed by now has been written."""
        if descriptor is not None and not self.passes_descriptors:
            raise ExecutorError("output can be captured over a Unix socket only")
        self._connection.ask(Operation.REDIRECT, wire.WORD.pack(stream), descriptor)

    # The end.

    def shutdown(self, status: int = 0) -> int:
        """Let the process end as by ``exit(status)``, running what is registered.

        Returns its exit status, which a handler may have changed.
        """
        return self._ask_for_the_end(Operation.SHUTDOWN, wire.STATUS.pack(status))

    def _ask_for_the_end(self, operation: Operation, payload: bytes) -> int:
        try:
            self._connection.ask(operation, payload)
        except ExecutorDied as died:
            if died.exit_status is None:
                raise
            return died.exit_status
        raise ExecutorError("the executor did not end when told to")
