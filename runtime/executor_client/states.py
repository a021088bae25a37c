"""What a connection to an executor is doing, and what is legal then.

::

    NEW --> IDLE <-> Asked: a question is out, nothing but its answer may come
            ^  +---> ASKED_BY_WORDS: a call; unless its event is there soon, it is Asked
            |  +---> Owing: one whose answer is read before the next question
            |
            +-----> Running  <-> Waiting: the program stands still in the midst of an input,
            |                             until its value has been looked at
            +-----> Printing <-> Waiting: so does a copy of it, which prints a value

While the program waits it can be asked as if it was idle, and Printing in the midst of Running is
the rule. From each of them a connection can become Ended.
"""

from __future__ import annotations

import math
import signal
import time
from abc import abstractmethod
from collections.abc import Callable

from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client.interrupts import DeferredInterrupt
from runtime.protocol import wire
from runtime.protocol.wire import LookAtElement, LookAtValue, Operation

_PATIENCE = 5  # s, after Ctrl-C that was not meant for the program
_MOST_VALUES = 150  # of one request; there is one
_LOOK_AT_VALUES = frozenset({Operation.READ, Operation.NAME, Operation.PRINT})


class State:
    """Base class. A connection is in one state at a time."""

    __slots__ = ()

    @property
    def shows_its_memory(self) -> bool:
        """Whether memory read from outside, past the connection, is what READ would tell."""
        return False

    def check_allows(self, operation: Operation) -> None:
        """Raises what whoever asks this gets instead of an answer, if it cannot be asked now."""


class _New(State):
    """Nobody has asked it anything, not even who it is."""

    __slots__ = ()


class _Idle(State):
    """No question is out, no answer is on its way."""

    __slots__ = ()

    @property
    def shows_its_memory(self) -> bool:
        return True


def _no_answer_yet(operation: Operation) -> ExecutorError:
    return ExecutorError(f"{operation.name.lower()}: the executor has not answered yet")


NEW: State = _New()
IDLE: State = _Idle()


class _AskedByWords(State):
    """A call is asked for by words in shared memory, and no event of it has been seen."""

    __slots__ = ()

    def check_allows(self, operation: Operation) -> None:
        raise _no_answer_yet(operation)


ASKED_BY_WORDS: State = _AskedByWords()


class Owing(State):
    """An answer is on its way that nobody waits for yet: it is read before the next question.

    ``earlier``: operations that went with the question, one of which may be refused instead.
    ``note`` is told when it is there: of the error that came instead, if one did.
    """

    __slots__ = ("earlier", "note", "operation")

    def __init__(
        self,
        operation: Operation,
        earlier: frozenset[int],
        note: Callable[[BaseException | None], None],
    ) -> None:
        self.operation = operation
        self.earlier = earlier
        self.note = note

    @property
    def shows_its_memory(self) -> bool:
        return True


class Ended(State):
    """It is of no use any more: the process has ended, or was ended. ``died``: how."""

    __slots__ = ("died",)

    def __init__(self, died: ExecutorDied) -> None:
        self.died = died

    @classmethod
    def killed(cls) -> Ended:
        """By this side."""
        return cls(ExecutorDied(exit_status=None, signal=signal.SIGKILL))

    @classmethod
    def with_code(cls, code: int | None, is_interrupt: bool) -> Ended:
        """``code`` is what ``ExecutorLife.reap`` tells. ``is_interrupt``: there was Ctrl-C."""
        if is_interrupt:
            code = -signal.SIGINT  # whichever way it was ended then
        died = ExecutorDied(
            exit_status=None,
            signal=-code if code is not None and code < 0 else None,
            wait_status=code if code is not None and code >= 0 else None,
        )
        died.is_interrupt = is_interrupt
        return cls(died)

    def check_allows(self, operation: Operation) -> None:
        raise self.died.again()


