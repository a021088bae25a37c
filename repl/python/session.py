"""The session as Python's users see it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Unpack, overload

from repl.configuration.session_options import SessionOptions
from repl.input.source import Source, include_directive
from repl.program.printing import Inspect
from repl.python.turns import Turns, in_turn
from repl.session.captured import Captured
from repl.session.choices import Choices, chosen_options
from repl.session.live_session import LiveSession
from repl.session.session_libraries import with_include_folder
from repl.session.shared_arrays import Shape
from repl.session.steps import Result, V
from runtime.standard_descriptors import open_missing_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    from repl.python.scopes import Scope
    from repl.python.vectorize import Vectorized


class Session:
    """A program in C or C++ that grows by one input after another.

    A context manager: leaving it, ``close``, and forgetting the session end all its
    processes. Threads may share it: each waits until no other one uses it. A fork of this
    process may not use it.

    All errors are ``ForkreplError``; of an input's, the session goes on as it was before:

    - CompileError (``diagnostics``; ``full``, all that Clang says);
    - LinkError: an undefined symbol, of what runs. What only defines things waits for the input or
      library that has it (``Result.waits_for``), and whatever runs it meanwhile raises this;
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
        runs (``runtime.protocol.listener_address.Listener``), if not in a child of this
        process; its own limit of memory counts.
        """
        if options is not None and choices:
            raise TypeError("Session() takes SessionOptions or keywords, not both")
        open_missing_descriptors()  # or the program would print to a socket of ours
        self._own(LiveSession(chosen_options(choices) if options is None else options))

    def _own(self, live: LiveSession) -> None:
        self._live = live
        # Which must not refer to this object, or nobody could forget a session.
        processes = weakref.finalize(self, _close, live, os.getpid())
        self._turns = Turns(processes)
        self._processes = processes
        self._gbl: Scope | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """As machine code: see ``SentSession``. Raises ShellError for what cannot be sent."""
        from repl.python.sent import portable_bytes, sent_session

        return sent_session, portable_bytes(self.gbl._bridge)

    def close(self) -> None:
        """End all processes; nothing of the program's runs.

        A second time, and in a fork of the process that made the session, nothing happens.
        """
        if self._turns.is_owner:
            with self._turns.take(to_close=True):
                self._processes()

    def __copy__(self) -> NoReturn:
        raise TypeError(
            "a Session cannot be copied, as its program is a process: pickle it for another "
            "process, or make another Session"
        )

    def __deepcopy__(self, _: object) -> NoReturn:
        self.__copy__()

    @property
    def closed(self) -> bool:
        """Whether it has been closed: then nothing can be run any more."""
        return not self._processes.alive

    @contextmanager
    def borrowed(self) -> Iterator[LiveSession]:
        """What the shell's commands work with; no other thread uses the session meanwhile."""
        with self._turns.take():
            yield self._live

    @property
    def inputs(self) -> list[str]:
        """The inputs in force, oldest first."""
        return self._live.inputs

    @property
    def options(self) -> SessionOptions:
        """How inputs are compiled and run now."""
        return self._live.options

    @property
    def executor_pid(self) -> int:
        """Of the process in which the program runs now."""
        self._turns.check()
        return self._live.executor_pid

    @property
    def gbl(self) -> Scope:
        """All that is declared, as Python's objects: functions and classes are called, variables
        read and assigned; ``gbl.std`` is a namespace."""
        if self._gbl is None:
            from repl.python.scopes import global_scope  # when it is used: it takes 20 ms

            with self._turns.take():
                self._gbl = global_scope(self._live, self._turns)
        return self._gbl

    @overload
    def run(self, source: Source | str) -> Result[str]: ...

    @overload
    def run(self, source: Source | str, *, inspect: Inspect[V]) -> Result[V]: ...

    def run(self, source: Source | str, *, inspect: Inspect[Any] | None = None) -> Result[Any]:
        """Compile, link and run one input: all of its declarations and statements.

        The result's ``value``: of an expression without ``;`` at the end, as the shell
        prints it. Text is called ``In[1]``, ``In[2]`` ... in messages.

        ``inspect`` is called with its value, while the program waits and its temporaries
        live; if it raises, the input's declarations go, as after an exception of its own.
        Without it the result is the value as text.
        """
        with self._turns.take():
            if inspect is None:
                return self._live.run(source)
            return self._live.run(source, inspect=self._turns.looking(inspect))

    @in_turn
    def value(self, expression: str) -> Any:
        """An expression's value as a Python object, a copy.

        int, float, bool, complex, str (bytes if it is not UTF-8), None for null and what is
        empty, list, tuple, dict, EnumValue, RecordValue (``point.x``), a number for a
        pointer; a read-only numpy array for numbers side by side (``std::vector<double>``).
        The expression runs, but nothing is declared, ``_`` stays, and there is nothing to
        undo. Raises ValueError if it has no value or that cannot be read.
        """
        return self._live.value(expression)

    @in_turn
    def show(self, expression: str) -> str:
        """The same as the shell prints it, long values cut: ``(int) 42``."""
        return self._live.show(expression)

    @in_turn
    def evaluate(self, expression: str, inspect: Inspect[V]) -> V:
        """What ``inspect`` makes of the value, as for ``value``."""
        return self._live.evaluate(expression, self._turns.looking(inspect))

    @in_turn
    def shared_array(
        self, name: str, shape: Shape, dtype: DTypeLike | None = None, *, type: str | None = None
    ) -> NDArray[Any]:
        """A numpy array that is a variable of the program's, too: ``double name[3][4]``.

        Both use the same memory, zero at first: nothing is copied, and each sees at once what
        the other writes. So it does not go back with the program when an input crashes, or by
        ``rewind``; ``restart`` keeps it. After ``undo``, ``reset`` and ``close`` the array is
        Python's alone.

        ``dtype``: bool, integers, floating-point (default: float64) and complex numbers
        (``std::complex``), texts of a fixed length; for a structured one a struct ``name_t`` is
        declared, with its members where the dtype has them. ``type``: one of the program's types
        instead, such as a struct; the array has its ``dtype``. Raises ValueError for what C or
        numpy have no array of, ShellError if the program is on another machine or memory is short.
        """
        return self._live.extensions.arrays.share(name, shape, dtype, type)

    @in_turn
    def empty(
        self, shape: Shape, dtype: DTypeLike | None = None, *, type: str | None = None
    ) -> NDArray[Any]:
        """A numpy array in memory that the program shares, without a name: ``address_of`` says
        where the program has it, and its views.

        It stays there, also after ``rewind``, ``restart``, ``reset`` and a crash, with what is
        in it, for as long as Python refers to it or to a view of it; then the memory is used
        again, so the program must not keep its address for longer. ``dtype`` may be any without
        objects of Python's; ``type``, and what is raised: see ``shared_array``.
        """
        return self._live.extensions.arrays.empty(shape, dtype, type)

    @in_turn
    def zeros(
        self, shape: Shape, dtype: DTypeLike | None = None, *, type: str | None = None
    ) -> NDArray[Any]:
        """As ``empty``, and zero."""
        return self._live.extensions.arrays.empty(
            shape, dtype, type
        )  # whose memory is that at first

    @in_turn
    def dtype(self, type: str) -> np.dtype[Any]:
        """Of one of the program's types, such as a struct with numbers in it. Raises CompileError
        if there is none or it cannot be copied as bytes, ValueError if numpy cannot have it."""
        return self._live.extensions.arrays.dtype(type)

    @in_turn
    def address_of(self, array: NDArray[Any]) -> int:
        """Where the program has the first element of an array of ``empty``, ``zeros`` or
        ``shared_array``, or of a view of one: for ``f"(double *){address}"`` in an input. Raises
        ValueError if not all of it is in memory that the two share."""
        address = self._live.extensions.arrays.address_of(array)
        if address is None:
            raise ValueError(
                "the array is not in memory that the program shares: copy it into one of "
                "Session.empty"
            )
        return int(address)

    @in_turn
    def view(self, expression: str) -> Any:
        """As ``value``, but numbers side by side that lie in memory that the program shares are a
        numpy array of that memory: nothing is copied, and it can be written.

        Such as a ``std::span`` or a ``std::pmr::vector`` in an array of ``empty``, or a part of a
        ``shared_array``. What lies elsewhere is copied, and read-only (``array.flags.writeable``).
        The array stays where it is when the vector moves, as any pointer to its elements does.
        """
        return self._live.extensions.arrays.view(expression)

    @contextmanager
    def captured(self) -> Iterator[Captured]:
        """What the program prints in the block, as text, instead of printing it.

            with session.captured() as out:
                session.run('puts("hello");')
            out.stdout                               # 'hello\\n'; out.stderr, str(out)

        Of its threads and forks, too, and before a crash; not what Python prints. In a block within
        another one it is for the inner one. Raises ShellError if the program is on another machine.
        """
        with self._turns.take():
            captured = self._live.extensions.output.begin()
        try:
            yield captured
        finally:
            if self._turns.is_owner:  # and no fork that has left the block
                with self._turns.take(to_close=True):
                    self._live.extensions.output.end(captured)

    @contextmanager
    def unprotected(self) -> Iterator[None]:
        """Calls of functions in here are fast, because the program is saved once, before the first
        of them, and not before each: a crash takes back all of them, and says so. Inputs are
        saved as ever. The session is this thread's for so long."""
        with self._turns.take(), self._live.unprotected():
            yield

    @in_turn
    def vectorize(self, name: str) -> Vectorized:
        """A function of C++'s for each element of arrays, like numpy's own: ``vectorize("f")(x)``.
        It returns a number; the loop is in C++."""
        from repl.python.vectorize import Vectorized

        return Vectorized(self.gbl._bridge, name)

    @in_turn
    def undo(self, count: int = 1) -> None:
        """Take back the newest inputs: their registered functions run, then they go.

        A destructor or exit handler that ends the program is forgotten, which is among the
        warnings (``take_warnings``). If anything else crashes, nothing is undone.
        """
        self._live.undo(count)

    @in_turn
    def rewind(self, count: int = 1) -> None:
        """Go back in time to before the last ``count`` inputs that took effect: also the
        program's memory is as it was. Nothing of the program's runs."""
        self._live.rewind(count)

    @in_turn
    def restart(self) -> None:
        """A fresh program in which the inputs that declare something run again.

        ``take_warnings`` tells which of them failed.
        """
        self._live.restart()

    @in_turn
    def reset(self) -> None:
        """End the program as by ``exit(0)``; another begins, with nothing declared.

        Raises ProgramCrashed if what it had registered crashed; it has been replaced
        all the same.
        """
        self._live.reset()

    @in_turn
    def load_library(self, name: str) -> None:
        """Load a library in the program, shared or static, or an object, which counts as an
        input: ``m``, ``libm.so.6`` or a path. Raises RuntimeFailure, which LinkError is,
        ShellError, and for an object what ``run`` raises. (What an object waits for, the warnings
        tell.)"""
        waits_for = self._live.load_library(name)
        if waits_for:
            self._live.warn(f"note: {name} waits for {waits_for}")

    @in_turn
    def include(self, name: str) -> Result[str]:
        """``#include`` a header: ``vector``, ``<vector>`` or ``"headers.h"``. Without brackets it
        is looked for as one in quotes is: here first. Raises what ``run`` raises, and ValueError
        for what cannot be the name of a file."""
        return self._live.run(include_directive(name))

    @in_turn
    def add_include_path(self, path: str | os.PathLike[str]) -> None:
        """Look for headers in this folder, too, before those of the options. Raises ShellError if
        there is none."""
        options = with_include_folder(self._live.options, os.fspath(path))
        if options is not self._live.options:
            self._live.change_options(options)

    @in_turn
    def add_library_path(self, path: str | os.PathLike[str]) -> None:
        """Look for libraries in this folder, too. Raises ShellError if there is none."""
        self._live.add_library_folder(os.fspath(path))

    @in_turn
    def take_warnings(self) -> list[str]:
        """What the user should know of the last input or ``undo``, whether it failed or not."""
        return self._live.take_warnings()

    @in_turn
    def finish(self, status: int = 0) -> int:
        """End the program as by returning ``status`` from main: what is registered runs.

        Returns its exit status, which a handler may have changed.
        """
        return self._live.finish(status)


def _close(live: LiveSession, owner: int) -> None:
    if os.getpid() == owner:  # and not a fork of it, which must not end them
        live.close()
