"""The program under a debugger: as it crashed, and while it runs an input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from repl.clang.compiler import Compiler
from repl.clang.flags import wants_debug_info
from repl.clang.pipeline import CompiledInput
from repl.configuration.session_options import frontend_flags
from repl.errors import ShellError
from repl.input.source import Source
from repl.program.printing import Inspect
from repl.session.evaluation import Watch
from repl.session.state import SessionState
from repl.session.steps import Result
from runtime.addresses import ExecutorAddress

if TYPE_CHECKING:
    from runtime.executor_client.kept_crash import Debuggee
    from runtime.units.unit_journal import LoadedUnit

Attach = Callable[[int, Sequence[ExecutorAddress]], AbstractContextManager[None]]
"""Has a debugger attached to a process, which is to stop at the first of these addresses that is
reached; the context ends when it has gone."""


class NothingRuns(ShellError):
    """An input has nothing that a debugger could stop at."""


class Take(Protocol):
    """How what has been compiled takes effect: see ``LiveSession``."""

    def __call__(
        self,
        source: Source,
        compiled: CompiledInput,
        inspect: Inspect[Any],
        watch: Watch | None = None,
    ) -> Result[Any]: ...


class Debugging:
    """See the module. ``take``: see ``Take``."""

    def __init__(self, state: SessionState, take: Take) -> None:
        self._state = state
        self._take = take

    def crashed(self) -> AbstractContextManager[Debuggee]:
        """A copy of the process that crashed last; see ``Program.crashed``."""
        return self._state.program.crashed()

    def check_runs_here(self) -> None:
        """Raises ShellError if the program is out of reach of a debugger."""
        if not self._state.program.can_be_saved:
            raise ShellError(
                "the program runs behind a listener: have gdb attach there, or use --wrapper"
            )

    def run(
        self, source: Source, compiler: Compiler, inspect: Inspect[Any], attach: Attach
    ) -> Result[Any]:
        """Run an input, compiled for debuggers, with one attached. Raises what
        ``Session.run`` does, and ShellError if there is nothing that runs."""
        self.check_runs_here()
        state = self._state
        compiled = compiler.compile(source)
        try:
            if not compiled.machine_code:
                raise NothingRuns("there is nothing in this input that runs")
            code = self._object_for_debugger(source, compiled, compiler)
        except BaseException:
            state.compiler.rollback(len(state.steps))
            raise
        compiled = replace(compiled, machine_code=code, level=0)

        @contextmanager
        def watch(unit: LoadedUnit) -> Iterator[None]:
            from runtime.debugging.beginnings import beginnings  # needs numpy

            program = state.program
            functions = program.execution().initializers(unit)
            if not functions:
                yield
                return
            stops = beginnings(unit.linked) or functions[:1]
            with program.shown_to_debuggers(), attach(program.executor.pid, stops):
                yield

        return self._take(source, compiled, inspect, watch)

    def _object_for_debugger(
        self, source: Source, compiled: CompiledInput, compiler: Compiler
    ) -> bytes:
        options = self._state.options
        if wants_debug_info(options.compiler_flags) and not compiled.level:
            return compiled.machine_code
        flags = [*options.compiler_flags, "-g"]
        flags = frontend_flags(replace(options, compiler_flags=flags, optimisation=0))
        return compiler.object_for_debugger(source, flags, compiled.before)
