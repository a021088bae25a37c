"""The executor's protocol over a connected socket: one question, one answer.

Believes nothing that the executor says without checking: what runs there is the
user's program. How the executor came to be, and how its end is found out, is the
subclasses': ``ExecutorProcess`` (a descendant) and ``RemoteExecutor`` (behind a
listener).
"""

from __future__ import annotations

import array
import errno
import math
import select
import signal
import socket
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from runtime import trace
from runtime.errors import (
    ExecutorDied,
    ExecutorError,
    ExecutorOutOfMemory,
    RuntimeFailure,
    describe_error,
)
from runtime.executor_client.interrupts import DeferredInterrupt
from runtime.executor_client.waiting import is_ready
from runtime.protocol import wire
from runtime.protocol.crash import read_report
from runtime.protocol.wire import LookAtElement, LookAtValue, Operation

_PATIENCE = 5  # s, for a process that is about to end, or that has been ended
_CRASH_PATIENCE = 1  # s, for one that says how it crashes
_MOST_VALUES = 150  # of one request; there is one
_TICK = 0.2  # s, between looks at whether Ctrl-C has been pressed
_RUN_THE_PROGRAM = frozenset(
    {
        Operation.RUN,
        Operation.RUN_MAIN,
        Operation.RUN_PROGRAM,
        Operation.CLOSE,
        Operation.SHUTDOWN,
        Operation.LOAD_LIBRARY,
        Operation.CHOOSE,
    }
)
_LOOK_AT_VALUES = frozenset({Operation.READ, Operation.NAME, Operation.PRINT})


