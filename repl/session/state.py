"""What a session knows of itself: the inputs in force, and what the user is still to be told."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from repl.clang.compiler import InputCompiler
from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed, signal_name
from repl.program.program import Program
from repl.session.steps import Position, Reloaded, Step
from repl.session.waiting import WaitingInput
from runtime.protocol.wire import Outcome

if TYPE_CHECKING:
    from runtime.units.unit_journal import LoadedUnit

NO_CLANG = (
    "this session has come as machine code, without Clang: it runs what it was sent with, and "
    "nothing new can be compiled or declared in it"
)


class SessionState:
    """The compiler, the program, and one step for each input in force.

    ``reloads``: those that ``undo`` can take back, oldest first;
    ``settled``: how many of the steps are permanent, so that ``undo`` stops there;
    ``beginnings``: how often the session has begun again with nothing declared;
    ``crash_between``: how the program ended while no input ran, until somebody is told.
    """

    def __init__(self, options: SessionOptions, compiler: InputCompiler, program: Program) -> None:
        self.options = options
        self.compiler = compiler
        self.program = program
        self.steps: list[Step] = []
        self.reloads: list[Reloaded] = []
        self.settled = 0
        self.beginnings = 0
        self.crash_between: ProgramCrashed | None = None
        self._warnings: list[str] = []
        self._beside: list[tuple[int, LoadedUnit]] = []

    @property
    def waiting(self) -> tuple[WaitingInput, ...]:
        """The inputs in force that wait for what is not defined yet, oldest first."""
        return self.steps[-1].waiting if self.steps else ()

    def warn(self, message: str) -> None:
        """Something that the user should know when the input has run, or failed."""
        self._warnings.append(message)

    def note_reports(self) -> None:
        """Warn of what a sanitizer has reported, while the code that it is about is loaded."""
        text = self.program.take_reports()
        if text:
            from repl.crash_reports.sanitizer_report import describe_reports

            most = self.options.most_frames
            self._warnings += describe_reports(text, self.program.loaded, most)

    def take_warnings(self) -> list[str]:
        """What has been warned of since this was last called."""
        self.note_reports()
        warnings, self._warnings = self._warnings, []
        return warnings

    def go_to(self, position: Position) -> None:
        """The program is as it was at another moment; inputs and compiler follow."""
        self.steps = list(position.steps)
        self.reloads = list(position.reloads)
        self.compiler.restore(position.compiler)

    def position(self) -> Position:
        """Where the session is now."""
        return Position(
            tuple(self.steps), self.compiler.snapshot(len(self.steps)), tuple(self.reloads)
        )

    def is_at(self, position: Position) -> bool:
        """Whether no input has come or gone since."""
        mine, theirs = self.steps, position.steps
        return len(mine) == len(theirs) and all(map(operator.is_, mine, theirs))

    def undo_reload(self) -> Outcome | None:
        """Take the newest one back: the old code, and what was declared before."""
        reload = self.reloads.pop()
        execution = self.program.execution()
        execution.patch(reload.patches)
        outcome = self.unload(reload.unit) if reload.unit is not None else None
        execution.reinstate(reload.withdrawn)
        self.steps = list(reload.before.steps)
        return outcome

    def note_beside(self, unit: LoadedUnit) -> None:
        """Code has been loaded that is no input, and may need any that is in force."""
        self._beside.append((len(self.steps), unit))

    def has_loaded(self, unit: LoadedUnit) -> bool:
        """Whether a unit is in the program now."""
        return any(each is unit.linked for each in self.program.execution().linked_units())

    def unload_beside(self) -> None:
        """Take away the code that may need the newest input. Raises ExecutorDied."""
        while self._beside and self._beside[-1][0] >= len(self.steps):
            unit = self._beside.pop()[1]
            if self.has_loaded(unit):
                self.unload(unit, keeps_members=True)

    def note_defined(self, index: int, unit: LoadedUnit | None) -> None:
        """The compiler need not bring again what this input's unit has."""
        weak = unit.weak_functions() if unit is not None else ()
        self.compiler.note_defined(index, weak)

    def unload(self, unit: LoadedUnit, *, keeps_members: bool = False) -> Outcome:
        """Run what a unit has registered, then take its code away, and what has come from
        archives for it unless ``keeps_members``. Raises ExecutorDied."""
        outcome = self.program.unload(unit, keeps_members=keeps_members)
        for number in outcome.restored_signals:
            self.warn(
                f"warning: the handler of {signal_name(number)} went with its code: "
                "the signal has its default effect again"
            )
        return outcome
