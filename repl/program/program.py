"""The user's program: the executor and what has been linked into it.

``Program`` adds going back to it. What it raises is the runtime's (ExecutorDied and
the other RuntimeFailures); ``Session`` says what that means for an input.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl.clang.flags import wants_debug_info
from repl.configuration.memory_size import memory_hint
from repl.configuration.session_options import SessionOptions
from repl.errors import ShellError
from repl.program.calls import ProgramCalls
from repl.program.libraries import ProgramLibraries
from repl.program.lineage import Lineage
from repl.program.linker_import import import_linker
from repl.program.output import Ends, ProgramOutput
from repl.program.sanitizer import sanitizer_runtime
from repl.program.saved import SavedProgram
from repl.program.shared_memory import SharedMemories
from repl.program.start import prepare_streams, start_executor
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorDied, ExecutorError, ExecutorOutOfMemory, RuntimeFailure
from runtime.executor_client.calls import CallMemory, OnCallBack
from runtime.executor_client.checkpoint import Introduction, memory_of
from runtime.executor_client.child import ExecutorProcess
from runtime.executor_client.client import ExecutorClient
from runtime.executor_client.kept_crash import Debuggee, KeptCrashes
from runtime.kernel_calls.memory_files import can_share
from runtime.memory.shared import SharedMemory
from runtime.protocol.wire import LookAtValue, Outcome

if TYPE_CHECKING:
    # Needs numpy, which takes 60 ms to import: see import_linker.
    from runtime.linker.link import LinkedUnit
    from runtime.units.execution_session import ExecutionSession, SessionMark
    from runtime.units.unit_journal import LoadedUnit


class Program:
    """A context manager: leaving it ends the process."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._sanitizer = sanitizer_runtime(options.sanitizers, goes_on=options.recover)
        self._executor = self._start_executor()
        self._execution: ExecutionSession | None = None
        self._libraries = ProgramLibraries(options)
        self._begun: tuple[SessionMark, int] | None = None
        self.lineage = Lineage()
        self._calls = ProgramCalls()
        self.shared = SharedMemories()
        self._output = ProgramOutput()
        self._crashed: list[LinkedUnit] = []  # what was loaded in the process that is kept

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.kill()
        self._discard()
        self.shared.close()
        self._calls.close()
        if self._sanitizer is not None:
            self._sanitizer.close()

    @property
    def executor(self) -> ExecutorClient:
        """The process in which the program runs now."""
        return self._executor

    @property
    def can_be_saved(self) -> bool:
        """Whether its process can have checkpoints: not if it is a listener's."""
        return isinstance(self._executor, ExecutorProcess)

    @property
    def memory(self) -> int:
        """The process's resident memory in bytes; 0 if a listener has it."""
        return memory_of(self._executor.pid) if self.can_be_saved else 0

    @property
    def shares_memory(self) -> bool:
        """Whether what is loaded is in memory that the linker and the program share."""
        # perf does not look for names in memory that has a file.
        return self._executor.passes_descriptors and not self._options.perf and can_share()

    @property
    def loaded(self) -> ExecutionSession | None:
        """The execution session, if anything has been linked yet."""
        return self._execution

    def execution(self) -> ExecutionSession:
        """The execution session: what is linked and loaded. The first call makes it, and opens the
        libraries of the options."""
        if self._execution is None:
            import_linker()
            from platform_support.platform import LinuxPlatform
            from runtime.debugging.developer_tools import DeveloperTools
            from runtime.memory.manager import MapperMemoryManager
            from runtime.memory.memfd_mapper import SharedMemoryMapper
            from runtime.memory.stream_mapper import StreamMemoryMapper
            from runtime.units.execution_session import ExecutionSession

            self._executor.set_arguments(list(self._options.arguments))
            prepare_streams(self._executor, self._options)
            mapper = SharedMemoryMapper if self.shares_memory else StreamMemoryMapper
            memory_manager = MapperMemoryManager(mapper(self._executor))
            debuggers = wants_debug_info(self._options.compiler_flags)
            tools = DeveloperTools(debuggers, self._options.perf)
            self._execution = ExecutionSession(
                self._executor,
                LinuxPlatform(),
                memory_manager,
                tools,
                redefinition=self._options.redefinition,
            )
            self._libraries.begin(self._execution)
            self.shared.variables.share_again(self._executor, self._execution)
        return self._execution

    def check(self) -> None:
        """Raises ExecutorDied if the process has ended since it was last asked."""
        if isinstance(self._executor, ExecutorProcess):
            self._executor.check()

    def load(
        self,
        name: str,
        machine_code: bytes,
        *,
        is_program: bool = False,
        is_run_next: bool = False,
    ) -> LoadedUnit:
        """Link an input's object; see ``ExecutionSession.load``."""
        objects = [(name, machine_code)]
        return self.load_together(objects, is_program=is_program, is_run_next=is_run_next)

    def load_together(
        self,
        objects: Sequence[tuple[str, bytes]],
        *,
        is_program: bool = False,
        is_run_next: bool = False,
        kept: Set[str] | None = None,
    ) -> LoadedUnit:
        """Link the objects of several inputs as one unit. Each: name and contents. ``kept``:
        see ``linker.link``."""
        with self._hint_at_limit():
            return self.libraries.static.load(
                objects, is_program=is_program, is_run_next=is_run_next, kept=kept
            )

    @contextmanager
    def _hint_at_limit(self) -> Iterator[None]:
        try:
            yield
        except ExecutorOutOfMemory as error:
            if self._options.memory_limit is not None:
                error.add_note(memory_hint(self._options.memory_limit))
            raise

    def defined(self, names: Sequence[str]) -> set[str]:
        """Those of the names that the program defines, or one of its libraries or archives."""
        if not names:
            return set()
        of_archives = {name for name in names if self.libraries.static.has(name)}
        return of_archives | self.execution().defined(names)

    def initialize(
        self,
        unit: LoadedUnit,
        look: LookAtValue | None = None,
        functions: Sequence[ExecutorAddress] | None = None,
    ) -> Outcome:
        """Run the unit's initializers, the input's statements among them; or these of them.
        ``look`` gets the value, while the program waits."""
        with self._hint_at_limit():
            return self._explained(self.execution().initialize(unit, look, functions))

    def unload(self, unit: LoadedUnit, *, keeps_members: bool = False) -> Outcome:
        """Run what the unit has registered (destructors, handlers), then free it.
        ``keeps_members``: not what has come from archives for it."""
        return self.libraries.static.unload(unit, keeps_members=keeps_members)

    @property
    def libraries(self) -> ProgramLibraries:
        """What it has of shared libraries and archives."""
        self.execution()
        return self._libraries

    def share(self, symbol: str, memory: SharedMemory) -> None:
        """See ``SharedVariables.share``."""
        self.shared.variables.share(self._executor, self.execution(), symbol, memory)

    def unshare(self, symbol: str) -> None:
        """Undo ``share``."""
        self.shared.variables.unshare(self._executor, self._execution, symbol)

    def redirect(self, ends: Ends | None) -> None:
        """See ``ProgramOutput.redirect``."""
        self._output.redirect(self._executor, ends)

    def take_reports(self) -> str:
        """What a sanitizer has reported since this was last called, as it has written it."""
        return self._sanitizer.take_reports() if self._sanitizer is not None else ""

    def run_main(self) -> Outcome | None:
        """Call ``main``; None if there is none."""
        main = self.execution().find_symbol("main")
        if main is None:
            return None
        return self._explained(self._executor.run_main(main, list(self._options.arguments)))

    @property
    def call_memory(self) -> CallMemory:
        """The memory that calls use. Raises ShellError."""
        return self._calls.memory(self._executor)

    def call(
        self, function: ExecutorAddress, offset: int, on_call_back: OnCallBack | None
    ) -> Outcome:
        """Call ``void(unsigned char *)``; see ``ExecutorClient.call``."""
        return self._explained(self._calls.call(self._executor, function, offset, on_call_back))

    def run_program(self, unit: LoadedUnit) -> int:
        """Run a unit that is a whole program to its end, as natively: its exit status.

        Raises ExecutorDied for a crash, which an exception that nobody catches is.
        """
        execution = self.execution()
        main = execution.find_symbol("main")
        return self._executor.run_program(execution.initializers(unit), main)

    # Going back.

    def begin_save(self) -> None:
        """Start to make a checkpoint, while other things are done; see ``save``.

        Raises ExecutorDied.
        """
        if isinstance(self._executor, ExecutorProcess):
            self._begun = self.execution().mark(), self.lineage.mark()
            self._executor.begin_checkpoint()

    def save(self) -> SavedProgram:
        """The program as it is now, or as it was when ``begin_save`` was called.

        Raises ExecutorDied, KeyboardInterrupt, and ExecutorError if no checkpoint can be made.
        """
        if not isinstance(self._executor, ExecutorProcess):
            raise ExecutorError("a program on a listener has no checkpoints")
        if self._begun is None:
            self.begin_save()
        assert self._begun is not None
        (mark, born), self._begun = self._begun, None
        try:
            checkpoint = self._executor.finish_checkpoint()
        except BaseException:  # Ctrl-C too
            self.execution().release(mark)
            raise
        return SavedProgram(checkpoint, mark, self.libraries.state, born, self._calls.mapped)

    def go_back(self, saved: SavedProgram) -> Introduction:
        """End the process, and put a checkpoint in its place, which is consumed.

        Marks made later can no longer be used. Raises ExecutorDied or ExecutorError if the
        checkpoint is gone.
        """
        assert isinstance(self._executor, ExecutorProcess)
        execution = self.execution()
        begun, self._begun = self._begun, None
        if begun is not None:
            execution.release(begun[0])
        introduction = self._executor.take_over(saved.checkpoint)
        self._calls.mapped = saved.calls
        self._output.attend(self._executor)
        self.shared.arenas.attend(self._executor)
        execution.rewind(saved.mark)
        self.lineage.go_back(saved.born)
        execution.release(saved.mark)
        self.libraries.state = saved.libraries
        return introduction

    def forget(self, saved: SavedProgram) -> None:
        """Discard this checkpoint, and release its mark."""
        saved.checkpoint.discard()
        self.execution().release(saved.mark)

    # For debuggers.

    def keep_crash(self, died: ExecutorDied) -> None:
        """Before ``go_back``: what has crashed is there for a debugger, until ``forget_crash``,
        if that is wanted and the program has reported it."""
        self._crashed.clear()
        crashes = self._crashes
        if crashes is not None and died.crash is not None and crashes.receive():
            self._crashed += self.execution().linked_units()

    def forget_crash(self) -> None:
        """End what is kept: its memory may come to be used for something else."""
        self._crashed.clear()
        if self._crashes is not None:
            self._crashes.drop()

    @contextmanager
    def crashed(self) -> Iterator[Debuggee]:
        """What is kept, for a debugger. Raises ShellError if nothing is, ExecutorError if it has
        ended."""
        if self._crashes is None or not self._crashed:
            raise ShellError("%debug: no crash is kept (it is until the next input runs)")
        with self._objects(self._crashed) as objects, self._crashes.enter(objects) as debuggee:
            yield debuggee

    @contextmanager
    def shown_to_debuggers(self) -> Iterator[None]:
        """What is loaded has names and lines for them."""
        assert isinstance(self._executor, ExecutorProcess)
        with self._objects(self.execution().linked_units()) as objects:
            self._executor.show_objects(objects)
        try:
            yield
        finally:
            with suppress(RuntimeFailure):  # it has ended
                self._executor.show_objects(None)

    @contextmanager
    def _objects(self, units: Sequence[LinkedUnit]) -> Iterator[int | None]:
        """A memfd for debuggers; None if they are told of each unit anyway."""
        if wants_debug_info(self._options.compiler_flags):
            yield None
            return
        from runtime.debugging.debug_objects import shown_objects

        descriptor = shown_objects(units)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @property
    def _crashes(self) -> KeptCrashes | None:
        executor = self._executor
        return executor.crashes if isinstance(executor, ExecutorProcess) else None

    def start_anew(self, with_libraries: bool = False) -> None:
        """End the process, and start a fresh one. In it are the libraries of the options, and
        those that were opened since only if ``with_libraries``."""
        self._executor.kill()
        self._discard()
        self.lineage.go_back(0)
        if not with_libraries:
            self._libraries.forget()
            self.shared.variables.forget()
        self._executor = self._start_executor()
        self._calls.mapped = None
        self._output.attend(self._executor)
        self.shared.arenas.attend(self._executor)

    def _explained(self, outcome: Outcome) -> Outcome:
        """The outcome; if memory ran out, with a hint at the limit that was probably met."""
        limit = self._options.memory_limit
        if outcome.exception_type != "std::bad_alloc" or limit is None:
            return outcome
        first, *causes = outcome.exceptions
        explained = replace(first, what=f"{first.what} {memory_hint(limit)}")
        return replace(outcome, exceptions=(explained, *causes))

    def _discard(self) -> None:
        self._begun = None
        self._crashed.clear()
        if self._execution is not None:
            self._execution.discard()
            self._execution = None

    def _start_executor(self) -> ExecutorClient:
        return start_executor(
            self._options.listener,
            standard_input=subprocess.DEVNULL if self._options.private_input else None,
            memory_limit=self._options.memory_limit,
            survives_interrupts=self._options.interactive,
            ends_forks=self._options.recover,
            keeps_crashes=self._options.keeps_crashes,
            sanitizer=self._sanitizer,
        )
