"""The shell, from what the user types to what is printed; and the shell as a library.

Users import it by the package ``forkrepl``, which has the same names.

    from forkrepl import Session

    with Session(std="c++20", libraries=["m"]) as session:
        session.run("#include <vector>\\nstd::vector<double> v{1, 2, 3};")
        session.value("v.size()")               # 3
        session.value("v")                      # a numpy array, a copy
        session.run("v.push_back(4); v").value  # "(std::vector<double>) { 1.0, 2.0, 3.0, 4.0 }"
        try:
            session.run("v.at(9);")
        except IndexError as error:             # an UncaughtException, too
            print(error)                        # uncaught exception of type std::out_of_range: ...
        matrix = session.shared_array("matrix", (3, 4))
        session.run("matrix[1][2] = 5;")        # matrix[1, 2] is 5.0 now

``help(Session)`` tells the rest. An input that crashes is taken back, with what it did to
the program's memory, and the session goes on. The program writes to the standard output
and error of this process, and reads its standard input; Python keeps what it prints
itself in a buffer (``print(..., flush=True)``).

For those who change it: must not know ELF or mmap. Start reading at
``session.live_session.LiveSession.run``, the life of an input. From above:

- ``cli``: what the command line asks for; ``shell/``: prompt and scripts; ``link_command/``;
- ``command_line/``: options; ``commands/``: what begins with ``%``;
- ``session/``: inputs as transactions; ``program/``: what runs; ``crash_reports/``;
- ``configuration/``: what users may choose;
- ``clang/``: from text to machine code, with ``frontend_process/`` (C++, Clang) and
  ``code_generator_process/`` (LLVM), which are programs of their own, as is
  ``header_builder_process/``;
- ``display/``: values; ``terminal/``; ``editor/``: the prompt; ``input/``: text.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repl.configuration.session_options import SessionOptions
    from repl.display.python_values import EnumValue, RecordValue
    from repl.errors import (
        CodegenError,
        CompileError,
        CompilerDied,
        CompilerTimeout,
        Diagnostic,
        Fix,
        ProgramCrashed,
        ProgramExited,
        SetupError,
        ShellError,
        UncaughtException,
        UnexpectedError,
    )
    from repl.input.source import Source
    from repl.python.session import Session
    from repl.session.captured import Captured
    from repl.session.steps import Result
    from repl.session.uncaught_exceptions import (
        UncaughtIndexError,
        UncaughtMemoryError,
        UncaughtOSError,
        UncaughtOverflowError,
        UncaughtRuntimeError,
        UncaughtValueError,
    )
    from runtime.errors import (
        ExecutorDied,
        ExecutorError,
        ExecutorOutOfMemory,
        ForkreplError,
        LinkError,
        ObjectFormatError,
        OutOfMemoryError,
        RuntimeFailure,
        UndefinedSymbolsError,
    )

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
]

_MODULES = {
    "Captured": "repl.session.captured",
    "EnumValue": "repl.display.python_values",
    "ExecutorDied": "runtime.errors",
    "ExecutorError": "runtime.errors",
    "ExecutorOutOfMemory": "runtime.errors",
    "ForkreplError": "runtime.errors",
    "LinkError": "runtime.errors",
    "ObjectFormatError": "runtime.errors",
    "OutOfMemoryError": "runtime.errors",
    "RecordValue": "repl.display.python_values",
    "Result": "repl.session.steps",
    "RuntimeFailure": "runtime.errors",
    "Session": "repl.python.session",
    "SessionOptions": "repl.configuration.session_options",
    "Source": "repl.input.source",
    "UncaughtIndexError": "repl.session.uncaught_exceptions",
    "UncaughtMemoryError": "repl.session.uncaught_exceptions",
    "UncaughtOSError": "repl.session.uncaught_exceptions",
    "UncaughtOverflowError": "repl.session.uncaught_exceptions",
    "UncaughtRuntimeError": "repl.session.uncaught_exceptions",
    "UncaughtValueError": "repl.session.uncaught_exceptions",
    "UndefinedSymbolsError": "runtime.errors",
}
"""Where each is; the others are in ``repl.errors``."""


def __getattr__(name: str) -> Any:
    # Imported when it is used (PEP 562): the shell starts in as few milliseconds as it can.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES.get(name, "repl.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
