"""``forkrepl link``: relocatable objects and archives, linked into memory and run."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from repl import native_programs
from repl.errors import ProgramCrashed, ShellError, UncaughtException
from repl.script import status_of_crash
from runtime.errors import ExecutorDied
from runtime.executor_process import ExecutorProcess
from runtime.executor_process_control import ExecutorProcessControl
from runtime.in_process import InProcessExecutor
from runtime.wire import Outcome

if TYPE_CHECKING:
    from runtime.elf import ObjectFile
    from runtime.execution_session import ExecutionSession

_EPILOG = """\
FILE is an object, an archive (only the members that are needed are taken) or a
shared library; -l NAME looks for libNAME.so, then libNAME.a. Inputs count in the
order in which they are given.

exit status: that of main; 1 if it cannot be linked; 128+N if signal N ended it.
"""


@dataclass(slots=True)
class _Times:
    """Milliseconds of each stage."""

    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = (time.perf_counter() - started) * 1e3

    def report(self, form: str) -> None:
        if form == "json":
            print(json.dumps(self.stages), file=sys.stderr)
        elif form == "table":
            for name, milliseconds in self.stages.items():
                print(f"{name:10} {milliseconds:10.1f}", file=sys.stderr)


def main(arguments: list[str]) -> int:
    """Carry out ``forkrepl link ARGUMENTS``; returns the exit status.

    Raises RuntimeFailure or ShellError if it cannot be done.
    """
    ours, program_arguments = _split_at_dashes(arguments)
    # argparse would take the next FILE for the form of the times.
    ours = ["--times=table" if word == "--times" else word for word in ours]
    options, inputs = _parser().parse_known_args(ours)
    if not inputs:
        _parser().error("nothing to link: give objects or archives")
    from runtime.link_inputs import LinkInput, collect_inputs

    times = _Times()
    with times.stage("read_ms"):
        named = [LinkInput(*entry, options.whole_archive) for entry in _inputs(inputs)]
        collected = collect_inputs(named, options.folders or [])
    with _target(options.memory) as target:
        for library in collected.libraries:
            target.process.load_library(library)
        try:
            return _link_and_run(
                target, collected.objects, options.entry, [inputs[0], *program_arguments], times
            )
        except ExecutorDied as died:
            if died.exit_status is not None:
                return died.exit_status
            crash = ProgramCrashed(died.signal, died.wait_status)
            print(crash, file=sys.stderr)
            return status_of_crash(crash)
        finally:
            times.report(options.times)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="forkrepl link",
        usage="forkrepl link [options] FILE... [-l NAME]... [-- ARGS...]",
        description="Link relocatable objects into memory and run their main.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-L", dest="folders", action="append", metavar="DIR", help="look there for libraries")
    add("--entry", default="main", metavar="NAME", help="call NAME instead of main")
    add("--whole-archive", action="store_true", help="take all members of archives")
    add(
        "--memory",
        choices=("shared", "stream", "in-process"),
        default="shared",
        help="how the code gets to where it runs: through memory shared with another process "
        "(default), over a socket to another process, or it runs in this one",
    )
    add(
        "--times",
        choices=("table", "json"),
        default="",
        help="how long each stage took, on standard error (--times alone: a table)",
    )
    return parser


def _split_at_dashes(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _inputs(words: list[str]) -> Iterator[tuple[str, bool]]:
    """(name, whether it is a library) of each input; wrong words end with status 2."""
    remaining = iter(words)
    for word in remaining:
        if word == "-l":
            name = next(remaining, None)
            if name is None:
                _parser().error("argument -l: expected one argument")
            yield str(name), True
        elif word.startswith("-l"):
            yield word[2:], True
        elif word.startswith("-"):
            _parser().error(f"unrecognized arguments: {word}")
        else:
            yield word, False


@dataclass(frozen=True, slots=True)
class _Target:
    """A process to run in, and the session in it."""

    process: ExecutorProcessControl
    session: ExecutionSession


@contextmanager
def _target(memory: str) -> Iterator[_Target]:
    from platform_support.platform import LinuxPlatform
    from runtime.execution_session import ExecutionSession
    from runtime.memfd_mapper import InProcessMemoryMapper, SharedMemoryMapper
    from runtime.memory_manager import MapperMemoryManager
    from runtime.stream_mapper import StreamMemoryMapper

    if memory == "in-process":
        own = InProcessExecutor(native_programs.platform_library())
        own_memory = MapperMemoryManager(InProcessMemoryMapper(own))
        yield _Target(own, ExecutionSession(own, LinuxPlatform(), own_memory))
        return
    with ExecutorProcess(native_programs.executor()) as process:
        mapper = StreamMemoryMapper if memory == "stream" else SharedMemoryMapper
        memory_manager = MapperMemoryManager(mapper(process))
        session = ExecutionSession(process, LinuxPlatform(), memory_manager)
        try:
            yield _Target(process, session)
        finally:
            session.discard()


def _link_and_run(
    target: _Target, objects: list[ObjectFile], entry: str, arguments: list[str], times: _Times
) -> int:
    with times.stage("link_ms"):
        unit = target.session.load_objects(objects)
    function = target.session.find_symbol(entry)
    if function is None:
        raise ShellError(f"nothing defines {entry}: name the function to call with --entry")
    with times.stage("run_ms"):
        target.process.set_arguments(arguments)
        _check(target.session.initialize(unit))
        outcome = target.process.run_main(function, arguments)
        _check(outcome)
        return target.process.shutdown() or outcome.status & 0xFF


def _check(outcome: Outcome) -> None:
    if outcome.exception_type is not None:
        raise UncaughtException(outcome.exception_type, outcome.exception_what)
