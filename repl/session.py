"""The session: what has been typed so far, as one growing program.

``Session.run`` takes an input through all stages; it is a transaction: either all
of the input takes effect, or the session is as it was before.
"""

from __future__ import annotations

import os
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Unpack, overload

from repl import native_programs
from repl.clang.codegen import CodeGenerator
from repl.clang.compiler import Compiler
from repl.clang.frontend import Frontend
from repl.configuration.session_choices import Choices, chosen_options
from repl.configuration.session_options import SessionOptions, frontend_flags
from repl.errors import ProgramCrashed, ShellError
from repl.evaluation import EvaluatingSession
from repl.header_cache.session_headers import SessionHeaders
from repl.input.source import Source
from repl.linker_import import import_linker
from repl.printing import Inspect
from repl.program import Program
from repl.session_steps import Position, Result, Step, V
from repl.shared_arrays import ArrayDeclaration, Shape, share_array
from repl.uncaught_exceptions import raise_exception
from runtime.errors import ExecutorDied

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from runtime.memory_manager import Statistics


class Session(EvaluatingSession):
    """A program in C or C++ that grows by one input after another.

    A context manager: leaving it, ``close``, and forgetting the session end all its
    processes. Use it from one thread at a time, which need not be the main one.

    All errors are ``ForkreplError``; of an input's, the session goes on as it was before:

    - CompileError (``diagnostics``), or LinkError;
    - UncaughtException (``type_name``, ``what``): a C++ exception. If it is derived from one
      of the standard library's it is Python's exception, too: IndexError
      (``out_of_range``), MemoryError (``bad_alloc``), ValueError (``invalid_argument``,
      ``domain_error``, ``length_error``, ``range_error``), OverflowError
      (``overflow_error``), OSError (``system_error``), RuntimeError (others);
    - ProgramCrashed (``signal``);
    - ProgramExited (``status``): the input called ``exit``. From now on all raises this, until
      ``reset`` or ``restart``;
    - KeyboardInterrupt: Ctrl-C, which takes the input back. In another thread than the main
      one it is a crash by SIGINT. While nothing runs, no signal handler is changed.
    """

    def __init__(self, options: SessionOptions | None = None, **choices: Unpack[Choices]) -> None:
        """``options``, or keywords, which all have defaults.

        ``language``: "c++" (default) or "c". ``std``: "c++20". ``include``: folders of headers.
        ``define``: macros, ``{"N": 3, "DEBUG": None}``. ``flags``: other options of Clang's.
        ``optimisation``: 0 (default) to 3. ``libraries``: as ``-l``: ``["m"]``, or paths;
        ``library_folders``: where to look for them. ``arguments``: the program's argv.
        ``memory_limit``: what the program may allocate: bytes, "512M", "25%" or "none" (default:
        half of the machine's memory). ``recover``: an input that ends the program is taken
        back, and the rest stays (default); otherwise all starts anew. ``redefinition``: an input
        may declare again what an earlier one did (default). ``private_input``: the program's
        standard input is empty; by default it is that of this process. ``parse_timeout``:
        seconds for an input, 0 for any time (default: 60). ``listener``: where the program
        runs (``runtime.listener_address.Listener``), if not in a child of this process; its
        own limit of memory counts.
        """
        if options is not None and choices:
            raise TypeError("Session() takes SessionOptions or keywords, not both")
        options = chosen_options(choices) if options is None else options
        with ExitStack() as stack:
            # All start now and get ready while the first input is being typed.
            self.headers = stack.enter_context(SessionHeaders(options))
            frontend = stack.enter_context(
                Frontend(
                    native_programs.frontend(),
                    frontend_flags(options),
                    redefinition=options.redefinition,
                    parse_timeout=options.parse_timeout,
                    precompiled=self.headers.precompiled,
                )
            )
            self.frontend = frontend  # nobody else's while a method of this class runs
            codegen = stack.enter_context(CodeGenerator())
            compiler = Compiler(frontend, codegen, options.optimisation)
            program = stack.enter_context(Program(options))
            if options.listener is not None:
                program.executor.greet()  # better now than after the first input
            self._processes = weakref.finalize(self, _close, stack.pop_all(), os.getpid())
        self._count = 0
        super().__init__(options, compiler, program)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes; nothing of the program's runs. See ``finish``."""
        self._processes()

    @property
    def inputs(self) -> list[str]:
        """The inputs in force, oldest first."""
        return [step.source.text for step in self._steps]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The same, with what they have become."""
        return tuple(self._steps)

    @property
    def options(self) -> SessionOptions:
        """How inputs are compiled and run now."""
        return self._options

    @property
    def compiler(self) -> Compiler:
        """To ask Clang and LLVM something."""
        return self._compiler

    @property
    def program(self) -> Program:
        """To ask the program something, after ``attend``."""
        return self._program

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
        self.frontend.wait_until_ready()

    @overload
    def run(self, source: Source | str, upcoming: Source | None = None) -> Result[str]: ...

    @overload
    def run(
        self, source: Source | str, upcoming: Source | None = None, *, inspect: Inspect[V]
    ) -> Result[V]: ...

    def run(
        self,
        source: Source | str,
        upcoming: Source | None = None,
        *,
        inspect: Inspect[Any] | None = None,
    ) -> Result[Any]:
        """Compile, link and run one input: all of its declarations and statements.

        The result's ``value``: of an expression without ``;`` at the end, as the shell
        prints it. Text is called ``In[1]``, ``In[2]`` ... in messages.

        ``upcoming``: the input that will probably be next, to be compiled ahead.
        It must not depend on what this input does when it runs. ``inspect`` is called
        with its value, while the program waits and its temporaries live; if it raises,
        the input's declarations go, as after an exception of its own. Without it the
        result is the value as text.
        """
        self._check_open()
        if isinstance(source, str):
            self._count += 1
            source = Source(source, f"In[{self._count}]")
        compiled = self._compiler.compile(source, upcoming)
        try:
            unit, value = self._load_and_run(compiled, source.unit_name, inspect or self._format)
        except BaseException:
            # Also if that went back further than to before this input.
            self._compiler.rollback(len(self._steps))
            raise
        if self._recovery is not None:
            compiler = self._compiler.snapshot(compiled.before)
            self._recovery.note_input(Position(tuple(self._steps), compiler))
        self._steps.append(Step.of(source, compiled, unit))
        if unit is not None:
            self._program_changed()
        return Result(value, compiled.parsed.warnings)

    def shared_array(self, name: str, shape: Shape, dtype: DTypeLike = float) -> NDArray[Any]:
        """A numpy array that is a variable of the program's, too: ``double name[3][4]``.

        Both use the same memory, zero at first: nothing is copied, and each sees at once what
        the other writes. So it does not go back with the program when an input crashes, or by
        ``rewind``; ``restart`` keeps it. After ``undo``, ``reset`` and ``close`` the array is
        Python's alone. bool, integers, float32 and float64. Raises ValueError for what C has
        no array of, ShellError if the program is on another machine or memory is short.
        """
        self._check_open()
        return share_array(self, ArrayDeclaration(name, shape, dtype))

    def change_options(self, options: SessionOptions) -> None:
        """Compile the next inputs differently; raises ShellError if Clang then rejects
        those in force, and leaves all as it was."""
        self._compiler.reconfigure(frontend_flags(options), options.optimisation)
        self._options = options

    def prepare(self) -> None:
        """Get ready for the next input, while it is typed. Returns at once."""
        self._compiler.prepare()
        self.headers.build()

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
            raise_exception(outcome)

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

    def run_main(self, *, goes_on: bool = False) -> int | None:
        """Call ``main``, if an input defined it: what it returned, or None.

        ``goes_on``: this is not the end of the session."""
        self.attend()
        with self._running_program():
            outcome = self._program.run_main()
        if outcome is None:
            return None
        if goes_on:
            self._program_changed()
        raise_exception(outcome)
        return outcome.status

    def finish(self, status: int = 0) -> int:
        """End the program as by returning ``status`` from main: what is registered runs.

        Returns its exit status, which a handler may have changed.
        """
        try:
            return self._program.executor.shutdown(status)
        except ExecutorDied as died:
            raise self._crash(died) from None


def _close(processes: ExitStack, owner: int) -> None:
    if os.getpid() == owner:  # and not a fork of it, which must not end them
        processes.close()
