"""Lines of the sources of shared libraries that have debug information.

They may be large, so a program reads them that does nothing else and can be ended when it
takes too long: llvm-symbolizer, or addr2line. It is asked only when there is a report to be
made, and finds debug information in files of its own by the library's build ID.
"""

from __future__ import annotations

import functools
import os
import re
import stat
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TypeAlias

from msgspec import Struct

from runtime.addresses import USER_SPACE_END
from runtime.debugging.debug_sections import lowest_address_with_lines
from runtime.debugging.installed_tools import find_tool
from runtime.errors import printable
from runtime.protocol.frames import Frame

_PATIENCE = 5.0  # s, for all libraries of a report
_MOST_OUTPUT = 1 << 20  # bytes
TOOLS = ("llvm-symbolizer-22", "llvm-symbolizer", "addr2line")
# Nobody looks for a mistake in these: what was called is what matters.
_LANGUAGE = r"(libc|libstdc\+\+|libc\+\+|libc\+\+abi|libm|libgcc_s|ld-linux.*)\.so\b.*"
_PLACE = r"(.*):(\d+)(?: \(discriminator \d+\))?"


class LibraryPlace(Struct, frozen=True):
    """A function of a library's, and the line in it: ``file`` is empty if that is unknown."""

    function: str
    file: str
    line: int


class _Library(Struct, frozen=True):
    """``first``: the address that its file begins at, where it has debug information."""

    path: str
    first: int


Places: TypeAlias = dict[Frame, list[LibraryPlace]]


def places_in_libraries(frames: Iterable[Frame]) -> Places:
    """For frames of libraries with debug information: the function, after those that are
    inlined there, the innermost first. Frames of others are not in it."""
    by_library: dict[_Library, list[Frame]] = {}
    for frame in frames:
        library = _library(frame.library) if frame.library else None
        if library is not None:
            by_library.setdefault(library, []).append(frame)
    found: Places = {}
    deadline = time.monotonic() + _PATIENCE
    with suppress(KeyboardInterrupt):  # then there are only names
        for library, those in by_library.items():
            # Where a file begins is the program's word.
            places_of = {frame: frame.instruction - frame.base + library.first for frame in those}
            addresses = {each for each in places_of.values() if 0 <= each < USER_SPACE_END}
            told = _ask(library.path, sorted(addresses), deadline - time.monotonic())
            found |= {frame: told[at] for frame, at in places_of.items() if told.get(at)}
    return found


def _library(name: str) -> _Library | None:
    """The library of this name, if it is a file here that has debug information."""
    if re.fullmatch(_LANGUAGE, os.path.basename(name)):
        return None
    path = os.path.abspath(name)
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return _examined(path, about.st_mtime_ns, about.st_ino) if stat.S_ISREG(about.st_mode) else None


@functools.lru_cache(maxsize=64)
def _examined(path: str, changed: int, inode: int) -> _Library | None:
    try:
        # Should it have become something else in the meantime, nobody waits for it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            first = lowest_address_with_lines(file)
    except OSError:
        return None
    return None if first is None else _Library(path, first)


@functools.cache
def _tool() -> list[str] | None:
    found = find_tool(TOOLS)
    if found is None:
        return None
    style = ["--output-style=GNU"] if "symbolizer" in os.path.basename(found) else []
    return [found, *style, "-a", "-f", "-C", "-i"]


def _ask(path: str, addresses: Sequence[int], patience: float) -> dict[int, list[LibraryPlace]]:
    """What the tool says of each address; nothing if it fails or takes too long."""
    command = _tool()
    if command is None or patience <= 0 or not addresses:
        return {}
    # Nothing is to be fetched from a server.
    environment = {k: v for k, v in os.environ.items() if k != "DEBUGINFOD_URLS"}
    try:
        done = subprocess.run(
            [*command, "-e", path, *map(hex, addresses)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            env=environment,
            start_new_session=True,  # so that Ctrl-C comes here only
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return _read(done.stdout[:_MOST_OUTPUT].decode("utf-8", "surrogateescape"))


def _read(output: str) -> dict[int, list[LibraryPlace]]:
    """Of each address: a line with it, then two for each function."""
    found: dict[int, list[LibraryPlace]] = {}
    places: list[LibraryPlace] = []
    lines = iter(output.splitlines())
    for line in lines:
        if re.fullmatch(r"0x[0-9a-f]{1,16}", line):
            places = found.setdefault(int(line, 16), [])
            continue
        place = re.fullmatch(_PLACE, next(lines, ""))
        if place is not None and not place[1].startswith("??") and int(place[2]):
            function = "" if line == "??" else printable(line)
            places.append(LibraryPlace(function, printable(place[1]), int(place[2])))
    return found
