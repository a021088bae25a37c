"""The executor's protocol over a connected socket: one question, one answer.

Believes nothing that the executor says without checking: what runs there is the
user's program. What is legal when is said in ``states``. How the executor came to be, and how
its end is found out, is the affair of an ``ExecutorLife``.
"""

from __future__ import annotations

import signal
import socket
import struct
from collections.abc import Callable

from runtime import trace
from runtime.errors import ExecutorDied, ExecutorError, RuntimeFailure
from runtime.executor_client.calls import CallMemory
from runtime.executor_client.interrupts import DeferredInterrupt
from runtime.executor_client.life import ExecutorLife
from runtime.executor_client.states import (
    ASKED_BY_WORDS,
    IDLE,
    NEW,
    Asked,
    Ended,
    Owing,
    State,
    Waiting,
)
from runtime.executor_client.stream import FrameStream, StreamEnded
from runtime.protocol import wire
from runtime.protocol.claims import check_page_size, claimed_machine, claimed_process
from runtime.protocol.crash import read_report
from runtime.protocol.wire import CallBack, Operation, Outcome

_PATIENCE = 5  # s, for a process that is about to end
_CRASH_PATIENCE = 1  # s, for one that says how it crashes
_RUN_THE_PROGRAM = frozenset(
    {
        Operation.RUN,
        Operation.RUN_MAIN,
        Operation.RUN_PROGRAM,
        Operation.CLOSE,
        Operation.SHUTDOWN,
        Operation.LOAD_LIBRARY,
        Operation.CHOOSE,
        Operation.CALL,
    }
)


