"""Taking back the newest inputs and reloads, while the program goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repl.clang.inputs import FrontendState
from repl.errors import ProgramCrashed, ShellError, signal_abbreviation
from repl.session.state import SessionState
from repl.session.survival import Survival
from repl.session.uncaught_exceptions import raise_exception
from repl.session.waiting import what_waits

if TYPE_CHECKING:
    from runtime.protocol.wire import Outcome


_MOST_FORGOTTEN = 64  # objects that cannot be destroyed: the platform library knows no more


def undo_newest(
    state: SessionState, survival: Survival, count: int, *, keeps_members: bool
) -> None:
    """See ``Session.undo``. ``keeps_members``: not what has come from archives for them."""
    survival.check_can_go_back()
    there = len(state.steps)
    for _ in range(_MOST_FORGOTTEN):
        try:
            return _undo(state, survival, count, keeps_members=keeps_members)
        except ProgramCrashed as crash:
            # What cannot be destroyed is forgotten now, and the rest can go.
            if not crash.destroyed or len(state.steps) != there:
                raise
            how = f" ({signal_abbreviation(crash.signal)})" if crash.signal else ""
            state.warn(f"warning: {crash.destroyed} ended the program{how}: it is forgotten")
    return _undo(state, survival, count, keeps_members=keeps_members)


def _undo(state: SessionState, survival: Survival, count: int, *, keeps_members: bool) -> None:
    there = len(state.steps) - state.settled + len(state.reloads)
    if count > there:
        message = f"cannot undo {count} inputs: there are {there}"
        raise ShellError(message if there else "nothing to undo")
    waited = state.waiting
    survival.attend()
    outcomes: list[Outcome] = []
    steps, reloads = list(state.steps), list(state.reloads)
    with survival.running_program():
        try:
            compiled = _take_back(state, count, outcomes, keeps_members)
        except BaseException:  # the program goes back, to when all were in force
            state.steps, state.reloads = steps, reloads
            raise
        for each, needs in what_waits(state.waiting, state.program):
            if each not in waited:
                state.warn(f"note: {each.name} waits for {needs} again")
    state.compiler.restore(compiled)
    survival.program_changed()
    for outcome in outcomes:  # all are gone; now say what one of them threw
        raise_exception(outcome, state)


def _take_back(
    state: SessionState, count: int, outcomes: list[Outcome], keeps_members: bool
) -> FrontendState:
    """Take inputs and reloads back; where the compiler is to go."""
    compiled = state.compiler.snapshot(len(state.steps))
    for _ in range(count):
        state.unload_beside()
        if state.reloads and state.reloads[-1].inputs == len(state.steps):
            compiled = state.reloads[-1].before.compiler
            outcome = state.undo_reload()
        else:
            unit = state.steps.pop().unit
            outcome = state.unload(unit, keeps_members=keeps_members) if unit else None
        if outcome is not None:
            outcomes.append(outcome)
    return FrontendState(compiled.inputs[: len(state.steps)])
