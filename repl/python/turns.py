"""Who may use a session: the process that has made it, one thread after another."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from repl.display.program_view import ProgramView
from repl.display.types import ValueType
from repl.errors import ShellError
from repl.program.printing import Inspect
from repl.session.steps import V
from runtime.addresses import ExecutorAddress


class Turns:
    """``take`` for whatever uses the session. ``processes``: ends them, once."""

    def __init__(self, processes: weakref.finalize[..., Any]) -> None:
        self._processes = processes
        self._owner = os.getpid()
        self._lock = threading.RLock()  # a method may call another
        self._begun = 0  # turns of the thread that has the lock, one in another
        self._is_looked_at = False

    @property
    def is_owner(self) -> bool:
        """Whether this process is the one that has made the session, and not a fork of it."""
        return os.getpid() == self._owner

    def check(self, *, to_close: bool = False) -> None:
        """Raises ShellError if nobody can use the session, or not from here. ``to_close``:
        one that is closed can be closed."""
        # First: in a fork the lock may be held by a thread that is not there.
        if not self.is_owner:
            raise ShellError(
                f"this session belongs to process {self._owner}, of which this one is a fork: "
                "make a session of its own after the fork"
            )
        if not (self._processes.alive or to_close):
            raise ShellError("the session is closed")

    def is_free(self) -> bool:
        """Whether this thread could use the session at once, and is not using it already: Python
        may collect its garbage at any moment of a question to the program."""
        if not (self.is_owner and self._processes.alive):
            return False
        if not self._lock.acquire(blocking=False):
            return False
        is_free = not self._begun
        self._lock.release()
        return is_free

    def take(self, *, to_close: bool = False) -> _Turn:
        """A context that waits until no other thread uses the session. Entering it raises what
        ``check`` does, and ShellError in the midst of an input of this thread."""
        return _Turn(self, to_close)

    def begin(self, *, to_close: bool) -> None:
        """See ``take``."""
        self.check(to_close=to_close)
        self._lock.acquire()
        try:
            self.check(to_close=to_close)  # it may have been closed meanwhile
            if self._is_looked_at:
                raise ShellError(
                    "the session cannot be used while its program waits for inspect: that reads "
                    "memory by the view that it gets, and other things are done when run returns"
                )
        except BaseException:
            self._lock.release()
            raise
        self._begun += 1

    def end(self) -> None:
        """See ``take``."""
        self._begun -= 1
        self._lock.release()

    def looking(self, inspect: Inspect[V]) -> Inspect[V]:
        """``inspect``, code of the library's user, which is called in the midst of an input."""

        def look(type_: ValueType, address: ExecutorAddress, view: ProgramView) -> V:
            self._is_looked_at = True
            try:
                return inspect(type_, address, view)
            finally:
                self._is_looked_at = False

        return look


class _Turn:
    """A context manager that is made for each call: a generator would take twice as long."""

    __slots__ = ("_to_close", "_turns")

    def __init__(self, turns: Turns, to_close: bool) -> None:
        self._turns = turns
        self._to_close = to_close

    def __enter__(self) -> None:
        self._turns.begin(to_close=self._to_close)

    def __exit__(self, *_: object) -> None:
        self._turns.end()


class _HasTurns(Protocol):
    @property
    def _turns(self) -> Turns: ...


S = TypeVar("S", bound=_HasTurns)
P = ParamSpec("P")
R = TypeVar("R")


def in_turn(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """A method of a session's that waits for its turn: see ``Turns.take``."""

    @wraps(method)
    def wrapped(self: S, /, *arguments: P.args, **named: P.kwargs) -> R:
        with self._turns.take():
            return method(self, *arguments, **named)

    return wrapped