class Connection:
    """To an executor that runs, until ``close``.

    ``survives_interrupts``: Ctrl-C is dealt with once the program has answered in spite of it.
    """

    def __init__(self, life: ExecutorLife, *, survives_interrupts: bool = False) -> None:
        self.machine = 0  # the ``e_machine`` of what it runs; not before ``greet``
        self._life = life
        self._survives_interrupts = survives_interrupts
        self._trace = trace.tracer("wire")
        self._stream: FrameStream  # not while the state is NEW
        self._state: State = NEW
        self._postponed: list[tuple[Operation, bytes]] = []

    @property
    def state(self) -> State:
        """What is legal now."""
        return self._state

    def close(self) -> None:
        """End the process now, whatever it is doing."""
        self.leave()
        self._life.close()

    def greet(self) -> None:
        """Make sure, once, that it is there and of this installation; the first
        request does it too. Raises ExecutorError; if it is not there, it may be tried again."""
        if self._state is not NEW:
            return
        self._stream = FrameStream(self._life.connect(), self._life, self._trace)
        self._state = IDLE
        with DeferredInterrupt():  # or nobody would know the process
            reply = self.ask(Operation.HELLO, (wire.VERSION).to_bytes(4, "little"))
            version = int.from_bytes(reply[:4], "little")
            if version != wire.VERSION and len(reply) >= 4:
                self._disown()
                raise ExecutorError(
                    f"the executor speaks protocol version {version}, this is version "
                    f"{wire.VERSION}: they come from different installations"
                )
            _, pid, page_size, machine = self.unpack(wire.HELLO, reply)
            try:
                process = claimed_process(pid)
                self.machine = claimed_machine(machine)
                check_page_size(page_size)
            except ExecutorError:
                self._disown()
                raise
            self._life.note_pid(process)

    def ask(
        self,
        operation: Operation,
        payload: bytes,
        descriptor: int | None = None,
        asked: Asked | None = None,
    ) -> bytes:
        """Send a request and wait for its answer. ``asked``: what may come before that.

        Ctrl-C is the program's affair while its code runs: it has got the signal too.
        If it goes on, it is ended; if it answers, the answer counts where
        ``survives_interrupts``. Otherwise Ctrl-C takes effect when the answer is there.
        """
        state = self._state
        if state is not IDLE:
            self.greet()
            state = self._state
            state.check_allows(operation)
        if len(payload) > wire.MAX_PAYLOAD:
            raise ExecutorError(f"a request of {len(payload) >> 20} MiB is too large")
        frame, earlier = self._with_postponed(wire.frame(operation, payload))
        if asked is None:
            asked = Asked()
        if isinstance(state, Waiting):
            asked.ask_while(state)
            return self._exchange(asked, frame, descriptor, operation, earlier)
        with asked.interrupt:
            try:
                if isinstance(state, Owing):
                    self._receive_owed(state, asked)
                    self._state.check_allows(operation)
                return self._exchange(asked, frame, descriptor, operation, earlier)
            finally:
                if self._survives_interrupts and operation in _RUN_THE_PROGRAM:
                    asked.interrupt.forget()

    def call(
        self, memory: CallMemory, words: int, function: int, argument: int
    ) -> CallBack | Outcome | None:
        """Ask for a call, or to go on from where one has called back (function 0), and wait for
        what comes of it: it calls back, or has ended; None: it has returned, and there is
        nothing to be told of that. ``words``: where the program has the memory, 0 if it has not.

        Ctrl-C as in ``ask``. Any other exception than of this module's leaves unknown whether
        the program has stopped: then ``disown``.
        """
        memory.number += 1
        is_interrupted = False
        if memory.rest:
            memory.rest -= 1
            words = 0
        if words and self._state is IDLE and not self._postponed:
            self._state = ASKED_BY_WORDS
            try:
                if memory.exchange(function, argument):
                    event = memory.event()
                    if event is not False:
                        self._state = IDLE
                        return None if event is True else event
            except KeyboardInterrupt:
                is_interrupted = True
            self._state = IDLE
        asked = Asked()
        if is_interrupted:
            asked.interrupt.note()
        payload = wire.CALL.pack(memory.number, words, function, argument)
        reply = self.ask(Operation.CALL, payload, asked=asked)
        if is_interrupted and not self._survives_interrupts:
            raise KeyboardInterrupt  # a handler of the host's has raised it
        return wire.unpack_event(reply)

    def disown(self) -> None:
        """Kill the executor, because nobody knows what it would answer next."""
        if not self._has_ended:
            self._disown()

    def postpone(self, operation: Operation, payload: bytes) -> None:
        """Send a request together with the next one. It is answered only if it is refused: then
        the next one is not carried out, and raises this refusal (``ExecutorError.was_postponed``).

        ``operation``: PROTECT, WRITE or REGISTER; ``payload``: whole words.
        """
        assert len(payload) % wire.WORD.size == 0
        self._postponed.append((operation, payload))

    def _with_postponed(self, frame: bytes) -> tuple[bytes, frozenset[int]]:
        """A frame that begins with all that was postponed, and which operations those are."""
        if not self._postponed:
            return frame, frozenset()
        frames = [wire.frame(operation, payload) for operation, payload in self._postponed]
        earlier = frozenset(operation for operation, _ in self._postponed)
        self._postponed.clear()
        return wire.frame(Operation.TOGETHER, b"".join([*frames, frame])), earlier

    def ask_ahead(
        self, operation: Operation, descriptor: int, note: Callable[[BaseException | None], None]
    ) -> None:
        """Send a request without waiting: its answer, which says no more than that it was done
        or not, is read by ``settle`` or before the next request. ``note`` is told then.

        Only after ``greet`` and ``settle``. Raises ExecutorDied.
        """
        self._state.check_allows(operation)
        assert self._state is IDLE
        asked = Asked()
        frame, earlier = self._with_postponed(wire.frame(operation, b""))
        with asked.interrupt:
            self._exchange(asked, frame, descriptor, None)
            self._state = Owing(operation, earlier, note)

    def settle(self) -> None:
        """Read the answer that is still to come, if one is. Ctrl-C ends an executor that does
        not answer."""
        if isinstance(self._state, Owing):
            asked = Asked()
            with asked.interrupt:
                self._receive_owed(self._state, asked)

    def leave(self) -> None:
        """The process is about to be ended: nothing more is said to it."""
        self._postponed.clear()
        if not self._has_ended:
            self._end(Ended.killed())

    def go_on_with(self, connection: socket.socket) -> None:
        """After ``leave``: another process has taken the place of the one that was left."""
        self._stream = FrameStream(connection, self._life, self._trace)
        self._state = IDLE

    def read_last_words(self) -> None:
        """Find out how a process ended that is known to have ended. Raises ExecutorDied."""
        self.settle()
        asked = Asked()
        if not self._has_ended:
            self._receive_frame(asked)
        raise self._find_out_how_it_ended(asked)

    def unpack(self, layout: struct.Struct, payload: bytes) -> tuple[int, ...]:
        """The numbers of an answer; the executor is ended if it has another size."""
        if len(payload) != layout.size:
            raise self._break_off(f"{len(payload)} bytes instead of {layout.size}")
        return layout.unpack(payload)

    # One question and its answer.

    def _exchange(
        self,
        asked: Asked,
        frame: bytes | None,
        descriptor: int | None,
        operation: Operation | None,
        earlier: frozenset[int] = frozenset(),
    ) -> bytes:
        """Send ``frame``, if any, and receive the answer to ``operation``, if any. ``earlier``:
        what goes with it, and is answered only if it is refused."""
        before, self._state = self._state, asked
        try:
            if frame is not None:
                self._send(frame, asked, descriptor)
            return b"" if operation is None else self._receive(operation, asked, earlier)
        except RuntimeFailure:
            raise
        except BaseException:  # a signal handler of the host's has raised it
            if not self._has_ended:
                self._disown()  # its answer would be taken for the next one's
            raise
        finally:
            if self._state is asked:  # it may have ended
                self._state = before

    def _receive_owed(self, owing: Owing, asked: Asked) -> None:
        self._state = IDLE
        try:
            self._exchange(asked, None, None, owing.operation, owing.earlier)
        except ExecutorError as error:
            owing.note(error)
        except BaseException as error:
            owing.note(error)
            raise
        else:
            owing.note(None)

    def _receive(self, operation: Operation, asked: Asked, earlier: frozenset[int]) -> bytes:
        """The answer; the program is let go on whenever it waits on the way to it."""
        answered, error, reply = self._receive_frame(asked)
        if error and answered in earlier:
            refusal = wire.unpack_refusal(Operation(answered), error, reply)
            refusal.was_postponed = True
            raise refusal
        while answered != operation:
            try:
                waiting = asked.stand_still(answered, reply)
            except ExecutorError as wrong:
                raise self._break_off(str(wrong)) from None
            if waiting is None:
                raise self._break_off(f"an answer to {answered} instead of {operation.value}")
            forgets = self._survives_interrupts and operation in _RUN_THE_PROGRAM
            self._let_look(waiting, forgets)
            answered, error, reply = self._receive_frame(asked)
        if error:
            raise wire.unpack_refusal(operation, error, reply)
        return reply

    def _let_look(self, waiting: Waiting, forgets_interrupts: bool) -> None:
        """Have what the program shows looked at, then let it go on."""
        asked = waiting.asked
        if forgets_interrupts:
            asked.interrupt.forget()  # it has gone on in spite of it
        self._state = waiting
        try:
            waiting.look()
        except (Exception, KeyboardInterrupt) as error:
            if isinstance(error, Exception) and self._has_ended:
                raise
            asked.fail(error)
        finally:
            if self._state is waiting:  # it may have ended
                self._state = asked
        if forgets_interrupts:
            asked.interrupt.forget()
        resume = asked.resume()
        self._send(wire.frame(Operation.RESUME, resume), asked)

    def _send(self, frame: bytes, asked: Asked, descriptor: int | None = None) -> None:
        try:
            self._stream.send(frame, asked, descriptor)
        except StreamEnded as end:
            raise self._find_out_how_it_ended(asked) from end

    def _receive_frame(self, asked: Asked) -> tuple[int, int, bytes]:
        """Operation, error and payload. Raises if these are the program's last words."""
        try:
            answered, error, payload = self._stream.receive(asked)
        except StreamEnded:
            raise self._find_out_how_it_ended(asked) from None
        except ExecutorError as wrong:
            raise self._break_off(str(wrong)) from None
        if answered == Operation.EXITING:
            raise self._note_exit(payload)
        if answered == Operation.CRASHED:
            raise self._note_crash(payload, asked)
        if answered == Operation.ENDED and self._life.announces_end:
            raise self._find_out_how_it_ended(asked)
        return answered, error, payload

    # The end.

    @property
    def _has_ended(self) -> bool:
        return isinstance(self._state, Ended)

    def _end(self, ended: Ended) -> ExecutorDied:
        """Returns what to raise."""
        if self._state is not NEW:
            self._stream.close()
        self._state = ended
        return ended.died.again()

    def _break_off(self, what: str) -> ExecutorError:
        """End the executor, because what it sends makes no sense. Returns what to raise."""
        self._disown()
        return ExecutorError(f"the executor broke the protocol ({what}) and was ended")

    def _disown(self) -> None:
        """Kill the executor, close the socket, and mark it dead."""
        self._life.stop()
        self._life.reap(1)
        self._end(Ended.killed())

    def _note_exit(self, payload: bytes) -> ExecutorDied:
        (status,) = self.unpack(wire.STATUS, payload)
        self._life.reap(_PATIENCE)  # the destructors of libraries are still to run
        return self._end(Ended(ExecutorDied(exit_status=status & 0xFF, signal=None)))

    def _note_crash(self, payload: bytes, asked: Asked) -> RuntimeFailure:
        report = read_report(payload, self._stream.receive_some, _CRASH_PATIENCE)
        if report is None:
            return self._break_off("a crash that makes no sense")
        self._life.reap(_PATIENCE if report.is_detailed else 0)  # it may be writing a core
        died = ExecutorDied(exit_status=None, signal=report.signal, crash=report)
        # It has had the signal itself, or was asked where it is.
        if asked.interrupt.is_noted and report.signal in (signal.SIGINT, signal.SIGSYS):
            died.signal, died.is_interrupt = signal.SIGINT, True
        return self._end(Ended(died))

    def _find_out_how_it_ended(self, asked: Asked) -> ExecutorDied:
        if isinstance(self._state, Ended):
            return self._state.died.again()
        # A process that closed the socket but lives on cannot be used.
        code = self._life.reap(1)
        return self._end(Ended.with_code(code, asked.interrupt.is_noted))