class ExecutorConnection(ABC):
    """A running executor. A context manager: leaving it ends the process."""

    _end_is_announced = False
    """Whether somebody who watches the process sends ENDED."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._trace = trace.tracer("wire")
        self._ended: ExecutorDied | None = None
        self._greeted = False
        self._pid = 0
        self._interrupt = DeferredInterrupt()
        self._look: LookAtValue | None = None
        self._failure: Exception | None = None  # of looking
        self._look_at_element: LookAtElement | None = None
        self._element_failure: BaseException | None = None
        self._is_waiting = False  # the program, until its value has been looked at
        self._answer_by = math.inf  # of time.monotonic()
        self._given_up: float | None = None  # when the process was ended for being overdue
        self.survives_interrupts = False
        """Whether Ctrl-C is dealt with once the program has answered in spite of it."""

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
        """Whether requests can have a descriptor."""
        return self._socket.family == socket.AF_UNIX

    @abstractmethod
    def kill(self) -> None:
        """End the process now, whatever it is doing."""

    @abstractmethod
    def _stop(self) -> None:
        """End the process, whatever it is doing; how it ended can be asked for. Raises
        nothing."""

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

    def _greet(self) -> None:
        reply = self._ask(Operation.HELLO, (wire.VERSION).to_bytes(4, "little"))
        version, self._pid, _ = self._unpack(wire.HELLO, reply)
        if version != wire.VERSION:
            self._disown()
            raise ExecutorError(
                f"the executor speaks protocol version {version}, this is version "
                f"{wire.VERSION}: they come from different installations"
            )

    def _ask(self, operation: Operation, payload: bytes, descriptor: int | None = None) -> bytes:
        """Send a request and wait for its answer.

        Ctrl-C is the program's affair while its code runs: it has got the signal too.
        If it goes on, it is ended; if it answers, the answer counts where
        ``survives_interrupts``. Otherwise Ctrl-C takes effect when the answer is there.
        """
        if self._ended is not None:
            raise self._ended.again()
        self.greet()
        if len(payload) > wire.MAX_PAYLOAD:
            raise ExecutorError(f"a request of {len(payload) >> 20} MiB is too large")
        if self._is_waiting:
            return self._ask_while_waiting(operation, payload, descriptor)
        with DeferredInterrupt() as self._interrupt:
            self._settle()
            try:
                self._send(wire.HEAD.pack(len(payload), operation, 0) + payload, descriptor)
                return self._receive_answer(operation)
            except RuntimeFailure:
                raise
            except BaseException:  # a signal handler of the host's has raised it
                self._disown()  # its answer would be taken for the next one's
                raise
            finally:
                if self.survives_interrupts and operation in _RUN_THE_PROGRAM:
                    self._interrupt.forget()

    def _ask_while_waiting(
        self, operation: Operation, payload: bytes, descriptor: int | None
    ) -> bytes:
        """The same in the midst of RUN. After Ctrl-C there is no more to be seen."""
        if self._interrupt.is_noted and operation in _LOOK_AT_VALUES:
            raise KeyboardInterrupt
        self._send(wire.HEAD.pack(len(payload), operation, 0) + payload, descriptor)
        return self._receive_answer(operation)

    @contextmanager
    def _answering_within(self, seconds: float) -> Iterator[None]:
        """The process is ended if a request in here is not answered in this time."""
        self._answer_by = time.monotonic() + seconds
        try:
            yield
        finally:
            self._answer_by = math.inf

    @contextmanager
    def _looking_at_values(self, look: LookAtValue | None) -> Iterator[None]:
        """What RUN's values are for. Raises what ``look`` has raised, at the end."""
        self._look = look
        self._failure = None
        try:
            yield
        finally:
            self._look = None
        if self._failure is not None:
            raise self._failure

    def _show(self, payload: bytes) -> None:
        """The program waits: have its value looked at, then let it go on."""
        try:
            value = wire.unpack_value(payload)
        except ExecutorError as error:
            raise self._break_off(str(error)) from None
        if self.survives_interrupts:
            self._interrupt.forget()  # it has gone on in spite of it
        self._is_waiting = True
        try:
            if self._look is not None and self._failure is None:
                self._look(value)
        except KeyboardInterrupt:  # also noted by _interrupt
            pass
        except Exception as error:
            if self._ended is not None:
                raise
            self._failure = error
        finally:
            self._is_waiting = False
        if self.survives_interrupts:
            self._interrupt.forget()
        self._send(wire.HEAD.pack(0, Operation.RESUME, 0))

    def _show_element(self, payload: bytes) -> None:
        try:
            address, text = wire.unpack_element(payload)
        except ExecutorError as error:
            raise self._break_off(str(error)) from None
        if self._look_at_element is None:
            raise self._break_off("an element after the last one")
        more = False
        try:
            more = self._look_at_element(address, text)
        except (Exception, KeyboardInterrupt) as error:
            if self._ended is not None:
                raise
            self._element_failure = error
        if not more:
            self._look_at_element = None
        resume = wire.HEAD.pack(wire.WORD.size, Operation.RESUME, 0)
        self._send(resume + wire.WORD.pack(more))

    def _settle(self) -> None:  # noqa: B027 - most have none
        """Read the answers that are still to come, before another request is sent."""

    def _receive_answer(self, operation: Operation) -> bytes:
        error, reply = self._receive(operation)
        if error:
            text = reply.rstrip(b"\0").decode("utf-8", "replace")
            text = text or f"{operation.name.lower()}: {describe_error(error)}"
            if error == errno.ENOMEM:
                raise ExecutorOutOfMemory(f"the program has no memory left ({text})")
            raise ExecutorError(text)
        return reply

    def _send(self, frame: bytes, descriptor: int | None = None) -> None:
        if self._trace is not None:
            _, operation, error = wire.HEAD.unpack_from(frame)
            message = wire.describe_frame(operation, error, descriptor)
            self._trace.sent(self._pid, message, frame[wire.HEAD.size :])
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor or 0]))
        ancillary = [] if descriptor is None else [rights]
        rest = memoryview(frame)
        try:
            while rest:
                try:
                    sent = self._socket.sendmsg([rest], ancillary, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    if self._wait_patiently(select.POLLOUT):
                        continue
                    return  # it does not read any more
                rest, ancillary = rest[sent:], []
        except (BrokenPipeError, ConnectionResetError):
            pass  # it is gone; perhaps its last words wait to be read
        except OSError as error:
            if _is_of_a_handler(error):
                raise
            raise self._find_out_how_it_ended() from error

    def _receive(self, operation: Operation) -> tuple[int, bytes]:
        """Error and payload of the answer; values are looked at on the way to it."""
        answered, error, payload = self._receive_frame()
        values = 0
        while True:
            if (answered, operation) == (Operation.VALUE, Operation.RUN) and values < _MOST_VALUES:
                values += 1
                self._show(payload)
            elif (answered, operation) == (Operation.ELEMENT, Operation.PRINT):
                self._show_element(payload)
            else:
                break
            answered, error, payload = self._receive_frame()
        if answered != operation:
            raise self._break_off(f"an answer to {answered} instead of {operation.value}")
        return error, payload

    def _receive_frame(self) -> tuple[int, int, bytes]:
        """Operation, error and payload. Raises if these are the program's last words."""
        size, answered, error = wire.HEAD.unpack(self._receive_exactly(wire.HEAD.size))
        if size > wire.MAX_PAYLOAD:
            raise self._break_off(f"a reply of {size} bytes")
        payload = self._receive_exactly(size)
        if self._trace is not None:
            self._trace.received(self._pid, wire.describe_frame(answered, error), payload)
        if answered == Operation.EXITING:
            raise self._note_exit(payload)
        if answered == Operation.CRASHED:
            raise self._note_crash(payload)
        if answered == Operation.ENDED and self._end_is_announced:
            raise self._find_out_how_it_ended()
        return answered, error, payload

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
            if not self._wait_patiently(select.POLLIN):
                return b""
            return self._socket.recv(size, socket.MSG_DONTWAIT)
        except OSError as error:  # reset, or nobody is there any more
            if _is_of_a_handler(error):
                raise
            return b""

    def _wait_patiently(self, event: int) -> bool:
        """Wait for POLLIN or POLLOUT for as long as the process may take, then end it.

        False if the event will never come. Raises OSError if the connection is closed.
        """
        while not self._wait(_TICK, event):
            if self._given_up is None and self._is_overdue:
                self._stop()
                self._given_up = time.monotonic()
            elif self._given_up is not None and time.monotonic() - self._given_up > _PATIENCE:
                return False  # not even its end is heard of
        return event == select.POLLIN or is_ready([(self._socket, event)], 0)

    @property
    def _is_overdue(self) -> bool:
        """Whether there has been Ctrl-C, or the time is up, and no answer since."""
        if time.monotonic() > self._answer_by:
            return True
        if self._is_waiting:  # it was not meant for the program
            return self._interrupt.has_been_noted_for(_PATIENCE)
        return self._interrupt.is_overdue

    def _wait(self, timeout: float, event: int = select.POLLIN) -> bool:
        """Whether POLLIN (also: there will never be anything to receive) or POLLOUT comes
        within ``timeout`` s, or the process ends, where that is seen.

        Raises OSError if the connection is closed.
        """
        return is_ready([(self._socket, event)], timeout)

    def _unpack(self, layout: struct.Struct, payload: bytes) -> tuple[int, ...]:
        if len(payload) != layout.size:
            raise self._break_off(f"{len(payload)} bytes instead of {layout.size}")
        return layout.unpack(payload)

    def _break_off(self, what: str) -> ExecutorError:
        """End the executor, because what it sends makes no sense. Returns what to raise."""
        self._disown()
        return ExecutorError(f"the executor broke the protocol ({what}) and was ended")

    def _disown(self) -> None:
        """Kill the executor, close the socket, and mark it dead."""
        self._stop()
        self._reap(1)
        self._socket.close()
        self._ended = ExecutorDied(exit_status=None, signal=signal.SIGKILL)

    def _note_exit(self, payload: bytes) -> ExecutorDied:
        (status,) = self._unpack(wire.STATUS, payload)
        self._reap(_PATIENCE)  # the destructors of libraries are still to run
        self._ended = ExecutorDied(exit_status=status & 0xFF, signal=None)
        return self._ended.again()

    def _note_crash(self, payload: bytes) -> RuntimeFailure:
        def receive(seconds: float) -> bytes:
            try:
                self._wait(seconds)
                return self._socket.recv(1 << 16, socket.MSG_DONTWAIT)
            except OSError:  # nothing, or nobody is there any more
                return b""

        report = read_report(payload, receive, _CRASH_PATIENCE)
        if report is None:
            return self._break_off("a crash that makes no sense")
        self._reap(_PATIENCE if report.is_detailed else 0)  # it may be writing a core
        self._ended = ExecutorDied(exit_status=None, signal=report.signal, crash=report)
        return self._ended.again()

    def _find_out_how_it_ended(self) -> ExecutorDied:
        if self._ended is None:
            # A process that closed the socket but lives on cannot be used.
            code = self._reap(1)
            if self._interrupt.is_noted:
                code = -signal.SIGINT  # whichever way it was ended then
            self._ended = ExecutorDied(
                exit_status=None,
                signal=-code if code is not None and code < 0 else None,
                wait_status=code if code is not None and code >= 0 else None,
            )
            self._ended.is_interrupt = self._interrupt.is_noted
        return self._ended.again()


def _is_of_a_handler(error: OSError) -> bool:
    """Whether a signal handler of the host's has raised it, as to end an input."""
    return error.errno is None and isinstance(error, TimeoutError)
