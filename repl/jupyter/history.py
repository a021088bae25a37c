"""What was run in this kernel, as frontends ask for it."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Sequence

from msgspec import Struct

_SESSION = 1  # its number: there is one for each kernel
_MOST = 10_000  # cells that are remembered


class Entry(Struct, frozen=True):
    """A cell; ``output``: its value as text, if it has one."""

    number: int
    text: str
    output: str | None

    def row(self, with_output: bool) -> tuple[int, int, object]:
        """As the protocol has it."""
        return _SESSION, self.number, (self.text, self.output) if with_output else self.text


class CellHistory:
    """The newest cells, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, number: int, text: str, output: str | None) -> None:
        """A cell has run."""
        self._entries.append(Entry(number, text, output))
        del self._entries[:-_MOST]

    def tail(self, count: int | None) -> Sequence[Entry]:
        """The newest ones."""
        return _newest(self._entries, count)

    def range(self, session: int, start: int, stop: int | None) -> Sequence[Entry]:
        """Those with these numbers. ``session``: 0 is this one, and there is no other."""
        if session not in (0, _SESSION):
            return []
        end = math.inf if stop is None else stop
        return [each for each in self._entries if start <= each.number < end]

    def search(self, pattern: str, count: int | None, unique: bool) -> Sequence[Entry]:
        """Those whose text matches a pattern with ``*`` and ``?``."""
        found = [each for each in self._entries if fnmatch.fnmatchcase(each.text, pattern)]
        if unique:
            newest = {each.text: each for each in found}
            found = sorted(newest.values(), key=lambda each: each.number)
        return _newest(found, count)


def _newest(entries: Sequence[Entry], count: int | None) -> Sequence[Entry]:
    return entries if count is None else entries[max(len(entries) - count, 0) :]
