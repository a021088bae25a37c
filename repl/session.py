"""The session: what has been typed so far, as one growing program.

``Session.run`` takes an input through all stages; it is a transaction: either all
of the input takes effect, or the session is as it was before.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from repl import native_programs
from repl.codegen import CodeGenerator
from repl.compiler import CompiledInput, Compiler
from repl.compiler_options import optimisation_flags, wants_debug_info
from repl.completeness import unclosed_bracket
from repl.errors import (
    CompileError,
    ProgramCrashed,
    ProgramExited,
    ShellError,
    UncaughtException,
    signal_name,
)
from repl.frontend import Frontend, Source
from repl.linker_import import import_linker
from repl.remote import start_executor
from repl.values import ValueType, format_value
from runtime.errors import ExecutorDied, UndefinedSymbolsError
from runtime.executor_client import ExecutorClient
from runtime.libraries import find_library
from runtime.listener_address import Listener
from runtime.wire import Outcome

if TYPE_CHECKING:
    # Needs numpy, which takes 60 ms to import: see import_linker.
    from runtime.execution_session import ExecutionSession, LoadedUnit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How to compile and run. ``compiler_flags`` are Clang's, as they are.

    ``arguments``: the program's argv. ``private_input``: the program's standard
    input is empty, because ours holds the inputs. ``listener``: where the program
    runs, if not in a child of ours. ``perf``: the profiler is told of all code.
    """

    compiler_flags: Sequence[str] = ()
    optimisation: int = 0
    libraries: Sequence[str] = ()
    library_folders: Sequence[str] = ()
    colour: bool = False
    arguments: Sequence[str] = ("forkrepl",)
    private_input: bool = False
    listener: Listener | None = None
    perf: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What an input gave: its value as text, if it has one, and Clang's warnings."""

    value: str | None
    warnings: str


@dataclass(frozen=True, slots=True)
class _Step:
    """An input that took effect. ``unit`` is None if it made no code or data."""

    text: str
    unit: LoadedUnit | None


