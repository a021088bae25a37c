"""C and C++ in Python: what you type is compiled, and runs in a process that may crash.

    import forkrepl

    forkrepl.cppdef("int twice(int n) { return 2 * n; }")
    forkrepl.gbl.twice(21)                        # 42
    forkrepl.cppexec("twice(21)")                 # (int) 42: what the shell shows
    forkrepl.include("vector")
    forkrepl.cppdef("std::vector<double> v{1, 2, 3};")
    forkrepl.default_session().value("v")         # array([1., 2., 3.]), a copy

These functions use one session, the default one. A ``Session`` of your own has options, and can
do more:

    with forkrepl.Session(std="c++20", libraries=["m"]) as session:
        matrix = session.shared_array("matrix", (3, 4))
        session.run("matrix[1][2] = 5;")          # matrix[1, 2] is 5.0 now
        try:
            session.run("*(int *)0 = 1;")
        except forkrepl.ProgramCrashed as crash:  # it is taken back, and the session goes on
            print(crash)

``help(forkrepl.Session)`` tells the rest. All errors are ``ForkreplError``; those of an input
leave the session as it was before. The program writes to the standard output and error of this
process (``Session.captured`` has them as text), and reads its standard input; Python keeps what it
prints itself in a buffer (``print(..., flush=True)``).

In IPython and notebooks ``%load_ext forkrepl`` adds cells in C++.
"""

from __future__ import annotations

import os
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import repl

if TYPE_CHECKING:
    from repl import (
        Captured,
        CodegenError,
        CompileError,
        CompilerDied,
        CompilerTimeout,
        Diagnostic,
        EnumValue,
        ExecutorDied,
        ExecutorError,
        ExecutorOutOfMemory,
        Fix,
        ForkreplError,
        LinkError,
        ObjectFormatError,
        OutOfMemoryError,
        ProgramCrashed,
        ProgramExited,
        RecordValue,
        Result,
        RuntimeFailure,
        Session,
        SessionOptions,
        SetupError,
        ShellError,
        Source,
        UncaughtException,
        UncaughtIndexError,
        UncaughtMemoryError,
        UncaughtOSError,
        UncaughtOverflowError,
        UncaughtRuntimeError,
        UncaughtValueError,
        UndefinedSymbolsError,
        UnexpectedError,
    )

    __version__: str

__all__ = [
    "Captured",
    "CodegenError",
    "CompileError",
    "CompilerDied",
    "CompilerTimeout",
    "Diagnostic",
    "EnumValue",
    "ExecutorDied",
    "ExecutorError",
    "ExecutorOutOfMemory",
    "Fix",
    "ForkreplError",
    "LinkError",
    "ObjectFormatError",
    "OutOfMemoryError",
    "ProgramCrashed",
    "ProgramExited",
    "RecordValue",
    "Result",
    "RuntimeFailure",
    "Session",
    "SessionOptions",
    "SetupError",
    "ShellError",
    "Source",
    "UncaughtException",
    "UncaughtIndexError",
    "UncaughtMemoryError",
    "UncaughtOSError",
    "UncaughtOverflowError",
    "UncaughtRuntimeError",
    "UncaughtValueError",
    "UndefinedSymbolsError",
    "UnexpectedError",
    "__version__",
    "add_include_path",
    "add_library_path",
    "cppdef",
    "cppexec",
    "default_session",
    "gbl",
    "include",
    "load_library",
    "set_default_session",
]

_lock = threading.RLock()
_default: tuple[int, Session] | None = None  # the process that it belongs to, and it


_typed = False  # whether somebody types what it runs


def _begin() -> Session:
    if _typed:
        begun: Session = import_module("repl.ipython.sessions").begin([])
        return begun
    return repl.Session()


def default_session() -> Session:
    """The session that the functions of this module use.

    It is made at its first use, with the options that ``Session()`` has, and again if it has been
    closed; it ends with Python. ``set_default_session`` chooses another.

    A fork of the process has no part in it, and nothing is made in silence that lacks what was
    declared: there this raises ShellError, until ``set_default_session(Session())`` gives the
    fork one of its own.
    """
    global _default
    with _lock:
        if _default is not None:
            owner, session = _default
            if owner != os.getpid():
                raise repl.ShellError(
                    f"the default session belongs to process {owner}, of which this one is a "
                    "fork: forkrepl.set_default_session(forkrepl.Session()) gives it one of its own"
                )
            if not session.closed:
                return session
        session = _begin()
        _default = os.getpid(), session
        return session


def set_default_session(session: Session | None) -> None:
    """Have the functions of this module use that session, as ``gbl`` does. The one of before is
    not closed, but ends when nobody else refers to it. None: the next use makes a new one."""
    global _default
    with _lock:
        _default = None if session is None else (os.getpid(), session)


def _unlock_in_fork() -> None:
    global _lock
    _lock = threading.RLock()  # the thread that has it may not be in the fork


os.register_at_fork(after_in_child=_unlock_in_fork)


def cppdef(text: str) -> Result[str]:
    """Declare things in the default session: ``Session.run``, under the name that cppyy has for
    it. Raises CompileError for what Clang rejects, and what ``Session`` lists."""
    return default_session().run(text)


def cppexec(text: str) -> Result[str]:
    """Run statements in the default session, or an expression; the same as ``cppdef``, as an
    input may be both. The result is shown as the shell shows it: ``cppexec("1 + 1")`` gives
    ``(int) 2``."""
    return default_session().run(text)


def include(name: str) -> Result[str]:
    """``#include`` a header in the default session; see ``Session.include``."""
    return default_session().include(name)


def load_library(name: str) -> None:
    """Load a library in the default session; see ``Session.load_library``."""
    default_session().load_library(name)


def add_include_path(path: str | os.PathLike[str]) -> None:
    """Look for headers in this folder, too; see ``Session.add_include_path``."""
    default_session().add_include_path(path)


def add_library_path(path: str | os.PathLike[str]) -> None:
    """Look for libraries in this folder, too; see ``Session.add_library_path``."""
    default_session().add_library_path(path)


class _GlobalNamespace:
    """What is declared in the default session, whichever that is when it is used: functions,
    classes, variables and namespaces are attributes."""

    def __getattr__(self, name: str) -> Any:
        # Python, IPython and test tools ask any object for names of this kind: that is no use.
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(_namespace(), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(_namespace(), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_namespace(), name)

    def __dir__(self) -> list[str]:
        return dir(_namespace())

    def __repr__(self) -> str:
        return "<the global namespace of forkrepl's default session>"

    def __reduce__(self) -> str:
        return "gbl"  # of whatever session is the default one there


def _namespace() -> Any:
    session: Any = default_session()
    return session.gbl


gbl: Any = _GlobalNamespace()
"""The global namespace of the default session: ``gbl.std``, ``gbl.twice(21)``, ``gbl.x = 5``."""


def load_ipython_extension(shell: Any) -> None:
    """For ``%load_ext forkrepl``, which calls it."""
    global _typed
    _typed = True
    import_module("repl.ipython").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """For ``%unload_ext forkrepl``, which calls it."""
    import_module("repl.ipython").unload(shell)


if not TYPE_CHECKING:  # or a type checker would take any name for one that is there

    def __getattr__(name: str) -> Any:
        # Imported when it is used (PEP 562): `import forkrepl` is a matter of milliseconds.
        if name == "__version__":
            value: Any = import_module("repl.version").VERSION
        elif name in __all__:
            value = getattr(repl, name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
