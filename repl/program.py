"""The user's program: the executor and what has been linked into it.

``Program`` adds going back to it. What it raises is the runtime's (ExecutorDied and
the other RuntimeFailures); ``Session`` says what that means for an input.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from repl.command_line.compiler_options import wants_debug_info
from repl.configuration.memory_option import memory_hint
from repl.configuration.session_options import SessionOptions
from repl.linker_import import import_linker
from repl.remote import start_executor
from runtime.checkpoint import Checkpoint, Introduction, memory_of
from runtime.errors import ExecutorError, ExecutorOutOfMemory, RuntimeFailure
from runtime.executor_client import ExecutorClient
from runtime.executor_process import ExecutorProcess
from runtime.libraries import find_library
from runtime.shared_memory import SharedMemory
from runtime.wire import LookAtValue, Outcome

if TYPE_CHECKING:
    # Needs numpy, which takes 60 ms to import: see import_linker.
    from runtime.execution_session import ExecutionSession, SessionMark
    from runtime.unit_journal import LoadedUnit


class SavedProgram(Struct, frozen=True):
    """The program at a moment: a checkpoint of its process, and what was loaded.

    ``libraries``: those that had been opened."""

    checkpoint: Checkpoint
    mark: SessionMark
    libraries: tuple[str, ...]


def allocator_warnings(unit: LoadedUnit, *, is_program: bool = False) -> list[str]:
    """What is to be said of a unit that replaces a part of the C library's allocator."""
    from platform_support.symbols import kept_by_libraries

    names = kept_by_libraries(unit.linked.definitions.keys(), is_program=is_program)
    if not names:
        return []
    return [
        f"warning: libraries keep their own {', '.join(names)}: a program in a file may "
        "replace them, all of malloc, free, calloc and realloc"
    ]


