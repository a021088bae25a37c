"""``forkrepl link``: sources, objects and archives, linked into memory and run."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from repl import native_programs
from repl.clang.flags import line_table_flags, wants_debug_info
from repl.clang.sanitizers import Sanitizers, wanted_sanitizers
from repl.command_line.compiler_options import tell_warnings
from repl.crash_reports.ending import print_reports, program_crash
from repl.errors import SetupError, ShellError, status_of_crash
from repl.link_command.compile_files import FileCompiler
from repl.link_command.options import STANDARD_ERROR, LinkOptions, parse
from repl.link_command.progress import ProgressBar
from repl.link_command.source_files import SourceFile, source_file
from repl.link_command.times import Times
from repl.program.libraries import load_shared
from repl.program.library_hints import library_hints
from repl.program.linker_import import import_linker
from repl.program.sanitizer import sanitizer_runtime
from repl.program.start import start_executor
from repl.session.uncaught_exceptions import raise_exception
from runtime.errors import ExecutorDied, LinkError, UndefinedSymbolsError, printable_lines
from runtime.executor_client.client import ExecutorClient
from runtime.executor_client.in_process import InProcessExecutor
from runtime.executor_client.interface import ExecutorProcessControl
from runtime.kernel_calls.large_pages import allocate_in_large_pages
from runtime.linker.link_report import LinkPicture, RecordingReport
from runtime.objects.foreign_files import machine_in
from runtime.objects.input_files import read_input_file
from runtime.protocol import tokens
from runtime.protocol.machine import OWN_MACHINE

if TYPE_CHECKING:
    from runtime.executor_client.sanitizer_runtime import SanitizerRuntime
    from runtime.linker.link_inputs import CollectedInputs, LinkInput
    from runtime.units.execution_session import ExecutionSession
    from runtime.units.unit_journal import LoadedUnit


_MOST_FRAMES = 8  # of the calls that led to a crash
_MANY_BYTES = 1 << 20
_ROOM = 4  # as many times the size of the inputs is what a link allocates


def main(arguments: list[str]) -> int:
    """Carry out ``forkrepl link ARGUMENTS``; returns the exit status.

    Raises RuntimeFailure or ShellError if it cannot be done.
    """
    options = parse(arguments)
    tell_warnings("forkrepl link", options.warnings)
    sanitizers = _sanitizers(options)
    sources = _sources(options)
    with ProgressBar(len(sources)) as progress:
        return _Command(options, sources, progress, sanitizers).run()


def _sanitizers(options: LinkOptions) -> Sanitizers | None:
    """What is asked for by -fsanitize=. Raises SetupError if it cannot be."""
    wanted = wanted_sanitizers(options.compile.flags)
    is_elsewhere = options.listener is not None or bool(options.executor)
    if wanted is not None and (is_elsewhere or options.memory == "in-process"):
        raise SetupError(
            "-fsanitize needs a process of its own on this machine: leave out --connect, "
            "--executor and --memory=in-process"
        )
    return wanted


def _sources(options: LinkOptions) -> dict[int, SourceFile]:
    """Which of the inputs, by number, are to be compiled."""
    found = {}
    for number, entry in enumerate(options.inputs):
        source = None if entry.is_library else source_file(entry.name, options.language)
        if source is not None:
            found[number] = source
    return found


class _Command:
    """The stages, one after another."""

    def __init__(
        self,
        options: LinkOptions,
        sources: dict[int, SourceFile],
        progress: ProgressBar,
        sanitizers: Sanitizers | None,
    ) -> None:
        self._sanitizers = sanitizers
        self._options = options
        self._sources = sources
        self._progress = progress
        self._times = Times()

    def run(self) -> int:
        """Returns the exit status."""
        compiled: dict[int, bytes] | None = {}
        if self._sources:
            with self._times.stage("compile_ms"):
                compiled = self._compile()
        if compiled is None:
            return 1
        self._prepare_for(self._size(compiled))
        import_linker()
        collected = self._read(compiled)
        with _target(self._options, self._sanitizers) as target:
            for library in collected.libraries:
                load_shared(target.process.load_library, library, self._options.folders)
            try:
                unit = self._link(target, collected)
                with self._times.stage("run_ms"):
                    return self._run(target, unit)
            except ExecutorDied as died:
                if died.exit_status is not None:
                    return died.exit_status
                text = target.take_reports()
                is_here = self._options.listener is None
                crash = program_crash(
                    died, target.session, _MOST_FRAMES, text, has_libraries=is_here
                )
                print(printable_lines(str(crash)), file=sys.stderr)
                return status_of_crash(crash)
            finally:
                self._progress.clear()
                print_reports(target.take_reports(), target.session, _MOST_FRAMES)
                self._times.report(self._options.times)

    def _compile(self) -> dict[int, bytes] | None:
        """The objects of the sources; None if there were errors. Prints all messages."""
        options = self._options.compile
        if self._sanitizers is not None:
            more = [*line_table_flags(options.flags), *self._sanitizers.flags]
            options = replace(options, flags=[*more, *options.flags])
        with FileCompiler(list(self._sources.values()), options) as compiler:
            import_linker()  # now there is time
            results = compiler.results(partial(self._progress.show, "compiling"))
        messages = [result.messages for result in results if result.messages]
        if messages:
            self._progress.clear()
        for text in dict.fromkeys(messages):  # of a wrong option each file says the same
            print(printable_lines(text, keeps_colours=options.colour), file=sys.stderr)
        objects = {}
        for number, result in zip(self._sources, results, strict=True):
            if result.machine_code is None:
                return None
            objects[number] = result.machine_code
        return objects

    def _size(self, compiled: dict[int, bytes]) -> int:
        """Bytes of what is to be read, as far as it can be told before."""
        size = 0
        for number, entry in enumerate(self._options.inputs):
            if number in compiled:
                size += len(compiled[number])
            elif not entry.is_library:
                with suppress(OSError, ValueError):  # reading it says what is wrong
                    size += os.stat(entry.name).st_size
        return size

    def _prepare_for(self, size: int) -> None:
        """Make room for inputs of so many bytes. In-process the heap is the program's, too."""
        if size >= _MANY_BYTES and self._options.memory != "in-process":
            allocate_in_large_pages(size * _ROOM)

    def _read(self, compiled: dict[int, bytes]) -> CollectedInputs:
        from runtime.linker.link_inputs import LinkInput, collect_inputs

        self._progress.show("reading", len(self._sources))
        whole = self._options.whole_archive
        named = [
            LinkInput(entry.name, entry.is_library, whole or entry.is_whole, compiled.get(number))
            for number, entry in enumerate(self._options.inputs)
        ]
        machine = self._machine(named)
        with self._times.stage("read_ms"):
            collected = collect_inputs(named, self._options.folders, [self._options.entry], machine)
        if not collected.objects:
            raise _nothing_defines(self._options.entry)
        return collected

    def _machine(self, named: Sequence[LinkInput]) -> int:
        """What all inputs must be for: where another machine may run the code, what the first
        object is for."""
        if self._options.listener is None and not self._options.executor:
            return OWN_MACHINE
        for each in named:
            if each.is_library:
                continue
            start = each.contents or read_input_file(Path(each.name), 64)
            machine = machine_in(start[:64])
            if machine is not None:
                return machine
        return OWN_MACHINE

    def _link(self, target: _Target, collected: CollectedInputs) -> LoadedUnit:
        """Link, and write the map if it is wanted. Afterwards the terminal is the program's."""
        with self._times.stage("link_ms"):
            report = _VisibleReport(partial(self._progress.show, "linking", len(self._sources)))
            self._times.passes = report.passes  # as many as come
            try:
                unit = target.session.load_objects(collected.objects, report, is_program=True)
            except UndefinedSymbolsError as error:
                machine = target.process.machine
                hints = library_hints(error.names, self._options.folders, "-l", machine)
                raise LinkError("\n".join([str(error), *hints])) from None
        self._progress.clear()
        if self._options.map_file is not None and report.picture is not None:
            _write_map(self._options.map_file, report.picture, collected)
        return unit

    def _run(self, target: _Target, unit: LoadedUnit) -> int:
        """Call the entry function; returns the exit status."""
        entry, arguments = self._options.entry, self._options.arguments
        function = target.session.find_symbol(entry)
        if function is None:
            raise _nothing_defines(entry)
        target.process.set_arguments(arguments)
        if isinstance(target.process, ExecutorClient):
            initializers = target.session.initializers(unit)
            return target.process.run_program(initializers, function)
        raise_exception(target.session.initialize(unit))
        outcome = target.process.run_main(function, arguments)
        raise_exception(outcome)
        return target.process.shutdown(outcome.status)


