"""Calls of compiled functions, many a second: what becomes of the session if one of them ends it.

Each call is saved as an input is, so a crash takes back just that; or, within ``unprotected``, all
of a block. Calls are no inputs: there is nothing of them to undo.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from repl.errors import ProgramExited, ShellError
from repl.session.state import SessionState
from repl.session.survival import Survival
from repl.session.uncaught_exceptions import raise_exception
from runtime.addresses import ExecutorAddress
from runtime.executor_client.calls import BLOCK_SIZE, OnCallBack
from runtime.protocol.wire import Outcome

_MOST_NESTED = 30  # calls, by way of call backs: each takes some frames of Python's stack


class Calls:
    """Keeps count of what is on its way."""

    def __init__(self, state: SessionState, survival: Survival) -> None:
        self._state = state
        self._survival = survival
        self._blocks = 0  # of unprotected calls, one in another
        self._depth = 0
        self._on_call_back: OnCallBack | None = None

    @property
    def block(self) -> memoryview:
        """See ``LiveSession.call_block``."""
        return self._state.program.call_memory.block

    def call(
        self,
        function: ExecutorAddress,
        offset: int,
        on_call_back: OnCallBack | None,
        observes: bool = False,
    ) -> None:
        """See ``LiveSession.call``."""
        if not 0 <= offset < BLOCK_SIZE:
            raise ValueError(f"a call with its arguments at {offset}, outside of the block")
        if self._depth >= _MOST_NESTED:
            raise ShellError(
                f"calls of functions and calls back to Python are {_MOST_NESTED} deep, one within "
                "the other: does something call itself without end?"
            )
        self._on_call_back = on_call_back
        self.attend()
        if self._blocks and not observes:
            self._survival.calls_at_risk += 1
        try:
            outcome = self._call(function, offset)
        except ProgramExited:  # there is nothing to save
            raise
        except BaseException:  # perhaps of what it has called back
            self.changed()
            raise
        if not observes:
            self.changed()
        if outcome.exceptions:
            raise_exception(outcome, self._state)

    def attend(self) -> None:
        """Before the program is used for a call: see that it lives, and is saved as it should."""
        if not (self._blocks and self._survival.calls_at_risk):
            self._survival.attend()

    def changed(self) -> None:
        """A call, or what belongs to one, has changed the program. (What is in the midst of another
        one is a part of that.)"""
        if not self._blocks and not self._depth:
            self._survival.program_called()

    @contextmanager
    def running(self) -> Iterator[None]:
        """What ends the program in here has ended a call."""
        with self._survival.running_program(taken_back="this call"):
            yield

    @property
    def is_running(self) -> bool:
        """Whether this is the midst of a call."""
        return self._depth > 0

    def _call(self, function: ExecutorAddress, offset: int) -> Outcome:
        self._depth += 1
        try:
            return self._state.program.call(function, offset, self._call_back)
        except BaseException as error:
            # A context manager around each call would take as long as a third of it.
            with self._survival.running_program(taken_back="this call"):
                raise error
        finally:
            self._depth -= 1
            if not self._depth:
                self._survival.note_inputs_of_call()

    def _call_back(self, number: int, offset: int) -> bool:
        if self._on_call_back is None:
            return False
        with self._survival.calling():
            return self._on_call_back(number, offset)

    @contextmanager
    def unprotected(self) -> Iterator[None]:
        """See ``LiveSession.unprotected``."""
        self._blocks += 1
        try:
            yield
        finally:
            self._blocks -= 1
            if not self._blocks:
                self._survival.save_calls()
