"""Calls of compiled functions, many a second: what becomes of the session if one of them ends it.

Each call is saved as an input is, so a crash takes back just that; or, within ``unprotected``, all
of a block. Calls are no inputs: there is nothing of them to undo.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from repl.errors import ShellError
from repl.session.state import SessionState
from repl.session.survival import Survival
from repl.session.uncaught_exceptions import raise_exception
from runtime.addresses import ExecutorAddress
from runtime.executor_client.calls import BLOCK_SIZE, OnCallBack
from runtime.protocol.wire import Outcome

_MOST_NESTED = 50  # calls, by way of call backs: each takes some frames of Python's stack


class Calls:
    """Keeps count of what is on its way."""

    def __init__(self, state: SessionState, survival: Survival) -> None:
        self._state = state
        self._survival = survival
        self._blocks = 0  # of unprotected calls, one in another
        self._depth = 0

    @property
    def block(self) -> memoryview:
        """See ``LiveSession.call_block``."""
        return self._state.program.call_memory.block

    def call(self, function: ExecutorAddress, offset: int, on_call_back: OnCallBack | None) -> None:
        """See ``LiveSession.call``."""
        if not 0 <= offset < BLOCK_SIZE:
            raise ValueError(f"a call with its arguments at {offset}, outside of the block")
        if self._depth:
            outcome = self._call_nested(function, offset, on_call_back)
        elif self._blocks:
            outcome = self._call_unprotected(function, offset, on_call_back)
        else:
            self._survival.attend()
            outcome = self._call(function, offset, on_call_back)
            self._survival.program_changed()
        if outcome.exceptions:
            raise_exception(outcome, self._state)

    def _call_unprotected(
        self, function: ExecutorAddress, offset: int, on_call_back: OnCallBack | None
    ) -> Outcome:
        survival = self._survival
        if not survival.calls_at_risk:
            survival.attend()
        survival.calls_at_risk += 1
        return self._call(function, offset, on_call_back)

    def _call_nested(
        self, function: ExecutorAddress, offset: int, on_call_back: OnCallBack | None
    ) -> Outcome:
        """From a call back: it is part of the outermost one, whose end this one's is, too."""
        if self._depth >= _MOST_NESTED:
            raise ShellError(
                f"calls of functions and calls back to Python are {_MOST_NESTED} deep, one within "
                "the other: does something call itself without end?"
            )
        return self._call(function, offset, on_call_back)

    def _call(
        self, function: ExecutorAddress, offset: int, on_call_back: OnCallBack | None
    ) -> Outcome:
        self._depth += 1
        try:
            return self._state.program.call(function, offset, on_call_back)
        except BaseException as error:
            if self._depth > 1:
                raise self._survival.seen_within(error) from None
            # A context manager around each call would take as long as a third of it.
            with self._survival.running_program(taken_back="this call"):
                raise error
        finally:
            self._depth -= 1

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