class Program:
    """A context manager: leaving it ends the process."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._executor = self._start_executor()
        self._execution: ExecutionSession | None = None
        self._libraries: list[str] = []
        self._begun: SessionMark | None = None
        self._shared: dict[str, SharedMemory] = {}  # by symbol

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.kill()
        self._discard()
        self._forget_shared()

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
        """Its resident memory in bytes; 0 if that is not known here."""
        return memory_of(self._executor.pid) if self.can_be_saved else 0

    @property
    def loaded(self) -> ExecutionSession | None:
        """What is loaded, if anything was."""
        return self._execution

    def execution(self) -> ExecutionSession:
        """What is loaded; the first time this also loads the options' libraries."""
        if self._execution is None:
            import_linker()
            from platform_support.platform import LinuxPlatform
            from runtime.developer_tools import DeveloperTools
            from runtime.execution_session import ExecutionSession
            from runtime.memfd_mapper import SharedMemoryMapper
            from runtime.memory_manager import MapperMemoryManager
            from runtime.stream_mapper import StreamMemoryMapper

            self._executor.set_arguments(list(self._options.arguments))
            # perf does not look for names in memory that has a file.
            shared = self._executor.passes_descriptors and not self._options.perf
            mapper = SharedMemoryMapper if shared else StreamMemoryMapper
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
            for library in self._options.libraries:
                self._open_library(library)
            for path in self._libraries:
                self._execution.load_library(path)
            for symbol, memory in list(self._shared.items()):
                self.share(symbol, memory)
        return self._execution

    def check(self) -> None:
        """Raises ExecutorDied if the process has ended since it was last asked."""
        if isinstance(self._executor, ExecutorProcess):
            self._executor.check()

    def load(self, name: str, machine_code: bytes, *, is_program: bool = False) -> LoadedUnit:
        """Link an input's object; see ``ExecutionSession.load``."""
        try:
            return self.execution().load([(name, machine_code)], is_program=is_program)
        except ExecutorOutOfMemory as error:
            if self._options.memory_limit is not None:
                error.add_note(memory_hint(self._options.memory_limit))
            raise

    def initialize(self, unit: LoadedUnit, look: LookAtValue | None = None) -> Outcome:
        """Run it. ``look`` gets its value, while the program waits."""
        return self._explained(self.execution().initialize(unit, look))

    def unload(self, unit: LoadedUnit) -> Outcome:
        """Run what it has registered and take it away."""
        return self.execution().unload(unit)

    def load_library(self, name: str) -> None:
        """Open a shared library: ``m``, ``libm.so.6`` or a path."""
        self.execution()
        self._libraries += self._open_library(name)

    def share(self, symbol: str, memory: SharedMemory) -> None:
        """Map memory at this symbol; it is the program's from now on, in each process until
        ``start_anew`` without libraries. It never goes back."""
        execution = self.execution()
        address = self._executor.share_memory(memory.size, memory.descriptor)
        execution.define_variable(symbol, address, memory.size)
        self._shared[symbol] = memory

    def unshare(self, symbol: str) -> None:
        """Undo ``share``."""
        memory = self._shared.pop(symbol, None)
        if memory is None or self._execution is None:
            return
        definition = self._execution.find_definition(symbol)
        assert definition is not None
        self._execution.forget_variable(definition.unit)
        with suppress(RuntimeFailure):  # it has ended, or is as it was before the mapping
            self._executor.unmap_memory(definition.address, memory.size)

    def run_main(self) -> Outcome | None:
        """Call ``main``; None if there is none."""
        main = self.execution().find_symbol("main")
        if main is None:
            return None
        return self._explained(self._executor.run_main(main, list(self._options.arguments)))

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
            self._begun = self.execution().mark()
            self._executor.begin_checkpoint()

    def save(self) -> SavedProgram:
        """The program as it is now, or as it was when ``begin_save`` was called.

        Raises ExecutorDied, and ExecutorError if no checkpoint can be made.
        """
        if not isinstance(self._executor, ExecutorProcess):
            raise ExecutorError("a program on a listener has no checkpoints")
        if self._begun is None:
            self.begin_save()
        mark, self._begun = self._begun, None
        assert mark is not None
        try:
            checkpoint = self._executor.finish_checkpoint()
        except RuntimeFailure:
            self.execution().release(mark)
            raise
        return SavedProgram(checkpoint, mark, tuple(self._libraries))

    def go_back(self, saved: SavedProgram) -> Introduction:
        """End the process and be as saved, which is used up by it.

        Marks of later moments are void. Raises ExecutorDied or ExecutorError if the
        checkpoint is gone.
        """
        assert isinstance(self._executor, ExecutorProcess)
        execution = self.execution()
        begun, self._begun = self._begun, None
        if begun is not None:
            execution.release(begun)
        introduction = self._executor.take_over(saved.checkpoint)
        execution.rewind(saved.mark)
        execution.release(saved.mark)
        self._libraries = list(saved.libraries)
        return introduction

    def forget(self, saved: SavedProgram) -> None:
        """Nobody will go back to it."""
        saved.checkpoint.discard()
        self.execution().release(saved.mark)

    def start_anew(self, with_libraries: bool = False) -> None:
        """A fresh process, with nothing loaded but the options' libraries, or all."""
        self._executor.kill()
        self._discard()
        if not with_libraries:
            self._libraries.clear()
            self._forget_shared()
        self._executor = self._start_executor()

    def _forget_shared(self) -> None:
        while self._shared:
            self._shared.popitem()[1].close()

    def _open_library(self, name: str) -> list[str]:
        paths = [str(path) for path in find_library(name, self._options.library_folders)]
        assert self._execution is not None
        for path in paths:
            self._execution.load_library(path)
        return paths

    def _explained(self, outcome: Outcome) -> Outcome:
        """With a word on where a lack of memory probably comes from."""
        limit = self._options.memory_limit
        if outcome.exception_type != "std::bad_alloc" or limit is None:
            return outcome
        return replace(outcome, exception_what=f"{outcome.exception_what} {memory_hint(limit)}")

    def _discard(self) -> None:
        self._begun = None
        if self._execution is not None:
            self._execution.discard()
            self._execution = None

    def _start_executor(self) -> ExecutorClient:
        executor = start_executor(
            self._options.listener,
            standard_input=subprocess.DEVNULL if self._options.private_input else None,
            memory_limit=self._options.memory_limit,
        )
        executor.survives_interrupts = self._options.interactive
        if isinstance(executor, ExecutorProcess):
            executor.ends_forks = self._options.recover
        return executor