class Asked(State):
    """A question is out.

    ``interrupt`` is the Ctrl-C that counts for it. ``within``: seconds that the answer may take.
    """

    __slots__ = ("_answer_by", "_is_nested", "interrupt")

    def __init__(self, within: float = math.inf) -> None:
        self.interrupt = DeferredInterrupt()
        self._answer_by = math.inf if within == math.inf else time.monotonic() + within
        self._is_nested = False

    def ask_while(self, waiting: Waiting) -> None:
        """It is a question about what the program shows while it waits."""
        self.interrupt = waiting.asked.interrupt
        self._is_nested = True

    @property
    def is_overdue(self) -> bool:
        """Whether there has been Ctrl-C, or the time is up, and no answer since."""
        if time.monotonic() > self._answer_by:
            return True
        if self._is_nested:  # Ctrl-C was not meant for the program
            return self.interrupt.has_been_noted_for(_PATIENCE)
        return self.interrupt.is_overdue

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C has been pressed, and was meant for the program."""
        return self.interrupt.is_noted and not self._is_nested

    def check_allows(self, operation: Operation) -> None:
        raise _no_answer_yet(operation)

    def stand_still(self, operation: int, payload: bytes) -> Waiting | None:
        """A frame has come that is not the answer: what it shows, for which the program waits;
        None if no such frame may come. Raises ExecutorError if it makes no sense."""
        return None


class Looking(Asked):
    """A question in the midst of which things are shown. ``failure``: what looking at them has
    raised, which is raised once the answer is there."""

    __slots__ = ("failure",)

    def __init__(self) -> None:
        super().__init__()
        self.failure: BaseException | None = None

    def raise_failure(self) -> None:
        """Raises what looking has raised."""
        if self.failure is not None:
            raise self.failure

    @abstractmethod
    def fail(self, error: Exception | KeyboardInterrupt) -> None:
        """Looking at the last one has raised this."""

    @abstractmethod
    def resume(self) -> bytes:
        """What the program is told when it has been looked at."""


class Running(Looking):
    """The user's code runs. ``look``: what the value of an expression is for."""

    __slots__ = ("_look", "_values")

    def __init__(self, look: LookAtValue | None) -> None:
        super().__init__()
        self._look = look
        self._values = 0

    def stand_still(self, operation: int, payload: bytes) -> Waiting | None:
        if operation != Operation.VALUE or self._values == _MOST_VALUES:
            return None
        self._values += 1
        value, look = wire.unpack_value(payload), self._look
        if look is None or self.failure is not None:
            return Waiting(self, lambda: None)
        return Waiting(self, lambda: look(value))

    def fail(self, error: Exception | KeyboardInterrupt) -> None:
        if isinstance(error, Exception):  # Ctrl-C has been noted, too
            self.failure = error

    def resume(self) -> bytes:
        return b""


class Printing(Looking):
    """A copy of the program prints a value. ``look``: what the elements of a range are for;
    it says whether there should be more."""

    __slots__ = ("_look",)

    def __init__(self, look: LookAtElement) -> None:
        super().__init__()
        self._look: LookAtElement | None = look

    def stand_still(self, operation: int, payload: bytes) -> Waiting | None:
        if operation != Operation.ELEMENT:
            return None
        address, text = wire.unpack_element(payload)
        look = self._look
        if look is None:
            raise ExecutorError("an element after the last one")

        def look_at_element() -> None:
            if not look(address, text):
                self._look = None

        return Waiting(self, look_at_element, is_copy=True)

    def fail(self, error: Exception | KeyboardInterrupt) -> None:
        self._look = None
        self.failure = error

    def resume(self) -> bytes:
        return wire.WORD.pack(self._look is not None)


class Waiting(State):
    """The program stands still until ``look`` has looked at what it shows.

    ``asked``: the question that is not answered before. ``is_copy``: it is a copy that waits,
    and that is asked, not the program itself.
    """

    __slots__ = ("_is_copy", "asked", "look")

    def __init__(self, asked: Looking, look: Callable[[], None], is_copy: bool = False) -> None:
        self.asked = asked
        self.look = look
        self._is_copy = is_copy

    @property
    def shows_its_memory(self) -> bool:
        return not self._is_copy and not self.asked.interrupt.is_noted

    def check_allows(self, operation: Operation) -> None:
        """After Ctrl-C there is no more to be seen: raises KeyboardInterrupt."""
        if self.asked.interrupt.is_noted and operation in _LOOK_AT_VALUES:
            raise KeyboardInterrupt
