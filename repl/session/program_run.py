"""Running a FILE that is a program, as it would run natively."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from repl.clang.header_cache.instances import OBJECT_NAME
from repl.configuration.session_options import SessionOptions
from repl.crash_reports.ending import print_reports, program_crash
from repl.errors import status_of_crash
from repl.program.allocators import allocator_warnings
from repl.program.program import Program
from runtime.errors import ExecutorDied, LinkError, UndefinedSymbolsError, printable_lines

if TYPE_CHECKING:
    from repl.session.program_file import ProgramFile
    from runtime.units.unit_journal import LoadedUnit


def run_program(file: ProgramFile, options: SessionOptions) -> int:
    """Run it, with the options' arguments, and show its messages: the exit status.

    Raises RuntimeFailure or ShellError if it does not link or cannot be run.
    """
    if file.messages:
        shown = printable_lines(file.messages, keeps_colours=options.colour)
        print(shown, file=sys.stderr, flush=True)
    if not file.objects:
        return 1
    with Program(options) as program:
        try:
            program.libraries.check()
            unit = _load(program, file)
            for warning in allocator_warnings(unit, is_program=True):
                print(printable_lines(warning), file=sys.stderr, flush=True)
            return program.run_program(unit)
        except ExecutorDied as died:
            if died.exit_status is not None:
                return died.exit_status
            is_here = options.listener is None
            reports, most = program.take_reports(), options.most_frames
            crash = program_crash(died, program.loaded, most, reports, has_libraries=is_here)
            print(printable_lines(str(crash)), file=sys.stderr)
            return status_of_crash(crash)
        finally:
            print_reports(program.take_reports(), program.loaded, options.most_frames)


def _load(program: Program, file: ProgramFile) -> LoadedUnit:
    objects = [(file.name, code) for code in file.objects]
    objects += [(OBJECT_NAME, code) for code in file.instances]
    try:
        return program.load_together(objects, is_program=True, is_run_next=True)
    except UndefinedSymbolsError as error:
        text = "\n".join([str(error), *program.libraries.hints(error.names, "-l")])
        raise LinkError(text) from None
