"""The session: what has been typed so far, as one growing program.

``Session.run`` takes an input through all stages; it is a transaction: either all
of the input takes effect, or the session is as it was before.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from repl import native_programs
from repl.codegen import CodeGenerator
from repl.compiler import CompiledInput, Compiler
from repl.crash_report import describe_crash
from repl.errors import (
    ProgramCrashed,
    ProgramExited,
    ShellError,
    UncaughtException,
    signal_name,
)
from repl.executor_view import show_value
from repl.frontend import Frontend, Source
from repl.linker_import import import_linker
from repl.program import Program
from repl.recovery import Recovery, lost_inputs, rolled_back
from repl.redefined_names import as_written
from repl.session_options import SessionOptions, frontend_flags
from repl.session_steps import Position, Step
from runtime.errors import ExecutorDied, UndefinedSymbolsError
from runtime.wire import Outcome

if TYPE_CHECKING:
    from runtime.memory_manager import Statistics
    from runtime.unit_journal import LoadedUnit


@dataclass(frozen=True, slots=True)
class Result:
    """What an input gave: its value as text, if it has one, and Clang's warnings."""

    value: str | None
    warnings: str


class Session:
    """A context manager: leaving it ends all processes.

    Methods raise ShellError or RuntimeFailure for what went wrong with an input,
    and ProgramExited when the user's program has called ``exit``.
    """

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._steps: list[Step] = []
        self._warnings: list[str] = []
        with ExitStack() as stack:
            # All start now and get ready while the first input is being typed.
            frontend = stack.enter_context(
                Frontend(
                    native_programs.frontend(),
                    frontend_flags(options),
                    redefinition=options.redefinition,
                    parse_timeout=options.parse_timeout,
                )
            )
            self._frontend = frontend
            codegen = stack.enter_context(CodeGenerator())
            self._compiler = Compiler(frontend, codegen, options.optimisation)
            self._program = stack.enter_context(Program(options))
            if options.listener is not None:
                self._program.executor.greet()  # better now than after the first input
            self._stack = stack.pop_all()
        self._recovery = (
            Recovery(self._program, self._set_position, self._warnings.append)
            if options.recover
            else None
        )
        self._must_restart = False
        self._settled = 0
        self.beginnings = 0
        """How often it has begun again with nothing declared."""
        self._crashed_between: ProgramCrashed | None = None
        self.loading: list[str] = []
        """The files that ``%load`` is reading, each named in the one before it."""

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def inputs(self) -> list[str]:
        """The inputs in force, oldest first."""
        return [step.source.text for step in self._steps]

    @property
    def lends_terminal(self) -> bool:
        """Whether the terminal is to be repaired after each input."""
        return self._options.interactive and self._options.listener is None

    @property
    def executor_pid(self) -> int:
        """Of the process in which the program runs now."""
        return self._program.executor.pid

    def wait_until_ready(self) -> None:
        """Wait for Clang. Raises SetupError if it cannot start, as with a bad flag."""
        import_linker()  # while the other processes start
        self._frontend.wait_until_ready()

    def run(self, source: Source, upcoming: Source | None = None) -> Result:
        """Compile, link and run one input.

        ``upcoming``: the input that will probably be next, to be compiled ahead.
        It must not depend on what this input does when it runs.
        """
        compiled = self._compiler.compile(source, upcoming)
        try:
            unit, value = self._load_and_run(compiled, source.unit_name)
        except BaseException:
            # Also if that went back further than to before this input.
            self._compiler.rollback(len(self._steps))
            raise
        if self._recovery is not None:
            compiler = self._compiler.snapshot(compiled.before)
            self._recovery.note_input(Position(tuple(self._steps), compiler))
        self._steps.append(Step(source, compiled.machine_code, compiled.parsed.declares, unit))
        if unit is not None:
            self._program_changed()
        return Result(value, compiled.parsed.warnings)

    def prepare(self) -> None:
        """Get ready for the next input, while it is typed. Returns at once."""
        self._compiler.prepare()

    def undo(self, count: int = 1) -> None:
        """Take back the newest inputs: their registered functions run, then they go.

        If one of these crashes, nothing is undone.
        """
        there = len(self._steps) - self._settled
        if count > there:
            message = f"cannot undo {count} inputs: there are {there}"
            raise ShellError(message if there else "nothing to undo")
        kept = len(self._steps) - count
        self.attend()
        with self._running_program():
            outcomes = [self._unload(s.unit) for s in reversed(self._steps[kept:]) if s.unit]
        del self._steps[kept:]
        self._compiler.rollback(kept)
        self._program_changed()
        for outcome in outcomes:  # all are gone; now say what one of them threw
            _raise_exception(outcome)

    def settle(self) -> None:
        """What is in force is there to stay: ``undo`` and ``rewind`` end here."""
        self._settled = len(self._steps)
        if self._recovery is not None:
            self._recovery.settle()

    def rewind(self, count: int = 1) -> None:
        """Go back in time to before the last ``count`` inputs that took effect: also the
        program's memory is as it was. Nothing of the program's runs."""
        if self._recovery is None:
            raise ShellError("this session keeps no checkpoints to go back to")
        self.attend()
        self._recovery.rewind(count)

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

    def reset(self) -> None:
        """End the program as by ``exit(0)``; another begins, with nothing declared.

        Raises ProgramCrashed if what it had registered crashed; it has been replaced
        all the same.
        """
        try:
            self._program.executor.shutdown()
        except ExecutorDied as died:
            raise self._crash(died) from None
        finally:
            self._start_anew()

    def memory(self) -> Statistics:
        """What the inputs occupy."""
        return self._program.execution().statistics()

    def take_warnings(self) -> list[str]:
        """What the user should know of the last input or ``undo``, whether it failed or not."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def take_crash_between(self) -> ProgramCrashed | None:
        """How the program ended while no input ran, if it did since this was last asked."""
        crash, self._crashed_between = self._crashed_between, None
        return crash

    def load_library(self, name: str) -> None:
        """Open a shared library (``m``, ``libm.so.6`` or a path) in the executor."""
        self.attend()
        with self._running_program():
            self._program.load_library(name)
        self._program_changed()

    def run_main(self) -> int | None:
        """Call ``main``, if an input defined it: what it returned, or None."""
        self.attend()
        with self._running_program():
            outcome = self._program.run_main()
        if outcome is None:
            return None
        _raise_exception(outcome)
        return outcome.status

    def finish(self, status: int = 0) -> int:
        """End the program as by returning ``status`` from main: what is registered runs.

        Returns its exit status, which a handler may have changed.
        """
        try:
            return self._program.executor.shutdown(status)
        except ExecutorDied as died:
            raise self._crash(died) from None

    def _load_and_run(
        self, compiled: CompiledInput, name: str
    ) -> tuple[LoadedUnit | None, str | None]:
        self.attend()
        if not compiled.machine_code:
            return None, None
        parsed = compiled.parsed
        with self._running_program():
            try:
                unit = self._program.load(name, compiled.machine_code)
            except UndefinedSymbolsError as error:
                raise ShellError(as_written(error.brief)) from None
            outcome = self._program.initialize(unit)
            if outcome.exception_type is not None:
                self._unload(unit)
                self._program_changed()
                _raise_exception(outcome)
            if outcome.value is None:
                return unit, None
            return unit, show_value(self._program, parsed, outcome.value)

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
        unit = self._program.load(step.source.unit_name, step.machine_code)
        if step.declares:
            outcome = self._program.initialize(unit)
            if outcome.exception_type is not None:
                self._warnings.append(
                    f"warning: {step.source.name} threw {outcome.exception_type} when it ran again"
                )
        return replace(step, unit=unit)

    # When the program ends.

    @contextmanager
    def _running_program(self) -> Iterator[None]:
        """Whatever ends the program in here is undone, and becomes an error that says
        what happened."""
        try:
            yield
        except ExecutorDied as died:
            if died.exit_status is not None:
                raise ProgramExited(died.exit_status) from None
            raise self._recover(died) from None
        except KeyboardInterrupt:
            interrupted = ExecutorDied(exit_status=None, signal=signal.SIGINT)
            interrupted.is_interrupt = True
            raise self._recover(interrupted) from None

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


def _raise_exception(outcome: Outcome) -> None:
    if outcome.exception_type is not None:
        raise UncaughtException(as_written(outcome.exception_type), outcome.exception_what)