def _nothing_defines(entry: str) -> ShellError:
    return ShellError(f"nothing defines {entry}: name the function to call with --entry")


class _VisibleReport(RecordingReport):
    """Also calls ``show`` when the link begins and after each pass, which no pass pays."""

    def __init__(self, show: Callable[[], None]) -> None:
        show()
        super().__init__()
        self._show = show

    def lap(self, name: str) -> None:
        """See ``LinkReport``."""
        super().lap(name)
        self._show()
        self.restart()


def _write_map(path: str, picture: LinkPicture, collected: CollectedInputs) -> None:
    from runtime.linker.link_map import link_map

    text = "".join(line + "\n" for line in link_map(picture, collected))
    if path == STANDARD_ERROR:
        sys.stderr.write(printable_lines(text))
        return
    try:
        Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ShellError(f"cannot write {path}: {error.strerror}") from error


class _Target(Struct, frozen=True):
    """A process to run in, the session in it, and what it has started with."""

    process: ExecutorProcessControl
    session: ExecutionSession
    sanitizer: SanitizerRuntime | None = None

    def take_reports(self) -> str:
        """What a sanitizer has reported since this was last called."""
        return self.sanitizer.take_reports() if self.sanitizer is not None else ""


def _greet(process: ExecutorClient, command: Sequence[str]) -> None:
    """Raise ShellError if a command has not started an executor."""
    try:
        process.greet()
    except ExecutorDied as died:
        raise ShellError(f"--executor: {shlex.join(command)} is no executor: {died}") from None


