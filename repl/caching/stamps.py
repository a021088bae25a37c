"""What a compilation depends on: the files that Clang read, and where it looked for them.

The frontend tells it in lines (``frontend_process/dependencies.h``): ``file PATH``, ``folder
PATH`` for each folder of its search path, ``absent PATH`` for a file that was looked for
and was not there, ``volatile`` if the result is another each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeAlias

from msgspec import Struct

Stamp: TypeAlias = tuple[int, int]
Stamps: TypeAlias = dict[str, Stamp | None]


class Dependencies(Struct, frozen=True):
    """Stamps of all that matters; None for what must not be there."""

    files: Stamps
    folders: Stamps

    def are_current(self) -> bool:
        """Whether nothing has changed since."""
        known = self.files | self.folders
        return all(stamp(path) == was for path, was in known.items())

    def changed_after(self, moment: int) -> bool:
        """Whether a file is newer than that (ns since the epoch): then it may have been
        written again while Clang read it, and its stamp would not tell."""
        return any(was is not None and was[0] >= moment for was in self.files.values())


def stamp(path: str | os.PathLike[str]) -> Stamp | None:
    """What changes when the file or folder does; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def read_dependencies(told: str) -> Dependencies | None:
    """Take the stamps of what the frontend has told of; None if it cannot be known."""
    files: list[str] = []
    searched: list[str] = []
    absent: list[str] = []
    for line in told.splitlines():
        kind, _, path = line.partition(" ")
        if kind == "volatile":
            return None
        {"file": files, "folder": searched, "absent": absent}[kind].append(path)
    files = list(map(os.path.realpath, files))
    searched = list(map(os.path.realpath, searched))
    folders = {*searched, *_below(searched, files)}
    return Dependencies(
        {path: stamp(path) for path in (*files, *absent)},
        {path: stamp(path) for path in sorted(folders)},
    )


def _below(searched: list[str], files: Iterable[str]) -> set[str]:
    """The folders in which a new file would be found before one of these."""
    found: set[str] = set()
    for file in files:
        for root in searched:
            below = os.path.dirname(file).removeprefix(root + "/")
            if below != os.path.dirname(file):
                found |= {os.path.join(each, below) for each in searched}
    return found
