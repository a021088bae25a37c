"""What the user gets to see of a sanitizer's report: as of a crash, by inputs and lines."""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from repl.crash_reports import sanitizer_words as words
from repl.crash_reports.report import describe_calls, describe_crash
from repl.crash_reports.sanitizer_text import Calls, SanitizerReport, read_reports
from runtime.errors import ExecutorDied
from runtime.protocol.frames import Frame

if TYPE_CHECKING:
    from runtime.units.execution_session import ExecutionSession

_RUNTIME = "libclang_rt."
_POISON = "use-after-poison"
_THREADS = "ThreadSanitizer"
_GLOBAL = re.compile(
    r"0x\w+ is located (\d+) bytes .* global variable '(.+?)' defined in '.*?' \(0x(\w+)\)"
)
_MOST_REPORTS = 20  # at once
_MOST_LEAKS = 10


def describe_reports(text: str, execution: ExecutionSession | None, most_frames: int) -> list[str]:
    """Each report in what a runtime has written, in lines; ``execution`` and ``most_frames``: as
    for ``describe_crash``."""
    reports = read_reports(text)
    told = [_describe(each, execution, most_frames, {}) for each in reports[:_MOST_REPORTS]]
    if len(reports) > _MOST_REPORTS:
        told.append(f"... and {len(reports) - _MOST_REPORTS} more reports")
    return told


def print_reports(text: str, execution: ExecutionSession | None, most_frames: int) -> None:
    """The same on standard error."""
    for report in describe_reports(text, execution, most_frames):
        print(report, file=sys.stderr, flush=True)


def describe_end(
    died: ExecutorDied,
    execution: ExecutionSession | None,
    most_frames: int,
    text: str,
    *,
    has_libraries: bool,
) -> str:
    """Why the program died, as ``describe_crash`` says it, after what a sanitizer has written; if
    that was the end of it, it says it better."""
    reports = read_reports(text)
    if not reports:
        return describe_crash(died, execution, most_frames, has_libraries=has_libraries)
    frames = died.crash.frames if died.crash is not None else ()
    known = {frame.instruction: frame for frame in frames}
    told = [_describe(each, execution, most_frames, known) for each in reports[-_MOST_REPORTS:]]
    by_runtime = any(_is_runtime(frame) for frame in frames)
    if died.signal != signal.SIGABRT or not by_runtime:
        crash = describe_crash(died, execution, most_frames, has_libraries=has_libraries)
        told.append(crash)
    return "\n".join(filter(None, told))


def _describe(
    report: SanitizerReport,
    execution: ExecutionSession | None,
    most_frames: int,
    known: dict[int, Frame],
) -> str:
    """``known``: calls by their addresses, of which more is known than the report says."""
    details = [words.detail(_named(part.caption, execution)) for part in _nearest(report.parts)]
    title, place = _about(report, execution)
    first = f"{report.tool}: {title}"
    about = [each for each in details if each] + place
    lines = [f"{first}: {', '.join(about)}" if about else first]
    width = most_frames
    shown = 0
    for part, said in zip(_nearest(report.parts), details, strict=True):
        calls = describe_calls(_of_interest(part, known), execution, width)
        heading = "" if said else words.heading(part.caption)
        if heading.startswith("thread ") and not calls:
            continue
        if heading:
            lines.append(heading if calls else heading.removesuffix(" here:"))
            shown += 1
        if report.place and part is report.parts[0]:
            calls = _with_line(calls, report.place)
        if heading or part is report.parts[0] or said:
            lines += calls
        if shown == _MOST_LEAKS:
            break
    return "\n".join(lines)


def _with_line(calls: list[str], place: str) -> list[str]:
    """The calls, of which the first has a line if the report says which."""
    if not calls:
        return [f"  at {place}"]
    if re.match(r"  (at .*:\d+|in )", calls[0]):
        return calls
    function = calls[0].partition("   in ")[2]
    return [f"  at {place}{'   in ' if function else ''}{function}", *calls[1:]]


def _nearest(parts: list[Calls]) -> list[Calls]:
    """Of all variables that are somewhere near, only the nearest."""
    near = [
        (int(match[1]), n) for n, part in enumerate(parts) if (match := _GLOBAL.match(part.caption))
    ]
    if len(near) < 2:
        return parts
    others = {n for _, n in near} - {min(near)[1]}
    return [part for n, part in enumerate(parts) if n not in others]


def _named(caption: str, execution: ExecutionSession | None) -> str:
    """The caption about a variable, whose input only we know."""
    match = _GLOBAL.match(caption)
    thing = execution.what_is_at(int(match[3], 16)) if match and execution is not None else None
    if match is None or thing is None:
        return caption
    return caption.replace(f"'{match[2]}'", f"'{thing.description}'", 1)


def _about(report: SanitizerReport, execution: ExecutionSession | None) -> tuple[str, list[str]]:
    """The kind of mistake, and what is at the address where only we know."""
    title = words.title(report.what)
    thing = execution.what_is_at(report.address) if execution and report.address else None
    if thing is None:
        return title, []
    if title == _POISON and not thing.protection:  # we have poisoned it
        return "use-after-undo", [thing.description]
    return title, [thing.description] if title == _POISON or report.tool == _THREADS else []


def _of_interest(part: Calls, known: dict[int, Frame]) -> list[Frame]:
    """The calls, without those in the runtime, which stands between all others."""
    frames = []
    for frame in part.frames:
        better = known.get(frame.pc)
        if better is not None and better.library:
            frame = replace(frame, library=better.library, symbol=better.symbol)
        if not _is_runtime(frame):
            frames.append(frame)
    return frames


def _is_runtime(frame: Frame) -> bool:
    return os.path.basename(frame.library).startswith(_RUNTIME)
