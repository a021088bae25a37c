"""The session as the shell drives it: what has been typed so far, as one growing program.

``LiveSession.run`` takes an input through all stages; it is a transaction: either all of the
input takes effect, or the session is as it was before.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, overload

from repl.clang.compiler import Compiler, InputCompiler
from repl.clang.pipeline import CompiledInput
from repl.clang.protocol import DescribeShapes
from repl.configuration.session_options import SessionOptions, frontend_flags
from repl.errors import ProgramCrashed, ShellError
from repl.input.seen_file import SeenFile
from repl.input.source import Source
from repl.program.at_rest import ProgramAtRest
from repl.program.linker_import import import_linker
from repl.program.printing import Inspect
from repl.program.program import Program
from repl.session.batches import Batches
from repl.session.calls import Calls
from repl.session.compilers import Compilers
from repl.session.evaluation import Evaluation, Watch
from repl.session.extensions import Extensions
from repl.session.session_libraries import SessionLibraries
from repl.session.state import NO_CLANG, SessionState
from repl.session.steps import Result, Step, V, seen_files
from repl.session.survival import Survival
from repl.session.undo import undo_newest
from repl.session.waiting import WaitingInput, what_waits
from runtime.errors import ExecutorDied
from runtime.objects.libraries import find_library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from repl.session.again import SplitFile
    from repl.session.played_scripts import Recorder
    from repl.session.reload_report import ReloadReport
    from runtime.addresses import ExecutorAddress
    from runtime.executor_client.calls import OnCallBack
    from runtime.memory.manager import Statistics


class LiveSession:
    """Everything that prompts, scripts and commands need; ``repl.Session`` is its face for
    Python, and says what is raised. A context manager: leaving it, or ``close``, ends all
    processes. For one thread at a time.
    """

    def __init__(
        self,
        options: SessionOptions,
        *,
        compilers: Compilers | None = None,
        played: InputCompiler | None = None,
        records: bool = False,
    ) -> None:
        """``compilers``: that have been started for these options, and stay the caller's to end;
        ``played``: all inputs have been compiled before, and there is no Clang; ``records``:
        what they are compiled to is to be kept.

        Raises SetupError, ShellError if there is nobody at the listener's address, or
        RuntimeFailure if there is no such library.
        """
        for name in options.libraries:
            find_library(name, options.library_folders)
        self.recorder: Recorder | None = None
        self._compiler: Compiler | None = None
        with ExitStack() as stack:
            if played is None and compilers is None:
                compilers = stack.enter_context(Compilers(options))
            self._headers = compilers.headers if compilers is not None else None
            compiler = played or self._compiler_of(compilers, options, records)
            program = stack.enter_context(Program(options))
            if options.listener is not None:
                program.executor.greet()  # better now than after the first input
            self._processes = stack.pop_all()
        self._state = SessionState(options, compiler, program)
        self._survival = Survival(self._state)
        self.batches = Batches(self._state)
        self._evaluation = Evaluation(self._state, self._survival, self.batches)
        self._libraries = SessionLibraries(self._state, self._survival)
        self._calls = Calls(self._state, self._survival)
        mine = self._state, self._survival, self._calls
        self.extensions = Extensions(*mine, self._take, self.run, self.evaluate)
        self._count = 0
        self.on_callback: OnCallBack | None = None  # for ``call``; it may call again

    def _compiler_of(
        self, compilers: Compilers | None, options: SessionOptions, records: bool
    ) -> InputCompiler:
        assert compilers is not None
        self._compiler = compiler = Compiler(
            compilers.frontend,
            compilers.codegen,
            options.optimisation,
            most_joined=lambda: self.batches.most(),
            meanwhile=import_linker,
        )
        if records:
            from repl.session.played_scripts import Recorder

            self.recorder = Recorder(compiler)
        return self.recorder or compiler

    def __enter__(self) -> LiveSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes; nothing of the program's runs. See ``finish``."""
        self._processes.close()
        self.extensions.close()

    # What is there.

    @property
    def inputs(self) -> list[str]:
        """The inputs in force, oldest first."""
        return [step.source.text for step in self._state.steps]

    @property
    def steps(self) -> tuple[Step, ...]:
        """One step for each input in force: its source, bitcode and loaded unit; oldest first."""
        return tuple(self._state.steps)

    @property
    def options(self) -> SessionOptions:
        """How inputs are compiled and run now."""
        return self._state.options

    @property
    def compiler(self) -> Compiler:
        """To ask Clang and LLVM something. Raises ShellError in a session that is played."""
        if self._compiler is None:
            raise ShellError(NO_CLANG)
        return self._compiler

    @property
    def beginnings(self) -> int:
        """How often it has begun again with nothing declared."""
        return self._state.beginnings

    @property
    def lends_terminal(self) -> bool:
        """Whether the terminal is to be repaired after each input."""
        return self.options.interactive and self.options.listener is None

    @property
    def executor_pid(self) -> int:
        """Of the process in which the program runs now."""
        return self._state.program.executor.pid

    def memory(self) -> Statistics:
        """What the inputs occupy."""
        return self._state.program.execution().statistics()

    def waiting(self) -> list[tuple[WaitingInput, str]]:
        """The inputs that wait, oldest first, each with what it waits for."""
        if not self._state.waiting:
            return []
        self._survival.attend()
        with self._survival.running_program(is_at_rest=True):
            return what_waits(self._state.waiting, self._state.program)

    def take_warnings(self) -> list[str]:
        """What the user should know of the last input or ``undo``, whether it failed or not."""
        return self._state.take_warnings()

    def warn(self, text: str) -> None:
        """Add to the warnings."""
        self._state.warn(text)

    def take_crash_between(self) -> ProgramCrashed | None:
        """How the program ended while no input ran, if it did since this was last asked."""
        crash, self._state.crash_between = self._state.crash_between, None
        return crash

    # Before an input.

    def wait_until_ready(self) -> None:
        """Wait for Clang. Raises SetupError if it cannot start, as with a bad flag."""
        self._state.compiler.wait_until_ready()

    def prepare(self) -> None:
        """Get ready for the next input, while it is typed. Returns at once."""
        self._state.compiler.prepare()
        self.build_headers()

    def build_headers(self) -> bool:
        """Begin to precompile headers that have been missed: whether it has begun."""
        return self._headers is not None and self._headers.build()

    def attend(self) -> None:
        """See that the program lives, and that it is saved."""
        self._survival.attend()

    def change_options(self, options: SessionOptions) -> None:
        """Compile the next inputs differently; raises ShellError if Clang then rejects
        those in force, or takes their objects for something else, and leaves all as it was."""
        from repl.session.shapes import check_same

        compiler = self.compiler
        question = DescribeShapes(len(self._state.steps))
        before = compiler.ask(question)
        level = options.optimisation
        compiler.reconfigure(
            frontend_flags(options), level, lambda: check_same(before, compiler.ask(question))
        )
        assert self._headers is not None
        self._headers.use(options)
        self._state.options = options

    def add_library_folder(self, folder: str) -> None:
        """Look for libraries there, too. Raises ShellError if there is no such folder."""
        self._survival.attend()
        with self._survival.running_program(is_at_rest=True):
            self._libraries.add_folder(folder)

    # Inputs.

    @overload
    def run(self, source: Source | str, upcoming: Sequence[Source] = ()) -> Result[str]: ...

    @overload
    def run(
        self, source: Source | str, upcoming: Sequence[Source] = (), *, inspect: Inspect[V]
    ) -> Result[V]: ...

    def run(
        self,
        source: Source | str,
        upcoming: Sequence[Source] = (),
        *,
        inspect: Inspect[Any] | None = None,
    ) -> Result[Any]:
        """See ``Session.run``. ``upcoming``: what will probably be next."""
        if isinstance(source, str):
            self._count += 1
            source = Source(source, f"In[{self._count}]")
        compiled = self._state.compiler.compile(source, upcoming)
        return self._take(source, compiled, inspect or self._evaluation.format)

    def _take(
        self,
        source: Source,
        compiled: CompiledInput,
        inspect: Inspect[Any],
        watch: Watch | None = None,
    ) -> Result[Any]:
        """Let what has been compiled take effect."""
        state = self._state
        try:
            self._libraries.obey(compiled.parsed.pragmas)
            ran = self._evaluation.load_and_run(compiled, source, inspect, watch)
        except BaseException:
            # Also if that went back further than to before this input.
            state.compiler.rollback(len(state.steps))
            self._evaluation.leave_batch()
            raise
        if self._survival.can_rewind and ran.is_moment:
            self._survival.note_input(state.position())
        state.steps.append(Step.of(source, compiled, ran.loaded))
        state.note_defined(compiled.before, ran.emitted)
        if ran.has_changed:
            self._survival.program_changed()
        warnings = compiled.parsed.warnings
        waits_for = self._libraries.with_hints(ran.loaded)
        return Result(ran.value, warnings.brief, waits_for, warnings.full, warnings.diagnostics)

    def evaluate(self, expression: str, inspect: Inspect[V]) -> V:
        """What ``inspect`` makes of the value of an expression, as for ``Session.value``."""
        return self._evaluation.evaluate(expression, inspect)

    def value(self, expression: str) -> Any:
        """See ``Session.value``."""
        from repl.session.values import python_value

        return self._evaluation.evaluate(expression, python_value)

    def show(self, expression: str) -> str:
        """See ``Session.show``."""
        return self._evaluation.evaluate(expression, self._evaluation.format)

    # Calls.

    @property
    def call_block(self) -> memoryview:
        """Memory for arguments and results of calls."""
        return self._calls.block

    def call(self, function: ExecutorAddress, offset: int = 0, *, observes: bool = False) -> None:
        """Call ``extern "C" void(unsigned char *block)``, with ``offset`` added to the block. What
        ends the program takes back just this call. ``observes``: it changes nothing, so the
        program need not be saved again. Raises what ``run`` does."""
        self._calls.call(function, offset, self.on_callback, observes)

    def unprotected(self) -> AbstractContextManager[None]:
        """See ``Session.unprotected``."""
        return self._calls.unprotected()

    # Going back.

    def take_over(self, steps: Sequence[Step]) -> None:
        """Have inputs in force that were compiled elsewhere, in a session that has just begun; see
        ``restart``."""
        self._survival.take_over(steps)

    def undo(self, count: int = 1, *, keeps_members: bool = False) -> None:
        """See ``Session.undo``. ``keeps_members``: not what has come from archives for them."""
        undo_newest(self._state, self._survival, count, keeps_members=keeps_members)

    def reload(self, edited: dict[str, SeenFile], split: SplitFile) -> ReloadReport:
        """Put the new text of files in force, and go on; see ``Reload``."""
        from repl.session.reload import Reload

        return Reload(self._state, self._survival, self.compiler, edited, split).run()

    def seen_files(self) -> list[tuple[SeenFile, str]]:
        """The files of the user's that inputs in force were made of, and the input that read each
        first; "" for those that were loaded themselves."""
        if self._compiler is None:
            return []
        return seen_files(self._state.steps, self._compiler.snapshot(len(self._state.steps)))

    def settle(self) -> None:
        """Make the inputs so far permanent: undo and rewind stop here."""
        self._survival.settle()

    def rewind(self, count: int = 1) -> None:
        """See ``Session.rewind``."""
        if not self._survival.can_rewind:
            raise ShellError("this session keeps no checkpoints to go back to")
        self._survival.rewind(count)

    def distances(self) -> list[int]:
        """By how many inputs ``rewind`` can go back, shortest first."""
        return self._survival.distances()

    def restart(self) -> None:
        """See ``Session.restart``."""
        self._survival.restart()

    def reset(self) -> None:
        """See ``Session.reset``."""
        self._survival.will_start_anew()
        try:
            self._state.program.executor.shutdown()
        except ExecutorDied as died:
            raise self._survival.crash(died) from None
        finally:
            self._survival.start_anew()

    # The program.

    def using_program(self) -> AbstractContextManager[ProgramAtRest]:
        """Look at the program while nothing of it runs; see ``Survival.using_program``."""
        return self._survival.using_program()

    def open_libraries(self) -> None:
        """See ``SessionLibraries.check``."""
        self._libraries.check()

    def load_library(self, name: str) -> str:
        """Open a shared library (``m``, ``libm.so.6`` or a path) in the executor, have an archive
        at hand, or load an object, as an input without text.

        Returns the symbols, as text, that an object waits for.
        """
        objects = self._libraries.open(name, takes_objects=True)
        return "; ".join(filter(None, map(self._load_object, objects)))

    def _load_object(self, path: str) -> str:
        source, compiled = self._libraries.object_input(path)
        return self._take(source, compiled, self._evaluation.format).waits_for

    def run_main(self, *, goes_on: bool = False) -> int | None:
        """Call ``main``, if an input defined it: what it returned, or None.

        ``goes_on``: this is not the end of the session. Raises LinkError if it waits.
        """
        return self._evaluation.run_main(self.waiting(), goes_on=goes_on)

    def finish(self, status: int = 0) -> int:
        """End the program as by returning ``status`` from main: what is registered runs.

        Returns its exit status, which a handler may have changed.
        """
        try:
            return self._state.program.executor.shutdown(status)
        except ExecutorDied as died:
            raise self._survival.crash(died) from None
