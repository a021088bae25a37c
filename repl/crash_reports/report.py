"""What the user gets to see of a crash: why, and the calls that led to it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.crash_reports.assertions import TRAP_MESSAGE, describe_trap
from repl.crash_reports.causes import CRASH_SIGNALS, describe_cause
from repl.display.names import as_users_write
from repl.display.redefined_names import as_written
from repl.errors import signal_abbreviation
from runtime.debugging.library_lines import Places, places_in_libraries
from runtime.debugging.statement_functions import STATEMENT_FUNCTIONS, WRAPPER_FUNCTIONS
from runtime.errors import ExecutorDied, printable, shown_path, told
from runtime.objects.demangle import demangle
from runtime.protocol.frames import Frame

if TYPE_CHECKING:
    from runtime.debugging.symbolizer import Place
    from runtime.protocol.wire import ThrownException
    from runtime.units.execution_session import ExecutionSession

_MOST_OF_INTERRUPT = 4  # lines
_LONGEST_FUNCTION = 100  # characters
_OWN_FILES = ("libforkrepl_platform.so", "forkrepl-executor")
_INITIALIZER = "_GLOBAL__sub_I_"
_THROWERS = ("__cxa_throw", "__cxa_init_primary_exception")  # ours, called by users
_TERMINATE = "__clang_call_terminate"  # what noexcept makes of an exception
_ABI_TAG = re.compile(r"\[abi:\w+\]")
_SYSTEM_LIBRARIES = ("/usr/lib", "/lib")
_ALIASES = {"gsignal": "raise"}  # names that a user knows
_SENDERS = ("libc.so", "libstdc++.so")


class _Line(Struct, frozen=True):
    """A line of the backtrace: a function of an input (``place``), or of a library. ``source``:
    its line there, if that is known."""

    function: str
    place: str = ""
    library: str = ""
    source: str = ""

    def text(self, width: int) -> str:
        library = f"{self.library}, {self.source}" if self.source else self.library
        if library:
            return f"  in {f'{self.function} ({library})' if self.function else library}"
        if not self.function:
            return f"  at {self.place}"
        return f"  at {self.place.ljust(width)}   in {self.function}"


def describe_crash(
    died: ExecutorDied,
    execution: ExecutionSession | None,
    most_frames: int,
    *,
    has_libraries: bool,
) -> str:
    """Why the program died, and from where, in lines; empty if there is nothing to say. Of
    Ctrl-C only where it was.

    ``execution``: what it ran, not yet discarded. ``most_frames``: lines of the
    backtrace. ``has_libraries``: the files of its libraries are here.
    """
    crash = died.crash
    if crash is None:
        if died.signal not in CRASH_SIGNALS:
            return ""
        return (
            f"{signal_abbreviation(died.signal)}: the program could not say where "
            "(has the stack of a thread overflowed, or was SIG_DFL set?)"
        )
    most_frames = min(most_frames, _MOST_OF_INTERRUPT) if died.is_interrupt else most_frames
    gap = crash.newest_count if crash.left_out else len(crash.frames)
    places = places_in_libraries([*crash.frames, *crash.thrown]) if has_libraries else {}
    newest = _lines(crash.frames[:gap], execution, places)
    oldest = _lines(crash.frames[gap:], execution, places)
    caller = ""
    if crash.sender or died.is_interrupt:  # raise and abort, and what of the C library led to them
        caller, newest = _without_senders(newest)
    newest, oldest = _cut_off(newest, oldest)
    middle = _Middle(crash.left_out, crash.is_complete)
    calls = _shown(newest, middle, oldest, most_frames)
    if died.is_interrupt:
        return "\n".join(calls)
    message = _trap_message(crash.frames, execution)
    cause = message or describe_cause(crash, caller, execution)
    thread = "" if crash.thread == crash.process else " in another thread"
    first = f"{signal_abbreviation(crash.signal)}{thread}: {cause}"
    if not _are_among(crash.thrown, crash.frames):
        thrown = _lines(crash.thrown, execution, places)
        thrown_at = _shown_throw(thrown, is_complete=True, most=most_frames)
        if thrown_at and thrown_at != calls:
            calls += ["it was thrown", *thrown_at]
    return "\n".join([first, *calls])


def describe_calls(
    frames: Sequence[Frame],
    execution: ExecutionSession | None,
    most_frames: int,
    places: Places,
) -> list[str]:
    """The lines of a list of calls, innermost first, as in the report of a crash. ``places``: see
    ``places_in_libraries``."""
    lines, _ = _cut_off(_lines(frames, execution, places), [])
    if not any(line.place for line in lines):
        return [line.text(0) for line in lines[:1]]
    # What a library is called from says more than that it is there.
    named = [line for line in lines if line.function or line.place]
    return _shown(named, _Middle(0, is_complete=True), [], most_frames)


def describe_throw(
    exceptions: Sequence[ThrownException],
    execution: ExecutionSession | None,
    most_frames: int,
    *,
    has_libraries: bool,
) -> str:
    """Where an exception was thrown that has left the program's code, in lines, and what the
    exceptions are that it holds; empty if there is nothing to say. Arguments as for
    ``describe_crash``."""
    lines: list[str] = []
    frames = [frame for each in exceptions for frame in each.frames]
    places = places_in_libraries(frames) if has_libraries else {}
    for number, each in enumerate(exceptions):
        if number:
            name = as_users_write(told(each.type))
            what = f": {told(each.what)}" if each.what else ""
            lines.append(f"because of an exception of type {name}{what}")
        calls = _lines(each.frames, execution, places)
        lines += _shown_throw(calls, is_complete=each.is_complete, most=most_frames)
    return "\n".join(lines)


def _shown_throw(lines: list[_Line], *, is_complete: bool, most: int) -> list[str]:
    """Without the C++ library's functions that throw for others."""
    _, lines = _without_senders(lines)
    lines, _ = _cut_off(lines, [])
    if not any(line.place for line in lines):
        return []
    left_out = 0 if is_complete else 1
    return _shown(lines, _Middle(left_out, is_complete), [], most)


