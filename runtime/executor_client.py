"""The controller's half of the executor's protocol, over a connected socket.

Asks one thing at a time, and believes nothing that the executor says without
checking: what runs there is the user's program. How the executor came to be, and
how its end is found out, is the subclasses': ``ExecutorProcess`` (a child) and
``RemoteExecutor`` (behind a listener).
"""

from __future__ import annotations

import array
import signal
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from runtime import wire
from runtime.addresses import ExecutorAddress, Protection
from runtime.errors import ExecutorDied, ExecutorError, describe_error
from runtime.executor_process_control import ThreadArea, UnitRegistration
from runtime.symbols import SymbolDescription
from runtime.wire import Operation, Outcome

_MOST_THREAD_AREA = 1 << 20  # bytes
_PATIENCE = 5  # s, for a process that is about to end


class ExecutorClient(ABC):
    """A running executor, an ``ExecutorProcessControl``. A context manager: leaving
    it ends the process.

    Every method raises ExecutorDied if the process has ended, and ExecutorError
    if it refuses.
    """

    _end_is_announced = False
    """Whether somebody who watches the process sends ENDED."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._ended: ExecutorDied | None = None
        self._greeted = False
        self._pid = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Of the executor process, as it says (it may be on another machine)."""
        self.greet()
        return self._pid

    @property
    def passes_descriptors(self) -> bool:
        """Whether ``map_memory`` can be given a descriptor."""
        return self._socket.family == socket.AF_UNIX

    @abstractmethod
    def kill(self) -> None:
        """End the process now, whatever it is doing."""

    @abstractmethod
    def _reap(self, patience: float) -> int | None:
        """Wait ``patience`` s for its end, then end it: its exit code (negative: a
        signal), None if that cannot be known any more."""

    def greet(self) -> None:
        """Make sure, once, that it is there and of this installation; the first
        request does it too."""
        if not self._greeted:
            self._greeted = True
            self._greet()

    # Memory.

    def map_memory(self, size: int, descriptor: int | None, low: bool = False) -> ExecutorAddress:
        """See ``ExecutorProcessControl``."""
        if descriptor is not None and not self.passes_descriptors:
            raise ExecutorError("memory can be shared over a Unix socket only")
        request = wire.RESERVATION.pack(size, low, descriptor is not None)
        reply = self._ask(Operation.RESERVE, request, descriptor)
        return ExecutorAddress(*self._unpack(wire.WORD, reply))

    def unmap_memory(self, address: ExecutorAddress, size: int) -> None:
        """Undo ``map_memory``."""
        self._ask(Operation.RELEASE, wire.WORD.pack(address) + wire.WORD.pack(size))

    def protect_memory(self, ranges: list[tuple[ExecutorAddress, int, Protection]]) -> None:
        """Set protections of ranges of mapped memory."""
        if ranges:
            self._ask(Operation.PROTECT, b"".join(wire.RANGE.pack(*range_) for range_ in ranges))

    def write_memory(self, address: ExecutorAddress, data: bytes) -> None:
        """Copy bytes into memory that has been mapped and made writable."""
        self._ask(Operation.WRITE, wire.WORD.pack(address) + data)

    def read_memory(self, address: ExecutorAddress, size: int) -> bytes:
        """Up to ``size`` bytes; fewer (or none) where memory cannot be read."""
        reply = self._ask(Operation.READ, wire.WORD.pack(address) + wire.WORD.pack(size))
        if len(reply) > size:
            raise ExecutorError("the executor sent more than it was asked for")
        return reply

    # Symbols.

    def lookup(self, names: list[str]) -> list[ExecutorAddress]:
        """Addresses of names in the process and its libraries; 0 where there is none."""
        return [
            ExecutorAddress(word) for (word,) in self._look_up(Operation.LOOKUP, names, wire.WORD)
        ]

    def lookup_thread_locals(self, names: list[str]) -> list[tuple[int, int]]:
        """See ``ExecutorProcessControl``."""
        return [
            (module, offset)
            for module, offset in self._look_up(
                Operation.LOOKUP_THREAD_LOCAL, names, wire.THREAD_LOCAL
            )
        ]

    def describe_symbols(self, names: list[str]) -> list[SymbolDescription]:
        """See ``ExecutorProcessControl``."""
        return [
            SymbolDescription(ExecutorAddress(address), size, bool(is_variable))
            for address, size, is_variable in self._look_up(
                Operation.DESCRIBE, names, wire.DESCRIPTION
            )
        ]

    def thread_area(self) -> ThreadArea:
        """See ``ExecutorProcessControl``."""
        reply = self._ask(Operation.THREAD_AREA, b"")
        offset, size, align = self._unpack(wire.THREAD_AREA, reply)
        if size > _MOST_THREAD_AREA or align not in (16, 32, 64):
            raise ExecutorError("malformed answer about the threads' static block")
        return ThreadArea(offset, size, align)

    def _look_up(
        self, operation: Operation, names: list[str], layout: struct.Struct
    ) -> list[tuple[int, ...]]:
        """The numbers of ``layout`` for each name."""
        reply = self._ask(operation, wire.pack_strings(names))
        if len(reply) != layout.size * len(names):
            raise ExecutorError("malformed answer to a symbol lookup")
        return list(layout.iter_unpack(reply))

    def load_library(self, path: str) -> None:
        """dlopen(3) with RTLD_NOW | RTLD_GLOBAL. Raises ExecutorError with its reason."""
        self._ask(Operation.LOAD_LIBRARY, wire.pack_strings([path]))

    def open_exports(self, shared_object: bytes) -> int:
        """See ``ExecutorProcessControl``."""
        (handle,) = self._unpack(wire.WORD, self._ask(Operation.OPEN_EXPORTS, shared_object))
        return handle

    def close_exports(self, handle: int) -> None:
        """See ``ExecutorProcessControl``."""
        self._ask(Operation.CLOSE_EXPORTS, wire.WORD.pack(handle))

    # Link units.

    def add_debug_object(self, dso_handle: ExecutorAddress, contents: bytes) -> None:
        """See ``ExecutorProcessControl``."""
        self._ask(Operation.DEBUG_OBJECT, wire.WORD.pack(dso_handle) + contents)

    def append_perf_map(self, lines: bytes) -> None:
        """See ``ExecutorProcessControl``."""
        self._ask(Operation.PERF_MAP, lines)

    def register_unit(self, unit: UnitRegistration) -> None:
        """Tell the platform library about a unit whose memory is in place."""
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
        self._ask(Operation.REGISTER, head + b"".join([*moves, *finalizers]))

    def choose_functions(
        self, functions: Sequence[tuple[ExecutorAddress, ExecutorAddress]]
    ) -> None:
        """For each (slot, resolver): store what the resolver returns in the slot."""
        if functions:
            words = [word for pair in functions for word in pair]
            self._ask(Operation.CHOOSE, b"".join(map(wire.WORD.pack, words)))

    def close_unit(self, dso_handle: ExecutorAddress) -> Outcome:
        """Run a unit's handlers and finalizers and forget it."""
        return wire.unpack_outcome(self._ask(Operation.CLOSE, wire.WORD.pack(dso_handle)))

    def run(self, functions: Sequence[ExecutorAddress]) -> Outcome:
        """Call functions of type ``void(void)`` in order."""
        payload = b"".join(map(wire.WORD.pack, functions))
        return wire.unpack_outcome(self._ask(Operation.RUN, payload))

    def run_main(self, function: ExecutorAddress, arguments: list[str]) -> Outcome:
        """Call ``int main(int, char **, char **)``."""
        payload = wire.WORD.pack(function) + wire.pack_strings(arguments)
        return wire.unpack_outcome(self._ask(Operation.RUN_MAIN, payload))

    def set_arguments(self, arguments: list[str]) -> None:
        """What the program sees as ``argc`` and ``argv`` before main is called."""
        self._ask(Operation.SET_ARGUMENTS, wire.pack_strings(arguments))

    # The end.

    def shutdown(self, status: int = 0) -> int:
        """Let the process end as by ``exit(status)``, running what is registered.

        Returns its exit status, which a handler may have changed.
        """
        try:
            self._ask(Operation.SHUTDOWN, wire.STATUS.pack(status))
        except ExecutorDied as died:
            if died.exit_status is None:
                raise
            return died.exit_status
        raise ExecutorError("the executor did not end when told to")

    # The protocol.

    def _ask(self, operation: Operation, payload: bytes, descriptor: int | None = None) -> bytes:
        if self._ended is not None:
            raise self._ended
        self.greet()
        if len(payload) > wire.MAX_PAYLOAD:
            raise ExecutorError(f"a request of {len(payload) >> 20} MiB is too large")
        self._send(wire.HEAD.pack(len(payload), operation, 0) + payload, descriptor)
        error, reply = self._receive(operation)
        if error:
            text = reply.rstrip(b"\0").decode("utf-8", "replace")
            raise ExecutorError(text or f"{operation.name.lower()}: {describe_error(error)}")
        return reply

    def _greet(self) -> None:
        reply = self._ask(Operation.HELLO, (wire.VERSION).to_bytes(4, "little"))
        version, self._pid, _ = self._unpack(wire.HELLO, reply)
        if version != wire.VERSION:
            self._disown()
            raise ExecutorError(
                f"the executor speaks protocol version {version}, this is version "
                f"{wire.VERSION}: they come from different installations"
            )

    def _send(self, frame: bytes, descriptor: int | None) -> None:
        try:
            if descriptor is None:
                self._socket.sendall(frame)
            else:
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))
                sent = self._socket.sendmsg([frame], [rights])
                self._socket.sendall(frame[sent:])
        except OSError as error:
            raise self._find_out_how_it_ended() from error

    def _receive(self, operation: Operation) -> tuple[int, bytes]:
        size, answered, error = wire.HEAD.unpack(self._receive_exactly(wire.HEAD.size))
        if size > wire.MAX_PAYLOAD:
            raise self._break_off(f"a reply of {size} bytes")
        payload = self._receive_exactly(size)
        if answered == Operation.EXITING:
            raise self._note_exit(payload)
        if answered == Operation.ENDED and self._end_is_announced:
            raise self._find_out_how_it_ended()
        if answered != operation:
            raise self._break_off(f"an answer to {answered} instead of {operation.value}")
        return error, payload

    def _receive_exactly(self, size: int) -> bytes:
        pieces = bytearray()
        while len(pieces) < size:
            piece = self._receive_piece(size - len(pieces))
            if not piece:
                raise self._find_out_how_it_ended()
            pieces += piece
        return bytes(pieces)

    def _receive_piece(self, size: int) -> bytes:
        """Up to ``size`` bytes; none at the end of the stream."""
        try:
            return self._socket.recv(size)
        except OSError:  # reset, or nobody is there any more
            return b""

    def _unpack(self, layout: struct.Struct, payload: bytes) -> tuple[int, ...]:
        if len(payload) != layout.size:
            raise self._break_off(f"{len(payload)} bytes instead of {layout.size}")
        return layout.unpack(payload)

    def _break_off(self, what: str) -> ExecutorError:
        """The stream makes no sense any more."""
        self._disown()
        return ExecutorError(f"the executor broke the protocol ({what}) and was ended")

    def _disown(self) -> None:
        """No further word of it is believed."""
        self.kill()
        self._ended = ExecutorDied(exit_status=None, signal=signal.SIGKILL)

    def _note_exit(self, payload: bytes) -> ExecutorDied:
        (status,) = self._unpack(wire.STATUS, payload)
        self._reap(_PATIENCE)  # the destructors of libraries are still to run
        self._ended = ExecutorDied(exit_status=status & 0xFF, signal=None)
        return self._ended

    def _find_out_how_it_ended(self) -> ExecutorDied:
        if self._ended is None:
            # A process that closed the socket but lives on cannot be used.
            code = self._reap(1)
            self._ended = ExecutorDied(
                exit_status=None,
                signal=-code if code is not None and code < 0 else None,
                wait_status=code if code is not None and code >= 0 else None,
            )
        return self._ended
