"""Going back: after an input that ended the program, and in time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from repl.errors import ShellError
from repl.program.program import Program
from repl.program.saved import SavedProgram
from repl.session.timeline import Moment, Timeline
from runtime.errors import ExecutorDied, ExecutorError
from runtime.executor_client.checkpoint import Introduction
from runtime.executor_client.interrupts import DeferredInterrupt

P = TypeVar("P")


class Recovery(Generic[P]):
    """Keeps the program saved, as it is now and as it was.

    ``set_position``: takes the rest of the session to a position of a moment.
    ``warn``: is told what the user should know.
    """

    def __init__(
        self, program: Program, set_position: Callable[[P], None], warn: Callable[[str], None]
    ) -> None:
        self._program = program
        self._set_position = set_position
        self._warn = warn
        self._timeline: Timeline[P] = Timeline(self._forget, lambda: program.memory)
        self._saved: SavedProgram | None = None  # the program as it is now
        self._before_calls: SavedProgram | None = None  # what they have done is not saved yet
        self.has_lost_calls = False
        """Whether going back has taken back calls that had ended, because the program ended before
        what they had done was saved."""

    def attend(self) -> None:
        """Before the program is used: see that it lives and is saved.

        Raises ExecutorDied; ``go_back`` is possible then, too.
        """
        if self._saved is None and self._program.can_be_saved:
            try:
                self._saved = self._program.save()
                self._forget_before_calls()
            except ExecutorError as error:
                self._program.check()  # or that is why
                self._warn(f"warning: a crash now would lose earlier inputs: {error}")
        self._program.check()

    def program_changed(self) -> None:
        """Code has run in the program, so what is saved is out of date: begin to save it again,
        without waiting for that."""
        saved, self._saved = self._saved, None
        if saved is not None:
            self._forget(saved)
        self._forget_before_calls()
        self._begin_save()

    def program_called(self) -> None:
        """The same after calls, which leave the position as it was: so what was saved before them
        can be gone back to until the program is saved again."""
        saved, self._saved = self._saved, None
        if saved is not None:
            self._forget_before_calls()
            self._before_calls = saved
        self._begin_save()

    def _begin_save(self) -> None:
        with suppress(ExecutorDied):  # attend will find out
            self._program.begin_save()

    def _forget_before_calls(self) -> None:
        before, self._before_calls = self._before_calls, None
        if before is not None:
            self._forget(before)

    def note_input(self, before: P, count: int = 1) -> None:
        """An input has taken effect, and the position was this before; or several, between which
        nothing was saved. Call it before ``program_changed``."""
        if self._saved is not None:
            self._timeline.add(before, self._saved, count)

    def go_back(self) -> Introduction | None:
        """The program has ended: take the newest that was saved in its place.

        If that is not the one of right now, the position changes too. None if there is
        none.
        """
        with DeferredInterrupt() as interrupt:
            introduction = self._go_to_newest()
            interrupt.forget()  # what was to be interrupted has ended
            return introduction

    def rewind(self, count: int) -> None:
        """Go to the moment before the last ``count`` inputs.

        Raises ShellError if it is not kept, and says which are.
        """
        moment = self._timeline.find(count)
        if moment is None:
            raise ShellError(self._how_far_back(count))
        now = self._saved
        with DeferredInterrupt() as interrupt:
            if self._go_to(moment) is None:
                self._go_to_newest()  # which is now
                raise ShellError(f"the checkpoint of {count} inputs ago is gone: it was killed")
            if now is not None and not self._timeline.is_kept(now):
                now.checkpoint.discard()  # rewinding has released its mark already
            interrupt.forget()

    def settle(self) -> None:
        """Forget the moments: ``rewind`` stops at the inputs so far."""
        self._timeline.forget_all()

    def distances(self) -> list[int]:
        """How many inputs back the moments are that ``rewind`` can go to."""
        return self._timeline.distances()

    def clear(self) -> None:
        """Drop all that is saved: the program has been replaced by a fresh one."""
        self._timeline.clear()
        for saved in (self._saved, self._before_calls):
            if saved is not None:
                saved.checkpoint.discard()
        self._saved = self._before_calls = None

    def _forget(self, saved: SavedProgram) -> None:
        if saved is not self._saved and not self._timeline.is_kept(saved):
            self._program.forget(saved)

    def _use(self, saved: SavedProgram) -> Introduction | None:
        """Put a saved program in the place of this one, and save it anew, because going back
        consumes the checkpoint. None if the checkpoint is gone."""
        try:
            introduction = self._program.go_back(saved)
        except (ExecutorDied, ExecutorError):
            self._timeline.drop(saved)
            return None
        try:
            self._saved = self._program.save()
            self._timeline.replace(saved, self._saved)
        except (ExecutorDied, ExecutorError):  # no room; or it ended, as attend will see
            self._saved = None
            self._timeline.drop(saved)
        return introduction

    def _go_to_newest(self) -> Introduction | None:
        saved, self._saved = self._saved, None
        before, self._before_calls = self._before_calls, None
        self.has_lost_calls = saved is None and before is not None
        saved = saved or before
        introduction = self._use(saved) if saved is not None else None
        moments = list(self._timeline.newest_first())
        while introduction is None and moments:
            introduction = self._go_to(moments.pop(0))
        return introduction

    def _go_to(self, moment: Moment[P]) -> Introduction | None:
        introduction = self._use(moment.program)
        if introduction is not None:
            self._timeline.gone_back(moment.number, self._saved)
            self._set_position(moment.position)
        return introduction

    def _how_far_back(self, count: int) -> str:
        distances = self._timeline.distances()
        if not distances:
            return "there is nothing to go back to"
        kept = ", ".join(map(str, distances))
        return f"there is no checkpoint of {count} inputs ago, only of {kept} ago"


def rolled_back(checkpoint: Introduction, taken_back: str) -> str:
    """What the user is told after going back: before what ("this input") things are as they were,
    and what was lost."""
    lost = [
        f"{count} {name}{'s' * (count > 1)}"
        for count, name in (
            (checkpoint.threads, "running thread"),
            (checkpoint.channels, "open pipe or socket"),
        )
        if count
    ]
    text = f"rolled back: memory and declarations are as before {taken_back}"
    return text + (f"; lost: {' and '.join(lost)}" if lost else "")


def lost_inputs(count: int) -> str:
    """What the user is told if the newest checkpoint was older than the last inputs."""
    inputs = "the input before it is" if count == 1 else f"the {count} inputs before it are"
    return f"rolled back: {inputs} lost too, because there was no newer checkpoint"
