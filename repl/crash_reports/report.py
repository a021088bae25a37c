"""What the user gets to see of a crash: why, and the calls that led to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from repl.crash_reports.causes import CRASH_SIGNALS, describe_cause
from repl.display.redefined_names import as_written
from repl.errors import signal_abbreviation
from runtime.errors import ExecutorDied, printable
from runtime.objects.demangle import demangle
from runtime.protocol.crash import Frame

if TYPE_CHECKING:
    from runtime.debugging.symbolizer import Place
    from runtime.units.execution_session import ExecutionSession

_LONGEST_FUNCTION = 100  # characters
_OWN_FILES = ("libforkrepl_platform.so", "forkrepl-executor")
_STATEMENTS = ("__stmts__", "__cxx_global_var_init")
_INITIALIZER = "_GLOBAL__sub_I_"
_TERMINATE = "__clang_call_terminate"  # what noexcept makes of an exception
_TRAP = "__clang_trap_msg$"
_ALIASES = {"gsignal": "raise"}  # names that a user knows
_SENDERS = ("libc.so", "libstdc++.so")


class _Line(Struct, frozen=True):
    """A line of the backtrace: a function of an input (``place``), or of a library."""

    function: str
    place: str = ""
    library: str = ""

    def text(self, width: int) -> str:
        if self.library:
            return f"  in {f'{self.function} ({self.library})' if self.function else self.library}"
        if not self.function:
            return f"  at {self.place}"
        return f"  at {self.place.ljust(width)}   in {self.function}"


def describe_crash(
    died: ExecutorDied, execution: ExecutionSession | None, most_frames: int = 8
) -> str:
    """Why the program died, and from where, in lines; empty if there is nothing to say.

    ``execution``: what it ran, not yet discarded. ``most_frames``: lines of the
    backtrace.
    """
    crash = died.crash
    if crash is None:
        if died.signal not in CRASH_SIGNALS:
            return ""
        return (
            f"{signal_abbreviation(died.signal)}: the program could not say where "
            "(has the stack of a thread overflowed, or was SIG_DFL set?)"
        )
    gap = crash.newest_count if crash.left_out else len(crash.frames)
    newest = _lines(crash.frames[:gap], execution)
    oldest = _lines(crash.frames[gap:], execution)
    caller = ""
    if crash.sender:  # raise and abort, and what of the C library led to them
        caller, newest = _without_senders(newest)
    newest, oldest = _cut_off(newest, oldest)
    cause = _reason_of_trap(newest) or describe_cause(crash, caller, execution)
    thread = "" if crash.thread == crash.process else " in another thread"
    first = f"{signal_abbreviation(crash.signal)}{thread}: {cause}"
    shown = _shown(newest, oldest, most_frames, crash.left_out, crash.is_complete)
    return "\n".join([first, *shown])


def describe_calls(
    frames: Sequence[Frame], execution: ExecutionSession | None, most_frames: int
) -> list[str]:
    """The lines of a list of calls, innermost first, as in the report of a crash."""
    lines, _ = _cut_off(_lines(frames, execution), [])
    if not any(line.place for line in lines):
        return [line.text(0) for line in lines[:1]]
    # What a library is called from says more than that it is there.
    return _shown([line for line in lines if line.function or line.place], [], most_frames)


def _lines(frames: Sequence[Frame], execution: ExecutionSession | None) -> list[_Line]:
    lines: list[_Line] = []
    for frame in frames:
        if frame.library:
            _add_library(lines, demangle(frame.symbol), frame.library)
        elif execution is not None:
            places = execution.describe_address(frame.instruction)
            _add_places(lines, places)
    return lines


def _add_library(lines: list[_Line], function: str, file: str) -> None:
    library = printable(os.path.basename(file))
    if library in _OWN_FILES:
        if lines and lines[-1].library:  # called by us, not by the user's program
            lines.pop()
        return
    function = _ALIASES.get(function, function.removeprefix("__libc_"))
    # Of several functions in a row, what was called from outside says most.
    if lines and (lines[-1].library == library or _are_headers(lines[-1].library, library)):
        if not function:
            return
        lines.pop()
    lines.append(_Line(_shortened(function), library=library))


def _is_system_header(file: str) -> bool:
    """Its functions count as a library's."""
    return file.startswith(("/usr/", "/opt/")) and "/include/" in file


def _are_headers(*files: str) -> bool:
    return not any(".so" in file for file in files) and "" not in files


def _add_places(lines: list[_Line], places: list[Place]) -> None:
    for place in places:
        if _is_system_header(place.file):
            _add_library(lines, place.function, place.file)
            continue
        where = place.file or place.unit
        if place.line:
            where += f":{place.line}" + (f":{place.column}" if place.column else "")
        function = place.function
        if function == _TERMINATE:
            continue
        if function.startswith(_INITIALIZER) and lines and not lines[-1].function:
            continue  # it calls the statements of an input, which are there already
        if function.startswith((_INITIALIZER, *_STATEMENTS)):
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


def _reason_of_trap(lines: list[_Line]) -> str:
    """What Clang says of a check that has failed, by way of a function that is inlined there,
    whose line is taken off; nothing if it says nothing."""
    if not lines or not lines[0].function.startswith(_TRAP):
        return ""
    return lines.pop(0).function.removeprefix(_TRAP).replace("$", ": ")


def _cut_off(newest: list[_Line], oldest: list[_Line]) -> tuple[list[_Line], list[_Line]]:
    """Both without what is below the last function of an input: how it came to be run."""
    places = [number for number, line in enumerate(newest + oldest) if line.place]
    if not places:
        return newest, oldest
    end = places[-1] + 1
    return newest[:end], oldest[: max(end - len(newest), 0)]


def _shown(
    newest: list[_Line],
    oldest: list[_Line],
    most: int,
    left_out: int = 0,
    is_complete: bool = True,
) -> list[str]:
    """At most ``most`` lines; what is left out is in the middle."""
    lines = newest + oldest
    head, tail = lines, list[_Line]()
    if len(lines) > most or left_out:
        last = most // 2 - 1
        head = (newest if left_out else lines)[: most - last - 1]
        tail = lines[max(len(head), len(lines) - last) :]
        left_out += len(lines) - len(head) - len(tail)
    width = max((len(line.place) for line in head + tail), default=0)
    texts = [line.text(width) for line in head]
    if left_out:
        texts.append(f"  ... {left_out:,} {_more(head, is_complete)}")
    return texts + [line.text(width) for line in tail]


def _more(head: list[_Line], is_complete: bool) -> str:
    functions = [line.function for line in head if line.function]
    word = "more" if is_complete else "or more"
    return f"{word} (recursion)" if len(set(functions)) < len(functions) else word
