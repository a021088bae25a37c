"""The captions of sanitizers' reports in our words: without addresses, and shorter."""

from __future__ import annotations

import re
from collections.abc import Callable

from runtime.objects.demangle import demangle

_Match = re.Match[str]


def _bytes(number: str) -> str:
    return "1 byte" if number == "1" else f"{number} bytes"


def _thread(number: str) -> str:
    """Of a caption's ``T3``; the main thread needs no words."""
    return "" if number in ("", "0") else f" by thread {number}"


def _access(match: _Match) -> str:
    return f"{match[1].lower()} of {_bytes(match[2])}{_thread(match[3])}"


def _distance(number: str, side: str, what: str) -> str:
    if side.startswith("inside"):
        return f"byte {number} of {what}"
    return f"right {side} {what}" if number == "0" else f"{_bytes(number)} {side} {what}"


def _block(match: _Match) -> str:
    return _distance(match[1], match[2], f"a block of {_bytes(match[3])}")


def _global(match: _Match) -> str:
    return _distance(match[1], match[2], f"{demangle(match[3])}, which has {_bytes(match[5])}")


def _local(match: _Match) -> str:
    line = f" (line {match[2]})" if match[2] else ""
    verb = {"is inside of": "is inside"}.get(match[3], match[3])
    return f"it {verb} the variable {match[1]}{line}"


def _race(match: _Match) -> str:
    previous = "an earlier " if match[1] else ""
    atomic = "atomic " if match[2] else ""
    by = "the main thread" if match[5] == "main thread" else f"thread {match[6]}"
    return f"{previous}{atomic}{match[3].lower()} of {_bytes(match[4])} by {by}:"


def _started(match: _Match) -> str:
    return f"thread {match[1]} was started here:"


def _leak(match: _Match) -> str:
    objects = "" if match[3] == "1" else f" in {match[3]} objects"
    indirect = ", reachable from others that leak" if match[1] == "Indirect" else ""
    return f"{_bytes(match[2])}{objects} that nothing points to{indirect}, allocated here:"


def _heap_location(match: _Match) -> str:
    by = "" if match[2] == "main thread" else f" by thread {match[3]}"
    return f"in a block of {_bytes(match[1])} that was allocated{by} here:"


GLOBAL = re.compile(
    r"0x\w+ is located (\d+) bytes (after|before|inside of) global variable '(.+?)' "
    r"defined in '.*?' \(0x(\w+)\) of size (\d+)"
)
"""Groups: how many, on which side, its name, its address, its size."""

# What is merged into the first line, in the order in which it comes.
DETAILS: tuple[tuple[re.Pattern[str], Callable[[_Match], str]], ...] = (
    (re.compile(r"(READ|WRITE|ACCESS) of size (\d+) at 0x\w+ thread T(\d+)"), _access),
    (
        re.compile(
            r"0x\w+ is located (\d+) bytes (after|before|inside of) (\d+)-byte region \[.*\)"
        ),
        _block,
    ),
    (GLOBAL, _global),
    (
        re.compile(
            r"\[\d+, \d+\) '(.+?)'(?: \(line (\d+)\))? <== Memory access at offset \d+ "
            r"(.*) this variable"
        ),
        _local,
    ),
)

_HEXADECIMAL = re.compile(r"0x(\w+)(?: \(\d+\))? bytes")
_NOTE = re.compile(r"0x\w+: note: (.*)")

# What has a line of its own, with calls after it.
CAPTIONS: tuple[tuple[re.Pattern[str], Callable[[_Match], str]], ...] = (
    (
        re.compile(r"(?:previously )?(allocated|freed) by thread T(\d+)\b.* here:"),
        lambda match: f"{match[1]}{_thread(match[2])} here:",
    ),
    (re.compile(r"Thread T(\d+)\b.* created by .* (?:at|here):"), _started),
    (
        re.compile(
            r"(Previous )?(atomic )?([Rr]ead|[Ww]rite) of size (\d+) at 0x\w+ by "
            r"(main thread|thread T(\d+)).*:"
        ),
        _race,
    ),
    (
        re.compile(
            r"Location is heap block of size (\d+) at 0x\w+ allocated by "
            r"(main thread|thread T(\d+)):"
        ),
        _heap_location,
    ),
    (
        re.compile(r"(Direct|Indirect) leak of (\d+) byte\(s\) in (\d+) object\(s\) allocated.*:"),
        _leak,
    ),
)

# What says nothing to the author of an input, or stands elsewhere.
_SILENT = re.compile(
    r"HINT: |\(longjmp and C\+\+|This frame has \d+ object|\[\d+, \d+\) '|'.*' is ascii string|"
    r"Address 0x\w+ is located in stack of thread|Address 0x\w+ is a wild pointer|"
    r"Address 0x\w+ is located in (shared|low|high)|"
    r"Location is global|Location is stack of|Thread T\d+ created by T0 here: *$|"
    r"==\d+==(ABORTING|HINT|Register|Hint|Process memory map|End of process)|0x\w+-0x\w+|"
    r"\w+Sanitizer: CHECK failed: sanitizer_common|ERROR: Failed to mmap|"
    r"0x\w+ is located in |Shadow |[0-9a-f ]+$|[ ^~]+$|"
    r".*: note: (pointer points here|nonnull attribute)|Object at 0x|vptr for|=>|"
    r"The following (known )?function|False positive|For details see|As if synchronized via sleep"
)

_TITLES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"attempting double-free on .*"), "double-free"),
    (re.compile(r"attempting free on address which was not malloc.*"), "free of what is no block"),
    (
        re.compile(r"alloc-dealloc-mismatch \((.*) vs (.*)\) on .*"),
        r"alloc-dealloc-mismatch: allocated by \1, freed by \2",
    ),
    (re.compile(r"detected memory leaks"), "memory leaks"),
    (
        re.compile(r"has encountered a fatal error\."),
        "cannot look for leaks: is the program under a debugger, or is ptrace(2) not allowed?",
    ),
    (re.compile(r" \(pid=\d+\)"), ""),
    (re.compile(r" on (unknown )?address 0x\w+( at pc .*| \(pc .*)?$"), ""),
    (re.compile(r"misaligned address 0x\w+"), "a misaligned address"),
    (re.compile(r"address 0x\w+"), "an address"),
    (re.compile(r" (on|at) 0x\w+"), ""),
    (re.compile(r" in thread T\d+:?"), ""),
    (re.compile(r": memory ranges \[.*"), ""),
    (re.compile(r":$"), ""),
)


def _decimal(match: _Match) -> str:
    return f"{int(match[1], 16):,} bytes"


def title(what: str) -> str:
    """The kind of mistake, of a report's heading."""
    if what.startswith("out of memory"):
        return f"{_HEXADECIMAL.sub(_decimal, what)} (see --memory-limit)"
    for pattern, words in _TITLES:
        what = pattern.sub(words, what)
    return what


def detail(caption: str) -> str:
    """What a caption adds to the first line, or nothing."""
    return _said(DETAILS, caption)


def heading(caption: str) -> str:
    """What stands before the calls that follow a caption; nothing if it need not be said."""
    said = _said(CAPTIONS, caption)
    return said or ("" if _SILENT.match(caption) else _NOTE.sub(r"note: \1", caption))


def _said(rules: tuple[tuple[re.Pattern[str], Callable[[_Match], str]], ...], text: str) -> str:
    for pattern, words in rules:
        match = pattern.fullmatch(text)
        if match is not None:
            return words(match)
    return ""
