"""What the runtimes of sanitizers write, taken apart.

They write for people (compiler-rt, for each sanitizer in the file about reports): a heading,
captions with a list of calls after each, a summary. What is not known here is kept as it is, so a
new kind of report loses nothing. It is the program's word: only numbers and words are taken.
"""

from __future__ import annotations

import re

from msgspec import Struct

from runtime.errors import printable
from runtime.protocol.frames import Frame

_MOST_LINES = 10_000
_MOST_FRAMES = 64  # of a list of calls
_ADDRESSES = 2**64 - 1

_HEADINGS = (
    re.compile(r"==\d+==(?:ERROR|WARNING): (?P<tool>\w+Sanitizer): (?P<what>.*)"),
    re.compile(r"(?:WARNING|ERROR|FATAL): (?P<tool>ThreadSanitizer): (?P<what>.*)"),
    re.compile(r"(?P<tool>\w+Sanitizer):(?P<what>DEADLYSIGNAL)"),
    re.compile(r"(?P<place>.+?): runtime error: (?P<what>.*)"),
    re.compile(r"==\d+==\s?(?P<tool>\w+Sanitizer):? (?P<what>.*)"),
    re.compile(r"(?P<tool>ThreadSanitizer): (?P<what>CHECK failed.*)"),
)
_FRAME = re.compile(
    r"\s+#\d+ 0x(?P<pc>[0-9a-f]+)\s*(?:\((?P<module>.*?)"
    r"(?:\+0x(?P<offset>[0-9a-f]{1,16}))?\))?"
)
_SUMMARY = "SUMMARY: "
_ADDRESS = re.compile(r" (?:on(?: unknown)? address|on|at) 0x(?P<address>[0-9a-f]+)")
_NO_MODULE = ("<", "0x")  # what is told of code that the runtime does not know begins so


class Calls(Struct):
    """A caption, and the calls that led there, innermost first."""

    caption: str
    frames: list[Frame] = []


class SanitizerReport(Struct):
    """``tool``: ``AddressSanitizer``; ``what``: the rest of its heading; ``place``:
    FILE:LINE:COLUMN, if it says so itself; ``address``: of the memory in question, or 0. The
    first of the ``parts`` has no caption."""

    tool: str
    what: str
    place: str = ""
    address: int = 0
    parts: list[Calls] = []


def read_reports(text: str) -> list[SanitizerReport]:
    """The reports in a text, in order."""
    reports: list[SanitizerReport] = []
    is_open = False
    for line in text.splitlines()[:_MOST_LINES]:
        heading = next(filter(None, (each.match(line) for each in _HEADINGS)), None)
        if heading is not None and not (is_open and heading.re is _HEADINGS[4]):
            reports.append(_begin(heading.groupdict()))
            is_open = True
        elif line.startswith(_SUMMARY):
            is_open = False  # what the memory around it looks like, and such
        elif is_open:
            _add(reports[-1], line)
    return reports


def _begin(heading: dict[str, str]) -> SanitizerReport:
    report = SanitizerReport(
        tool=heading.get("tool") or "UndefinedBehaviorSanitizer",
        what=printable(heading["what"]),
        place=printable(heading.get("place") or ""),
        parts=[Calls("")],
    )
    _note_address(report, heading["what"])
    return report


def _add(report: SanitizerReport, line: str) -> None:
    frame = _FRAME.match(line)
    if frame is not None:
        frames = report.parts[-1].frames
        if len(frames) < _MOST_FRAMES:
            module = frame["module"] or ""
            library = "" if module.startswith(_NO_MODULE) else printable(module)
            # The runtime has already gone back from the return address.
            pc = int(frame["pc"], 16)
            base = pc - int(frame["offset"] or "0", 16)
            frames.append(Frame(pc & _ADDRESSES, library=library, base=base & _ADDRESSES))
    elif line.strip(" ="):
        _note_address(report, line)
        report.parts.append(Calls(printable(line.strip())))


def _note_address(report: SanitizerReport, text: str) -> None:
    found = _ADDRESS.search(text)
    if found is not None and not report.address:
        report.address = int(found["address"], 16) & _ADDRESSES