@contextmanager
def _target(options: LinkOptions, sanitizers: Sanitizers | None) -> Iterator[_Target]:
    from platform_support.platform import LinuxPlatform
    from runtime.debugging.developer_tools import DeveloperTools
    from runtime.kernel_calls.memory_files import can_share
    from runtime.memory.manager import MapperMemoryManager
    from runtime.memory.memfd_mapper import InProcessMemoryMapper, SharedMemoryMapper
    from runtime.memory.stream_mapper import StreamMemoryMapper
    from runtime.units.execution_session import ExecutionSession

    tools = DeveloperTools(wants_debug_info(options.compile.flags), options.perf)
    if options.memory == "in-process":
        if not can_share():
            raise ShellError(
                "--memory=in-process needs memfd_create(2), which is refused here, or a higher "
                "limit of the size of files (ulimit -f); --memory=stream needs neither"
            )
        os.environ.pop(tokens.VARIABLE, None)  # no program gets it
        own = InProcessExecutor(native_programs.platform_library())
        own.attend_exit()
        own_memory = MapperMemoryManager(InProcessMemoryMapper(own))
        yield _Target(own, ExecutionSession(own, LinuxPlatform(), own_memory, tools))
        return
    with (
        sanitizer_runtime(sanitizers, goes_on=False) or nullcontext() as sanitizer,
        start_executor(options.listener, command=options.executor, sanitizer=sanitizer) as process,
    ):
        if options.executor:
            _greet(process, options.executor)
        is_shared = options.memory != "stream" and can_share()
        mapper = SharedMemoryMapper if is_shared else StreamMemoryMapper
        memory_manager = MapperMemoryManager(mapper(process))
        session = ExecutionSession(process, LinuxPlatform(), memory_manager, tools)
        try:
            yield _Target(process, session, sanitizer)
        finally:
            session.discard()
