"""Files to objects, several at once: by Clang, or of LLVM IR by the code generator.

One thread serves all: each file is at any time the business of one process, whose
descriptor says when there is something to do.
"""

from __future__ import annotations

import os
import selectors
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from msgspec import Struct

from repl import native_programs
from repl.clang.clang_run import ClangRun
from repl.clang.code_generator import CodeGenerator
from repl.clang.gcc_installation import gcc_flags
from repl.clang.library_headers import note_on_missing_headers
from repl.errors import CodegenError, signal_name
from repl.link_command.source_files import SourceFile

_TICK = 0.1  # s, between two looks at how far it is
_CLANG_FOUND_ERRORS = 1  # its exit status
_UNNAMED = "<string>:"  # how LLVM names the text that it is given

T = TypeVar("T")


class _Waitable(Protocol):
    """What a step waits for: readable when it is done."""

    def fileno(self) -> int: ...


_Steps: TypeAlias = Generator[_Waitable, None, T]
"""Work in steps: yields what it has to wait for before it can go on."""


class CompileOptions(Struct, frozen=True):
    """``flags``: Clang's; ``level``: of optimisation, 0 to 3."""

    flags: Sequence[str] = ()
    level: int = 0
    colour: bool = False


class CompiledFile(Struct, frozen=True):
    """``machine_code``: a relocatable object, None if there were errors.

    ``messages``: errors and warnings, to be shown.
    """

    machine_code: bytes | None
    messages: str


class FileCompiler:
    """Compiles files, as many at once as there are processors.

    Starts at once; ``results`` waits. A context manager: leaving it ends all of its
    processes, whatever they are doing.
    """

    def __init__(self, files: Sequence[SourceFile], options: CompileOptions) -> None:
        self._options = options
        self._waiting = deque(enumerate(files))
        self._results: dict[int, CompiledFile] = {}
        with ExitStack() as stack:
            self._selector = stack.enter_context(selectors.DefaultSelector())
            for _ in range(min(len(files), os.cpu_count() or 1)):
                lane = self._lane()
                stack.callback(lane.close)
                self._advance(lane)
            self._stack = stack.pop_all()

    def __enter__(self) -> FileCompiler:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def results(self, on_progress: Callable[[int], None]) -> list[CompiledFile]:
        """All results, in the order of the files.

        ``on_progress`` hears again and again how many are done. Raises SetupError.
        """
        while self._selector.get_map():
            on_progress(len(self._results))
            for key, _ in self._selector.select(_TICK):
                self._selector.unregister(key.fileobj)
                self._advance(key.data)
        return [self._results[number] for number in sorted(self._results)]

    def _lane(self) -> _Steps[None]:
        """Takes one file after another."""
        while self._waiting:
            number, file = self._waiting.popleft()
            compile_ = _compile_ir if file.language is None else _compile
            self._results[number] = yield from compile_(file, self._options)

    def _advance(self, lane: _Steps[None]) -> None:
        wanted = next(lane, None)
        if wanted is not None:
            self._selector.register(wanted, selectors.EVENT_READ, lane)


def _compile(file: SourceFile, options: CompileOptions) -> _Steps[CompiledFile]:
    """C and C++."""
    with ClangRun(native_programs.frontend(), _clang_flags(file, options)) as run:
        yield run
        status, code, messages = run.status(), run.output(), run.diagnostics()
    if status != 0 or not code:
        note = note_on_missing_headers(messages, [*_flags(options), f"-x{file.language}"])
        return CompiledFile(None, _join(_explain(file, status, messages), note))
    return CompiledFile(code, messages)


def _compile_ir(file: SourceFile, options: CompileOptions) -> _Steps[CompiledFile]:
    try:
        code = Path(file.path).read_bytes()
    except OSError as error:
        return CompiledFile(None, f"{file.path}: error: cannot be read: {error.strerror}")
    with CodeGenerator() as codegen:
        codegen.begin([code], options.level, foreign=True)
        yield codegen
        try:
            return CompiledFile(codegen.finish(), "")
        except CodegenError as error:
            return CompiledFile(None, _with_name(file, str(error)))


def _flags(options: CompileOptions) -> list[str]:
    return [*gcc_flags(options.flags), *options.flags]


def _clang_flags(file: SourceFile, options: CompileOptions) -> list[str]:
    colour = ["-fcolor-diagnostics"] if options.colour else []
    language = ["-x", str(file.language)]
    return [*_flags(options), f"-O{options.level}", *colour, *language, file.path]


def _explain(file: SourceFile, status: int, messages: str) -> str:
    """Clang's messages, and a last word where they do not say why there is no code."""
    if status == _CLANG_FOUND_ERRORS and messages:
        return messages
    if status == 0:
        reason = "Clang made no code: one of the options asks for something else"
    else:
        how = signal_name(-status) if status < 0 else f"status {status}"
        reason = f"Clang crashed on this file ({how})"
    return _join(messages, f"{file.path}: error: {reason}")


def _with_name(file: SourceFile, message: str) -> str:
    if message.startswith(_UNNAMED):
        return f"{file.path}:{message.removeprefix(_UNNAMED)}"
    return f"{file.path}: error: {message}"


def _join(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