def _are_among(frames: Sequence[Frame], others: Sequence[Frame]) -> bool:
    """Whether these calls are part of those, which have been shown."""
    return {frame.pc for frame in frames} <= {frame.pc for frame in others}


def _trap_message(frames: Sequence[Frame], execution: ExecutionSession | None) -> str:
    """What ``__builtin_verbose_trap`` says, as of libc++'s assertions: for debuggers it is the
    name of a function that is inlined there."""
    if execution is None or not frames or frames[0].library:
        return ""
    for place in execution.describe_address(frames[0].instruction):
        if place.function.startswith(TRAP_MESSAGE):
            return describe_trap(place.function)
    return ""


def _lines(
    frames: Sequence[Frame], execution: ExecutionSession | None, in_libraries: Places
) -> list[_Line]:
    lines: list[_Line] = []
    for frame in frames:
        if frame in in_libraries:
            for each in in_libraries[frame]:
                source = f"{shown_path(each.file)}:{each.line}"
                _add_library(lines, each.function, frame.library, source)
        elif frame.library:
            _add_library(lines, demangle(frame.symbol), frame.library)
        elif execution is not None:
            places = execution.describe_address(frame.instruction)
            _add_places(lines, places)
    return lines


def _add_library(lines: list[_Line], function: str, file: str, source: str = "") -> None:
    library = printable(os.path.basename(file))
    if library in _OWN_FILES:
        if function in _THROWERS:
            return
        if lines and lines[-1].library:  # called by us, not by the user's program
            lines.pop()
        return
    function = _ALIASES.get(function, function.removeprefix("__libc_"))
    # Of several functions in a row, what was called from outside says most.
    is_own_code = source and not file.startswith(_SYSTEM_LIBRARIES)
    is_same = lines and (lines[-1].library == library or _are_headers(lines[-1].library, library))
    if is_same and not is_own_code:
        if not function:
            return
        lines.pop()
    lines.append(
        _Line(
            _shortened(as_users_write(_ABI_TAG.sub("", function))), library=library, source=source
        )
    )


def _is_system_header(file: str) -> bool:
    """Its functions count as a library's."""
    return file.startswith(("/usr/", "/opt/")) and "/include/" in file


def _are_headers(*files: str) -> bool:
    return not any(".so" in file for file in files) and "" not in files


def _add_places(lines: list[_Line], places: list[Place]) -> None:
    for place in places:
        if place.function.startswith(TRAP_MESSAGE):
            continue
        if _is_system_header(place.file):
            _add_library(lines, place.function, place.file)
            continue
        where = place.file or place.unit
        if place.line:
            where += f":{place.line}" + (f":{place.column}" if place.column else "")
        function = place.function
        if function == _TERMINATE or function.startswith(WRAPPER_FUNCTIONS):
            continue
        if function.startswith(_INITIALIZER) and lines and not lines[-1].function:
            continue  # it calls the statements of an input, which are there already
        if function.startswith((_INITIALIZER, *STATEMENT_FUNCTIONS)):
            function = ""
        lines.append(_Line(_shortened(function), place=where))


def _shortened(function: str) -> str:
    function = as_written(function)
    if len(function) <= _LONGEST_FUNCTION:
        return function
    return function[: _LONGEST_FUNCTION - 4] + " ..."


def _without_senders(lines: list[_Line]) -> tuple[str, list[_Line]]:
    """The outermost of the C and C++ libraries' functions that sent the signal, and the
    lines of its callers."""
    count = 0
    while count < len(lines) and lines[count].library.startswith(_SENDERS):
        count += 1
    if count == 0:
        return "", lines
    last = lines[count - 1]
    return f"{last.function} ({last.library})" if last.function else last.library, lines[count:]


def _cut_off(newest: list[_Line], oldest: list[_Line]) -> tuple[list[_Line], list[_Line]]:
    """Both without what is below the last function of an input: how it came to be run."""
    places = [number for number, line in enumerate(newest + oldest) if line.place]
    if not places:
        return newest, oldest
    end = places[-1] + 1
    return newest[:end], oldest[: max(end - len(newest), 0)]


class _Middle(Struct, frozen=True):
    """What is not known of the middle of a stack, or of its end: how many frames at least."""

    left_out: int
    is_complete: bool


def _shown(newest: list[_Line], middle: _Middle, oldest: list[_Line], most: int) -> list[str]:
    """At most ``most`` lines; what is left out is in the middle."""
    lines = newest + oldest
    head, tail, left_out = lines, [], middle.left_out
    if len(lines) > most or left_out:
        last = most // 2 - 1
        head = (newest if left_out else lines)[: most - last - 1]
        tail = lines[max(len(head), len(lines) - last) :]
        left_out += len(lines) - len(head) - len(tail)
    width = max((len(line.place) for line in head + tail), default=0)
    texts = [line.text(width) for line in head]
    if left_out:
        texts.append(f"  ... {left_out:,} {_more(head, middle)}")
    return texts + [line.text(width) for line in tail]


def _more(head: list[_Line], middle: _Middle) -> str:
    functions = [line.function for line in head if line.function]
    word = "more" if middle.is_complete else "or more"
    return f"{word} (recursion)" if len(set(functions)) < len(functions) else word
