"""A session survives its program: what happens when that ends, and when it begins anew."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakMethod

from msgspec.structs import replace

from repl.clang.compiler import Compiler
from repl.clang.redefined_names import as_written
from repl.configuration.session_options import SessionOptions
from repl.crashes.crash_report import describe_crash
from repl.crashes.recovery import Recovery, lost_inputs, rolled_back
from repl.errors import ProgramCrashed, ProgramExited, signal_name
from repl.printing import InputValue, is_last_value
from repl.program import Program
from repl.program_at_rest import ProgramAtRest
from repl.session_steps import Position, Step
from repl.session_turns import Turns, in_turn
from runtime.errors import ExecutorDied, UndefinedSymbolsError
from runtime.shared_memory import SharedMemory
from runtime.wire import Outcome

if TYPE_CHECKING:
    from runtime.unit_journal import LoadedUnit


class SurvivingSession:
    """The part of ``repl.session.Session`` that keeps program and inputs in step.

    Whatever runs the program does it in ``_running_program``, after ``attend``; whatever
    only looks at it, in ``using_program``.
    """

    def __init__(
        self, options: SessionOptions, compiler: Compiler, program: Program, turns: Turns
    ) -> None:
        self._turns = turns
        self._options = options
        self._compiler = compiler
        self._program = program
        self._steps: list[Step] = []
        self._warnings: list[str] = []
        self._recovery: Recovery[Position] | None = None
        if options.recover:
            # Weak, or nobody could forget a session.
            method: Callable[[Position], None] = self._set_position
            set_position = WeakMethod(method)
            self._recovery = Recovery(
                program, lambda position: _call(set_position, position), self._warnings.append
            )
        self._must_restart = False
        self._settled = 0
        self.beginnings = 0
        """How often it has begun again with nothing declared."""
        self._crashed_between: ProgramCrashed | None = None

    @in_turn
    def restart(self) -> None:
        """A fresh program in which the inputs that declare something run again.

        ``take_warnings`` tells which of them failed.
        """
        self._must_restart = False
        steps, self._steps = self._steps, []
        self._forget_moments()
        self._program.start_anew(with_libraries=True)
        try:
            for step in steps:
                self._steps.append(self._run_again(step))
        except ExecutorDied as died:
            crash = self._crash(died)
            crash.aftermath = (
                f"{step.source.name} crashed when it ran again: the session starts anew, with "
                "nothing declared"
            )
            self._start_anew()
            raise crash from None
        except BaseException:  # no listener, or Ctrl-C: later, then
            self._steps = steps
            self._must_restart = True
            raise
        self._program_changed()

    @contextmanager
    def sharing(self, symbol: str, memory: SharedMemory) -> Iterator[None]:
        """Map memory in the program for good; if the context fails it is taken away."""
        try:
            with self._turns.take(), self._running_program():
                self._program.share(symbol, memory)
            self._program_changed()  # what it goes back to has the memory, too
            yield
        except BaseException:
            self._program.unshare(symbol)
            memory.close()
            raise

    @contextmanager
    def using_program(self) -> Iterator[ProgramAtRest]:
        """Look at the program while nothing of it runs. If it ends in here, that is undone,
        and raises what an input would raise; Ctrl-C only ends the looking."""
        with self._turns.take():
            self.attend()
            with self._running_program(is_at_rest=True):
                yield ProgramAtRest(self._program)

    @contextmanager
    def _running_program(self, *, is_at_rest: bool = False) -> Iterator[None]:
        """Whatever ends the program in here is undone, and becomes an error that says
        what happened. ``is_at_rest``: nothing of it runs, and Ctrl-C is not for it."""
        try:
            yield
        except ExecutorDied as died:
            if died.exit_status is not None:
                raise ProgramExited(died.exit_status) from None
            raise self._end_of_input(died) from None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and not is_at_rest:
                interrupted = ExecutorDied(exit_status=None, signal=signal.SIGINT)
                interrupted.is_interrupt = True
                raise self._end_of_input(interrupted) from None
            # Also of a signal handler of the host's, as for a timeout: then it was ended.
            try:
                self._program.check()
            except ExecutorDied as died:
                if died.exit_status is None:
                    self._recover(died)
            raise

    def _end_of_input(self, died: ExecutorDied) -> BaseException:
        """Go back; what is to be raised for it."""
        crash = self._recover(died)
        if crash.is_interrupt and self._options.raises_interrupts:
            return KeyboardInterrupt(str(crash))
        return crash

    @in_turn
    def attend(self) -> None:
        """See that the program lives, and that it is saved; every method that uses it
        does that first."""
        if self._must_restart:
            self.restart()
        if self._recovery is None:
            return
        try:
            self._recovery.attend()
        except ExecutorDied as died:
            if died.exit_status is not None:
                raise ProgramExited(died.exit_status) from None
            self._attend_to_crash(died)

    def _attend_to_crash(self, died: ExecutorDied) -> None:
        """The program ended between two inputs: a thread crashed, or a timer fired."""
        before = len(self._steps)
        crash = self._recover(died)
        if len(self._steps) < before:  # the input that begins may need those
            raise crash
        self._crashed_between = crash
        self._warnings.append(f"warning: between two inputs {crash}")
        if self._must_restart:
            self.restart()
        if self._recovery is not None:
            self._recovery.attend()

    def _program_changed(self) -> None:
        if self._recovery is not None:
            self._recovery.program_changed()

    def _recover(self, died: ExecutorDied) -> ProgramCrashed:
        """Go back to before the input that ended the program."""
        crash = self._crash(died)
        if self._recovery is None:
            self._start_anew()
            return crash
        before = len(self._steps)
        checkpoint = self._recovery.go_back()
        if checkpoint is None:
            self._must_restart = True
            crash.aftermath = "no checkpoint is left: what declares something will run again"
        elif before > len(self._steps):
            crash.aftermath = lost_inputs(before - len(self._steps))
        else:
            crash.aftermath = rolled_back(checkpoint)
        return crash

    def _crash(self, died: ExecutorDied) -> ProgramCrashed:
        report = describe_crash(died, self._program.loaded, self._options.most_frames)
        crash = ProgramCrashed(died.signal, died.wait_status, report)
        crash.is_interrupt = died.is_interrupt
        return crash

    def _start_anew(self) -> None:
        """A fresh program and a fresh Clang."""
        self._must_restart = False
        self._settled = 0
        self.beginnings += 1
        self._forget_moments()
        self._program.start_anew()
        self._steps.clear()
        self._compiler.rollback(0)

    def _set_position(self, position: Position) -> None:
        self._steps = list(position.steps)
        self._compiler.restore(position.compiler)

    def _forget_moments(self) -> None:
        if self._recovery is not None:
            self._recovery.clear()

    def _unload(self, unit: LoadedUnit) -> Outcome:
        outcome = self._program.unload(unit)
        self._warnings += [
            f"warning: the handler of {signal_name(number)} went with its code: "
            "the signal has its default effect again"
            for number in outcome.restored_signals
        ]
        return outcome

    def _run_again(self, step: Step) -> Step:
        if not step.machine_code:
            return step
        try:
            unit = self._program.load(step.source.unit_name, step.machine_code)
        except UndefinedSymbolsError as error:  # such as `_`, of an input that does not run again
            if step.declares:
                self._warnings.append(
                    f"warning: {step.source.name} cannot run again: {explained(error)}"
                )
            return replace(step, unit=None)
        if step.declares:
            value = InputValue(self._program, step.value_symbol)
            outcome = self._program.initialize(unit, value.look)
            value.keep(unit)
            if outcome.exception_type is not None:
                self._warnings.append(
                    f"warning: {step.source.name} threw {outcome.exception_type} when it ran again"
                )
        return replace(step, unit=unit)


def _call(method: WeakMethod[Callable[[Position], None]], position: Position) -> None:
    alive = method()
    if alive is not None:
        alive(position)


def explained(error: UndefinedSymbolsError) -> str:
    """What the user is told."""
    if any(map(is_last_value, error.names)):
        return (
            "`_`: the last value is gone: it was a temporary that cannot be kept, or what "
            "has been undone since had taken its place"
        )
    return as_written(error.brief)
