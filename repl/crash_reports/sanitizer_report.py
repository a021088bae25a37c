"""What the user gets to see of a sanitizer's report: as of a crash, by inputs and lines."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from repl.crash_reports import sanitizer_words as words
from repl.crash_reports.report import describe_calls
from repl.crash_reports.sanitizer_text import Calls, SanitizerReport, read_reports
from runtime.debugging.library_lines import Places, places_in_libraries
from runtime.errors import ExecutorDied
from runtime.protocol.frames import Frame

if TYPE_CHECKING:
    from runtime.units.execution_session import ExecutionSession

_RUNTIME = "libclang_rt."
_POISON = "use-after-poison"
_THREADS = "ThreadSanitizer"
_MOST_REPORTS = 20  # at once
_MOST_LEAKS = 10
_MOST_ASKED = 4 * _MOST_LEAKS  # parts, some of which have no heading and do not count


def describe_reports(text: str, execution: ExecutionSession | None, most_frames: int) -> list[str]:
    """Each report in what a runtime has written, in lines; ``execution`` and ``most_frames``: as
    for ``describe_crash``."""
    reports = read_reports(text)
    told = _described(reports[:_MOST_REPORTS], execution, most_frames)
    if len(reports) > _MOST_REPORTS:
        told.append(f"... and {len(reports) - _MOST_REPORTS} more reports")
    return told


def describe_last_reports(
    died: ExecutorDied, execution: ExecutionSession | None, most_frames: int, text: str
) -> tuple[list[str], bool]:
    """The same of the last ones before the end of the program, and whether they explain it."""
    frames = died.crash.frames if died.crash is not None else ()
    reports = read_reports(text)[-_MOST_REPORTS:]
    told = _described(reports, execution, most_frames, {each.instruction: each for each in frames})
    is_abort = died.signal == signal.SIGABRT and any(map(_is_runtime, frames))
    return told, bool(told) and is_abort


def _described(
    reports: Sequence[SanitizerReport],
    execution: ExecutionSession | None,
    most_frames: int,
    known: Mapping[int, Frame] = MappingProxyType({}),
) -> list[str]:
    """``known``: calls by their addresses, of which more is known than the reports say."""
    for report in reports:
        report.parts = _nearest(report.parts)
        for part in report.parts:
            # The runtime stands between all others.
            frames = [known.get(frame.pc, frame) for frame in part.frames]
            part.frames = [frame for frame in frames if not _is_runtime(frame)]
    # Not many more than are shown: to ask for all takes longer than anybody waits.
    shown = [part for report in reports for part in report.parts[:_MOST_ASKED]]
    calls = [frame for part in shown for frame in part.frames]
    places = places_in_libraries(calls)
    return [_describe(each, execution, most_frames, places) for each in reports]


def _describe(
    report: SanitizerReport,
    execution: ExecutionSession | None,
    most_frames: int,
    places: Places,
) -> str:
    details = [words.detail(_named(part.caption, execution)) for part in report.parts]
    title, place = _about(report, execution)
    first = f"{report.tool}: {title}"
    about = [each for each in details if each] + place
    lines = [f"{first}: {', '.join(about)}" if about else first]
    shown = 0
    for part, said in zip(report.parts, details, strict=True):
        calls = describe_calls(part.frames, execution, most_frames, places)
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
        (int(match[1]), n)
        for n, part in enumerate(parts)
        if (match := words.GLOBAL.fullmatch(part.caption))
    ]
    if len(near) < 2:
        return parts
    others = {n for _, n in near} - {min(near)[1]}
    return [part for n, part in enumerate(parts) if n not in others]


def _named(caption: str, execution: ExecutionSession | None) -> str:
    """The caption about a variable, whose input only we know."""
    match = words.GLOBAL.fullmatch(caption)
    thing = execution.what_is_at(int(match[4], 16)) if match and execution is not None else None
    if match is None or thing is None:
        return caption
    return caption.replace(f"'{match[3]}'", f"'{thing.description}'", 1)


def _about(report: SanitizerReport, execution: ExecutionSession | None) -> tuple[str, list[str]]:
    """The kind of mistake, and what is at the address where only we know."""
    title = words.title(report.what)
    thing = execution.what_is_at(report.address) if execution and report.address else None
    if thing is None:
        return title, []
    if title == _POISON and not thing.protection:  # we have poisoned it
        return "use-after-undo", [thing.description]
    return title, [thing.description] if title == _POISON or report.tool == _THREADS else []


def _is_runtime(frame: Frame) -> bool:
    return os.path.basename(frame.library).startswith(_RUNTIME)
