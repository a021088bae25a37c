"""A FILE that is a program: compiled as one translation unit, as natively.

Whether it is one is Clang's to say (``frontend_process/program_file.h``): what a compiler
accepts is a program; so is what it rejects, if it defines ``main`` and the first thing
that is wrong is no statement at top level. All other files are lists of inputs.
"""

from __future__ import annotations

import enum
import re
import resource
import time
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from repl import native_programs
from repl.caching.stamps import Dependencies
from repl.clang.clang_run import ClangMode, ClangRun
from repl.clang.flags import line_table_flags
from repl.clang.library_headers import note_on_missing_headers
from repl.configuration.session_options import SessionOptions
from repl.errors import signal_name
from repl.session.program_cache import CompiledProgram, ProgramCache
from repl.session.program_headers import ProgramHeaders
from runtime.executor_client.memory_limit import machine_memory
from runtime.executor_client.waiting import is_readable


class _Verdict(enum.IntEnum):
    """What a file is: the exit statuses of ``forkrepl-frontend --program``."""

    PROGRAM = 0
    WRONG_PROGRAM = 1
    INPUTS = 3


class ProgramFile(Struct, frozen=True):
    """A file that is a program. ``machine_code``: a relocatable object, None if it has
    errors; ``messages``: Clang's errors and warnings. ``instances``: objects that it is linked
    with. ``headers``: those that could be precompiled for the next time."""

    text: str
    name: str
    machine_code: bytes | None
    messages: str
    instances: tuple[bytes, ...] = ()
    headers: ProgramHeaders | None = None


_MAIN = re.compile(r"\bmain\b")
# What this loads is there for the next lines, as in cling.
_CLING = re.compile(r"^[ \t]*#[ \t]*pragma[ \t]+cling\b", re.MULTILINE)


def compile_program(
    text: str,
    name: str,
    options: SessionOptions,
    *,
    has_commands: Callable[[str], bool],
    meanwhile: Callable[[], None],
) -> ProgramFile | None:
    """Compile a file as one translation unit; None if it is a list of inputs.

    Diagnostics name ``name``. ``has_commands``: whether a line of a text is for the shell: no
    compiler accepts such a file. ``meanwhile``: what there is to do while Clang works. Raises
    SetupError if Clang does not start.
    """
    # What never says main has none of its own: its inputs do the same one after another.
    if not _MAIN.search(text) or _CLING.search(text):
        return None
    text = _without_shebang(text)
    contents = text.encode("utf-8", "surrogateescape")
    frontend, flags = native_programs.frontend(), _clang_flags(options)
    cache = ProgramCache(frontend, flags, name, contents) if options.cache else None
    known = cache.find() if cache else None
    if known is not None:
        return ProgramFile(text, name, known.machine_code, known.messages, known.instances)
    headers = ProgramHeaders(contents, name, flags) if options.cache else None
    compiled = _compile(contents, name, flags, headers, options, meanwhile)
    if compiled is None:
        return ProgramFile(text, name, None, f"{name}: error: {_too_slow(options)}")
    if compiled.status == _Verdict.PROGRAM:
        code = compiled.machine_code
        instances = headers.needed_instances(name, code) if headers is not None else ()
        program = CompiledProgram(code, compiled.messages, instances)
        if cache is not None:
            cache.store(program, compiled.dependencies, compiled.began)
        return ProgramFile(text, name, program.machine_code, program.messages, instances, headers)
    messages = compiled.messages
    is_wrong = compiled.status == _Verdict.WRONG_PROGRAM
    if compiled.status == _Verdict.INPUTS or (is_wrong and has_commands(text)):
        return None
    if not is_wrong:
        status = compiled.status
        how = signal_name(-status) if status < 0 else f"status {status}"
        crash = f"{name}: error: Clang crashed on this file ({how})"
        messages = f"{messages}\n{crash}".lstrip("\n")
    elif note := note_on_missing_headers(messages, flags):
        messages = f"{messages.rstrip()}\n{note}"
    return ProgramFile(text, name, None, messages, headers=headers)


class _Compiled(Struct, frozen=True):
    """How a run of Clang has ended. ``began``: when (ns since the epoch)."""

    status: int
    messages: str
    machine_code: bytes
    dependencies: Dependencies | None
    began: int


def _compile(
    contents: bytes,
    name: str,
    flags: list[str],
    headers: ProgramHeaders | None,
    options: SessionOptions,
    meanwhile: Callable[[], None],
) -> _Compiled | None:
    """Run Clang, with precompiled headers if there are any; None if it takes too long."""
    began = time.time_ns()
    more = headers.flags if headers is not None else []
    known = headers.known_instances if headers is not None else b""
    command, mode = [*flags, *more, name], ClangMode.PROGRAM
    frontend = native_programs.frontend()
    with ClangRun(frontend, command, mode=mode, text=contents, known=known) as run:
        _limit_memory(run.pid)
        meanwhile()
        if options.parse_timeout and not is_readable(run.fileno(), options.parse_timeout):
            return None
        status, messages = run.status(), run.diagnostics()
        dependencies = run.dependencies() if status == _Verdict.PROGRAM else None
        if headers is None:
            return _Compiled(status, messages, run.output(), dependencies, began)
        if headers.is_good(status, messages):
            messages, dependencies = headers.with_places(messages), headers.added_to(dependencies)
            headers.note_missing_instances(run.missing_instances())
            return _Compiled(status, messages, run.output(), dependencies, began)
    return _compile(contents, name, flags, headers, options, meanwhile)  # without them


def _clang_flags(options: SessionOptions) -> list[str]:
    flags = [*line_table_flags(options.compiler_flags), *options.clang_flags]
    colour = ["-fcolor-diagnostics"] if options.colour else []
    return [*flags, f"-O{options.optimisation}", *colour]


def _without_shebang(text: str) -> str:
    """The line of ``#!`` is for the kernel; the numbers of the others stay."""
    text = text.removeprefix("\ufeff")  # a byte order mark
    return f"//{text[2:]}" if text.startswith("#!") else text


def _too_slow(options: SessionOptions) -> str:
    return (
        f"Clang did not finish within {options.parse_timeout:g} s "
        "(--parse-timeout=SECONDS changes that)"
    )


def _limit_memory(pid: int) -> None:
    """An endless instantiation shall meet this limit, and not the machine's."""
    most = machine_memory() // 2
    with suppress(OSError):  # it has ended, and says why; or may not
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))