class Session:
    """A context manager: leaving it ends all processes.

    Methods raise ShellError or RuntimeFailure for what went wrong with an input,
    and ProgramExited when the user's program has called ``exit``.
    """

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._steps: list[_Step] = []
        self._warnings: list[str] = []
        with ExitStack() as stack:
            # All start now and get ready while the first input is being typed.
            self._frontend = stack.enter_context(
                Frontend(native_programs.frontend(), _frontend_flags(options))
            )
            codegen = stack.enter_context(CodeGenerator())
            self._compiler = Compiler(self._frontend, codegen, options.optimisation)
            self._executor = self._start_executor()
            stack.callback(lambda: self._executor.kill())
            if options.listener is not None:
                self._executor.greet()  # better now than after the first input
            self._stack = stack.pop_all()
        self._execution: ExecutionSession | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._execution is not None:
            self._execution.discard()

    @property
    def inputs(self) -> list[str]:
        """The inputs in force, oldest first."""
        return [step.text for step in self._steps]

    @property
    def executor_pid(self) -> int:
        """Of the process in which the program runs now."""
        return self._executor.pid

    def wait_until_ready(self) -> None:
        """Wait for Clang. Raises SetupError if it cannot start, as with a bad flag."""
        import_linker()  # while the other processes start
        self._frontend.wait_until_ready()

    def run(self, source: Source, upcoming: Source | None = None) -> Result:
        """Compile, link and run one input.

        ``upcoming``: the input that will probably be next, to be compiled ahead.
        It must not depend on what this input does when it runs.
        """
        _check_ends(source)
        if upcoming is not None and unclosed_bracket(upcoming.text):
            upcoming = None
        compiled = self._compiler.compile(source, upcoming)
        try:
            unit, value = self._load_and_run(compiled, source.name)
        except (ProgramExited, ProgramCrashed):
            raise
        except BaseException:
            self._compiler.rollback(compiled.before)
            raise
        self._steps.append(_Step(source.text, unit))
        return Result(value, compiled.parsed.warnings)

    def undo(self, count: int = 1) -> None:
        """Take back the newest inputs: their registered functions run, then they go."""
        if count > len(self._steps):
            raise ShellError(
                f"cannot undo {count} inputs: there are {len(self._steps)}"
                if self._steps
                else "nothing to undo"
            )
        self._compiler.rollback(self._compiler.length - count)
        outcomes = []
        for _ in range(count):
            step = self._steps.pop()
            if step.unit is not None:
                outcomes.append(self._unload(step.unit))
        for outcome in outcomes:  # all are gone; now say what one of them threw
            _raise_exception(outcome)

    def reset(self) -> None:
        """End the program as by ``exit(0)``; another begins, with nothing declared.

        Raises ProgramCrashed if what it had registered crashed; it has been replaced
        all the same.
        """
        try:
            self._executor.shutdown()
        except ExecutorDied as died:
            self._start_anew()
            raise ProgramCrashed(died.signal, died.wait_status) from None
        self._start_anew()

    def take_warnings(self) -> list[str]:
        """What the user should know of the last input or ``undo``, whether it failed or not."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def load_library(self, name: str) -> None:
        """Open a shared library (``m``, ``libm.so.6`` or a path) in the executor."""
        for path in find_library(name, self._options.library_folders):
            self._guarded(partial(self._execution_session().load_library, path))

    def run_main(self) -> int | None:
        """Call ``main``, if an input defined it: what it returned, or None."""
        execution = self._execution_session()
        main = execution.find_symbol("main")
        if main is None:
            return None
        outcome = self._guarded(
            lambda: self._executor.run_main(main, list(self._options.arguments))
        )
        _raise_exception(outcome)
        return outcome.status

    def finish(self, status: int = 0) -> int:
        """End the program as by returning ``status`` from main: what is registered runs.

        Returns its exit status, which a handler may have changed.
        """
        try:
            return self._executor.shutdown(status)
        except ExecutorDied as died:
            raise ProgramCrashed(died.signal, died.wait_status) from None

    def _load_and_run(
        self, compiled: CompiledInput, name: str
    ) -> tuple[LoadedUnit | None, str | None]:
        if not compiled.machine_code:
            return None, None
        parsed, machine_code = compiled.parsed, compiled.machine_code
        execution = self._execution_session()
        try:
            unit = self._guarded(lambda: execution.load([(name, machine_code)]))
        except UndefinedSymbolsError as error:
            raise ShellError(error.brief) from None
        type_ = ValueType.from_json(parsed.value_type) if parsed.value_type else None
        outcome = self._guarded(lambda: execution.initialize(unit))
        if outcome.exception_type is not None:
            self._unload(unit)
            _raise_exception(outcome)
        if type_ is None or outcome.value is None:
            return unit, None
        value = outcome.value
        return unit, self._guarded(
            lambda: format_value(type_, value, parsed.is_lvalue, self._executor.read_memory)
        )

    def _unload(self, unit: LoadedUnit) -> Outcome:
        execution = self._execution_session()
        outcome = self._guarded(lambda: execution.unload(unit))
        self._warnings += [
            f"warning: the handler of {signal_name(number)} went with its code: "
            "the signal has its default effect again"
            for number in outcome.restored_signals
        ]
        return outcome

    def _execution_session(self) -> ExecutionSession:
        if self._execution is None:
            import_linker()
            from platform_support.platform import LinuxPlatform
            from runtime.developer_tools import DeveloperTools
            from runtime.execution_session import ExecutionSession
            from runtime.memfd_mapper import SharedMemoryMapper
            from runtime.memory_manager import MapperMemoryManager
            from runtime.stream_mapper import StreamMemoryMapper

            self._guarded(lambda: self._executor.set_arguments(list(self._options.arguments)))
            # perf does not look for names in memory that has a file.
            shared = self._executor.passes_descriptors and not self._options.perf
            mapper = SharedMemoryMapper if shared else StreamMemoryMapper
            memory_manager = MapperMemoryManager(mapper(self._executor))
            debuggers = wants_debug_info(self._options.compiler_flags)
            tools = DeveloperTools(debuggers, self._options.perf)
            self._execution = ExecutionSession(
                self._executor, LinuxPlatform(), memory_manager, tools
            )
            for library in self._options.libraries:
                self.load_library(library)
        return self._execution

    def _start_executor(self) -> ExecutorClient:
        return start_executor(
            self._options.listener,
            standard_input=subprocess.DEVNULL if self._options.private_input else None,
        )

    def _guarded(self, call: Callable[[], T]) -> T:
        """Call into the executor; its end becomes an error that says what happened,
        with the session started anew if it was a crash."""
        try:
            return call()
        except ExecutorDied as died:
            if died.exit_status is not None:
                raise ProgramExited(died.exit_status) from None
            self._start_anew()
            raise ProgramCrashed(died.signal, died.wait_status) from None
        except KeyboardInterrupt:
            # The program got the signal too; if it survives, it would answer a
            # question that nobody asks any more.
            self._start_anew()
            raise ProgramCrashed(signal.SIGINT, None) from None

    def _start_anew(self) -> None:
        """After a crash: a fresh executor and a fresh Clang."""
        self._executor.kill()
        if self._execution is not None:
            self._execution.discard()
            self._execution = None
        self._steps.clear()
        self._compiler.rollback(0)
        self._executor = self._start_executor()


def _check_ends(source: Source) -> None:
    """Clang's incremental parser waits for ever for the end of such an input."""
    missing = unclosed_bracket(source.text)
    if missing:
        last = source.line + source.text.rstrip("\n").count("\n")
        message = f"{source.name}:{last}: error: the input ends where a '{missing}' is missing"
        raise CompileError(message, ())


def _frontend_flags(options: SessionOptions) -> list[str]:
    flags = [*options.compiler_flags, *optimisation_flags(options.optimisation)]
    if options.colour:
        flags.append("--colour-diagnostics")
    return flags


def _raise_exception(outcome: Outcome) -> None:
    if outcome.exception_type is not None:
        raise UncaughtException(outcome.exception_type, outcome.exception_what)
