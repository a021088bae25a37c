"""What happens when the program ends, and when it begins anew: the session goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from repl.crash_reports.ending import program_crash
from repl.display.readers import all_readers
from repl.errors import ProgramCrashed, ProgramExited, ShellError
from repl.program.at_rest import ProgramAtRest
from repl.program.printing import InputValue
from repl.session.batches import one_by_one
from repl.session.deadly_handlers import deadly_handler
from repl.session.recovery import Recovery, lost_inputs, rolled_back
from repl.session.state import SessionState
from repl.session.steps import Position, Step
from repl.session.waiting import load
from runtime.errors import ExecutorDied, LinkError, ObjectFormatError, RuntimeFailure
from runtime.objects.input_files import read_input_file


class Survival:
    """Keeps program and inputs in step.

    Whatever runs the program does it in ``running_program``, after ``attend``; whatever
    only looks at it, in ``using_program``.
    """

    def __init__(self, state: SessionState) -> None:
        self._state = state
        self._recovery: Recovery[Position] | None = None
        if state.options.recover:
            all_readers()  # before checkpoints take the last descriptors: importing needs one
            self._recovery = Recovery(state.program, state.go_to, state.warn)
        self._must_restart = False
        self._must_start_anew = False
        self.calls_at_risk = 0
        """How many calls have run since the program was saved, and would go with it."""
        self._is_calling = False
        self._inputs_of_call: list[Position] = []  # before each

    def restart(self) -> None:
        """A fresh program in which the inputs that declare something run again.

        The warnings tell which of them failed.
        """
        self.check_can_go_back()
        state = self._state
        self._must_restart = True  # until it is done: Ctrl-C and full machines put it off
        state.reloads.clear()  # what they have made is what comes
        self._forget_moments()
        state.program.start_anew(with_libraries=True)
        steps, state.steps = state.steps, []
        self._run_all_again(steps)

    def take_over(self, steps: Sequence[Step]) -> None:
        """The same for inputs of another session, in a program in which nothing has run."""
        self._must_restart = True
        self._run_all_again(list(steps))

    def _run_all_again(self, steps: list[Step]) -> None:
        state = self._state
        try:
            for step in one_by_one(steps, state):
                state.steps.append(self._run_again(step))
                state.note_defined(len(state.steps) - 1, state.steps[-1].unit)
        except ExecutorDied as died:
            crash = self.crash(died)
            crash.aftermath = (
                f"{step.source.name} crashed when it ran again: the session starts anew, with "
                "nothing declared"
            )
            self.start_anew()
            raise crash from None
        except BaseException:  # no listener, or Ctrl-C: later, then
            state.steps = steps
            raise
        self._must_restart = False
        for problem in state.program.libraries.take_problems():
            state.warn(f"warning: {problem}")
        self.program_changed()

    def start_anew(self) -> None:
        """A fresh program and a fresh Clang, with nothing declared."""
        state = self._state
        self._must_start_anew = True
        state.settled = 0
        state.beginnings += 1
        self._forget_moments()
        state.program.start_anew()
        state.steps.clear()
        state.reloads.clear()
        state.compiler.rollback(0)
        self._must_start_anew = self._must_restart = False

    def will_start_anew(self) -> None:
        """The program is about to be ended on purpose: whatever comes between, the next one to
        use it finds a fresh one, and not that end."""
        self.check_can_go_back()
        self._must_start_anew = True

    def attend(self) -> None:
        """See that the program lives, and that it is saved; every use of it begins so. (In the
        midst of a call it has begun so.)"""
        if self._is_calling:
            return
        if self._must_start_anew:
            self.start_anew()  # what begins was compiled for what was there before
            raise ShellError(
                "%reset was not finished: now the session has begun anew, and this is not run"
            )
        if self._must_restart:
            self.restart()
        if self._recovery is None:
            self.calls_at_risk = 0
            return
        try:
            if self.calls_at_risk:
                self._state.program.check()  # while there is something to go back to
                self.save_calls()
            self._recovery.attend()
        except ExecutorDied as died:
            self._check_exit(died)
            self._attend_to_crash(died)

    def save_calls(self) -> None:
        """Begin to save what unprotected calls have done."""
        if self.calls_at_risk:
            self.calls_at_risk = 0
            self.program_called()

    @contextmanager
    def using_program(self) -> Iterator[ProgramAtRest]:
        """Look at the program while nothing of it runs. If it ends in here, that is undone,
        and raises what an input would raise; Ctrl-C only ends the looking."""
        self.attend()
        with self.running_program(is_at_rest=True):
            yield ProgramAtRest(self._state.program)

    @contextmanager
    def running_program(
        self, *, is_at_rest: bool = False, taken_back: str = "this input"
    ) -> Iterator[None]:
        """Whatever ends the program in here is undone, and becomes an error that says
        what happened. ``is_at_rest``: nothing of it runs, and Ctrl-C is not for it.
        ``taken_back``: what is undone. (In the midst of a call that is the call's affair.)"""
        try:
            yield
        except ExecutorDied as died:
            if self._is_calling:
                raise self._end_of_call(died) from None
            self._check_exit(died)
            raise self._end_of_input(died, taken_back) from None
        except BaseException as error:
            if self._is_calling:
                raise
            if isinstance(error, KeyboardInterrupt) and not is_at_rest:
                raise self._end_of_input(_interrupted(error), taken_back) from None
            # Also of a signal handler of the host's, as for a timeout: then it was ended.
            try:
                self._state.program.check()
            except ExecutorDied as died:
                if died.exit_status is None:
                    self._recover(died)
            raise

    @contextmanager
    def calling(self) -> Iterator[None]:
        """A call is on its way, and calls back: nothing is saved in the midst of it, and what ends
        the program ends the call, which goes back."""
        before, self._is_calling = self._is_calling, True
        try:
            yield
        finally:
            self._is_calling = before

    def check_can_go_back(self) -> None:
        """Raises ShellError in the midst of a call: what it is in would not be there any more."""
        if self._is_calling:
            raise ShellError(
                "the session cannot go back, or begin anew, while a call of a function of it waits "
                "for what it has called back: it can when that has returned"
            )

    def _end_of_call(self, died: ExecutorDied) -> BaseException:
        if died.exit_status is not None:
            return ProgramExited(died.exit_status)
        return self.crash(died)

    def note_input(self, before: Position) -> None:
        """An input has taken effect; ``before`` is where the session was. The moment before it
        can be gone back to. Call it before ``program_changed``."""
        if self._is_calling:
            self._inputs_of_call.append(before)
        elif self._recovery is not None:
            self._recovery.note_input(before)

    def note_inputs_of_call(self) -> None:
        """A call has ended. The moment before the inputs that came in the midst of it is that
        before the call; those between them are not kept."""
        inputs = self._inputs_of_call
        if inputs and self._recovery is not None:
            self._inputs_of_call = []
            self._recovery.note_input(inputs[0], count=len(inputs))
            self.calls_at_risk = 0
            self._recovery.program_changed()

    def program_changed(self) -> None:
        """The program is no longer what was saved last."""
        if self._recovery is not None and not self._is_calling:
            self._recovery.program_changed()

    def program_called(self) -> None:
        """The same after calls."""
        if self._recovery is not None:
            self._recovery.program_called()

    def settle(self) -> None:
        """Make the inputs so far permanent: undo and rewind stop here."""
        self._state.settled = len(self._state.steps)
        if self._recovery is not None:
            self._recovery.settle()

    def rewind(self, count: int) -> None:
        """Go back in time to before the last ``count`` inputs that took effect.

        Raises ShellError if that moment is not kept.
        """
        self.check_can_go_back()
        self.attend()
        assert self._recovery is not None, "can_rewind tells"
        self._recovery.rewind(count)

    def distances(self) -> list[int]:
        """By how many inputs ``rewind`` can go back, shortest first."""
        return self._recovery.distances() if self._recovery is not None else []

    @property
    def can_rewind(self) -> bool:
        """Whether checkpoints are kept to go back to."""
        return self._recovery is not None

    def crash(self, died: ExecutorDied) -> ProgramCrashed:
        """How the program ended, with the report."""
        state = self._state
        options, reports = state.options, state.program.take_reports()
        is_here = options.listener is None
        return program_crash(
            died, state.program.loaded, options.most_frames, reports, has_libraries=is_here
        )

    def _check_exit(self, died: ExecutorDied) -> None:
        """Raises ProgramExited if the program has called ``exit``, and that is the end."""
        if died.exit_status is not None and not self._state.options.survives_exit:
            raise ProgramExited(died.exit_status) from None

    def _end_of_input(self, died: ExecutorDied, taken_back: str) -> BaseException:
        """Go back; what is to be raised for it."""
        crash = self._recover(died, taken_back)
        if crash.is_interrupt and self._state.options.raises_interrupts:
            return KeyboardInterrupt(str(crash))
        return crash

    def _attend_to_crash(self, died: ExecutorDied) -> None:
        """The program ended between two inputs: a thread crashed, or a timer fired."""
        state = self._state
        before = len(state.steps)
        crash = self._recover(died)
        if len(state.steps) < before:  # the input that begins may need those
            raise crash
        state.crash_between = crash
        state.warn(f"warning: between two inputs {crash}")
        if self._must_restart:
            self.restart()
        if self._recovery is not None:
            self._recovery.attend()

    def _recover(self, died: ExecutorDied, taken_back: str = "this input") -> ProgramCrashed:
        """Go back to before the input, or the calls, that ended the program."""
        state = self._state
        crash = self.crash(died)
        inputs, self._inputs_of_call = self._inputs_of_call, []
        if inputs:
            state.go_to(inputs[0])
        count, self.calls_at_risk = self.calls_at_risk, 0
        if count:
            taken_back = f"the unprotected calls ({count} of them)"
        if self._recovery is None:
            self.start_anew()
            return crash
        state.program.keep_crash(died)
        before = len(state.steps)
        checkpoint = self._recovery.go_back()
        if checkpoint is None:
            self._must_restart = True
            crash.aftermath = "no checkpoint is left: what declares something will run again"
        elif before > len(state.steps):
            crash.aftermath = lost_inputs(before - len(state.steps))
        else:
            if self._recovery.has_lost_calls:
                taken_back = "the last calls of functions, which were not saved yet"
            crash.aftermath = rolled_back(checkpoint, taken_back)
            wanted = state.options.sanitizers
            if checkpoint.threads and wanted is not None and wanted.thread:
                crash.aftermath += (
                    "\nThreadSanitizer finds nothing in the copy of a process that had threads: "
                    "%restart makes another"
                )
        if checkpoint is not None:
            self._name_destroyed(crash)
        return crash

    def _name_destroyed(self, crash: ProgramCrashed) -> None:
        """Say so if the program ended because something was destroyed, which will not be again."""
        with suppress(ExecutorDied):
            crash.destroyed = deadly_handler(self._state.program)
        if crash.destroyed:
            crash.aftermath += (
                f"\n{crash.destroyed} has ended the program: it is forgotten, and not run again"
            )

    def _forget_moments(self) -> None:
        if self._recovery is not None:
            self._recovery.clear()

    def _read_again(self, step: Step) -> Step:
        """An object as its file is now, as for libraries."""
        try:
            return replace(step, machine_code=read_input_file(Path(step.source.name)))
        except RuntimeFailure as error:
            self._state.warn(f"warning: {error}: the program has what it was")
            return step

    def _run_again(self, step: Step) -> Step:
        if not step.machine_code:
            return replace(step, waiting=self._state.waiting)
        state = self._state
        name = step.source.unit_name
        if step.is_object:
            step = self._read_again(step)
        try:
            code = step.machine_code
            loaded = load(state.program, name, code, state.waiting, is_run_next=step.declares)
        # Such as for `_`, of an input that does not run again; or what a file is now.
        except (LinkError, ObjectFormatError) as error:
            if step.declares:
                state.warn(f"warning: {step.source.name} cannot run again: {error}")
            return replace(step, unit=None, waiting=state.waiting)
        unit = loaded.unit
        if step.declares and unit is not None:
            value = InputValue(state.program, step.value_symbol, number=step.source.number)
            outcome = state.program.initialize(unit, value.look)
            value.keep(unit)
            if outcome.exception_type is not None:
                state.warn(
                    f"warning: {step.source.name} threw {outcome.exception_type} when it ran again"
                )
        return replace(step, unit=unit, waiting=loaded.waiting)


def _interrupted(error: KeyboardInterrupt) -> ExecutorDied:
    """How the program was ended because of Ctrl-C: it may have said where it was."""
    told = error.__context__
    if isinstance(told, ExecutorDied) and told.is_interrupt:
        return told.again()
    died = ExecutorDied(exit_status=None, signal=signal.SIGINT)
    died.is_interrupt = True
    return died
