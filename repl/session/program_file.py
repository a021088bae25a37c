"""A FILE that is a program: compiled as one translation unit, as natively.

Whether it is one is Clang's to say (``frontend_process/program_file.h``): what a compiler
accepts is a program; so is what it rejects, if it defines ``main`` and the first thing
that is wrong is no statement at top level. All other files are lists of inputs.
"""

from __future__ import annotations

import enum
import os
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
    MUST_BE_WHOLE = 4


class ProgramFile(Struct, frozen=True):
    """A file that is a program. ``objects``: relocatable ones that are one unit, none if it has
    errors; ``messages``: Clang's errors and warnings. ``instances``: objects that it is linked
    with. ``headers``: those that could be precompiled for the next time."""

    text: str
    name: str
    objects: tuple[bytes, ...]
    messages: str
    instances: tuple[bytes, ...] = ()
    headers: ProgramHeaders | None = None


# From so many of LLVM's instructions on a second process saves 15 ms or more. Measured: to divide
# them takes 6 ms and 0.4 us each, their machine code 7 us at -O0, 35 us above.
_WORTH_TWO = 8_000
_WORTH_TWO_OPTIMISED = 2_500
_MAIN = re.compile(r"\bmain\b")
# What this loads is there for the next lines, as in cling.
_CLING = re.compile(r"^[ \t]*#[ \t]*pragma[ \t]+cling\b", re.MULTILINE)


def compile_program(
    text: str,
    name: str,
    options: SessionOptions,
    *,
    has_commands: Callable[[str], bool],
    meanwhile: Callable[[], None] = lambda: None,
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
        return ProgramFile(text, name, known.objects, known.messages, known.instances)
    headers = ProgramHeaders(contents, name, flags) if options.cache else None
    compiled = _compile(_Job(contents, name, flags, options, meanwhile), headers)
    if compiled is None:
        return ProgramFile(text, name, (), f"{name}: error: {_too_slow(options)}")
    if compiled.status == _Verdict.PROGRAM:
        objects = compiled.objects
        instances = headers.needed_instances(name, objects) if headers is not None else ()
        program = CompiledProgram(objects, compiled.messages, instances)
        if cache is not None:
            cache.store(program, compiled.dependencies, compiled.began)
        return ProgramFile(text, name, objects, program.messages, instances, headers)
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
    return ProgramFile(text, name, (), messages, headers=headers)


class _Job(Struct, frozen=True):
    """What Clang is to compile, with flags of ours and the user's. ``meanwhile``: called while
    it does."""

    contents: bytes
    name: str
    flags: list[str]
    options: SessionOptions
    meanwhile: Callable[[], None]


class _Compiled(Struct, frozen=True):
    """How a run of Clang has ended. ``began``: when (ns since the epoch)."""

    status: int
    messages: str
    objects: tuple[bytes, ...]
    dependencies: Dependencies | None
    began: int


def _compile(job: _Job, headers: ProgramHeaders | None, is_whole: bool = False) -> _Compiled | None:
    """Run Clang, with precompiled headers if there are any; None if it takes too long.
    ``is_whole``: one process makes all of the machine code."""
    began = time.time_ns()
    more = headers.flags if headers is not None else []
    with ClangRun(
        native_programs.frontend(),
        [*job.flags, *more, job.name],
        mode=ClangMode.PROGRAM,
        text=job.contents,
        known=headers.known_instances if headers is not None else b"",
        divided_from=None if is_whole else _worth_two_processes(job.options),
    ) as run:
        _limit_memory(run.pid)
        job.meanwhile()
        most = job.options.parse_timeout
        if most and not is_readable(run.fileno(), most):
            return None
        status, messages = run.status(), run.diagnostics()
        if status != _Verdict.MUST_BE_WHOLE:
            dependencies = run.dependencies() if status == _Verdict.PROGRAM else None
            if headers is None:
                return _Compiled(status, messages, run.outputs(), dependencies, began)
            if headers.is_good(status, messages):
                messages = headers.with_places(messages)
                headers.note_missing_instances(run.missing_instances())
                dependencies = headers.added_to(dependencies)
                return _Compiled(status, messages, run.outputs(), dependencies, began)
    # Without them, or with one process.
    return _compile(job, headers, is_whole or status == _Verdict.MUST_BE_WHOLE)


def _worth_two_processes(options: SessionOptions) -> int | None:
    """How many of LLVM's instructions are; None if there is only one processor."""
    if len(os.sched_getaffinity(0)) == 1:
        return None
    return _WORTH_TWO_OPTIMISED if options.optimisation else _WORTH_TWO


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
