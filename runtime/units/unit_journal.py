"""Which units were loaded and unloaded, and which values displaced, since the oldest mark
that can be rewound to.

A checkpoint of the executor has in its memory what was loaded when it was made. So what
is unloaded later keeps its memory and its place in the symbol table's history until no
such checkpoint is left.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from runtime.linker.link import LinkedUnit

if TYPE_CHECKING:
    from runtime.units.kept_values import ValueNoted
    from runtime.units.redirection import Withdrawn


class LoadedUnit(Struct, frozen=True):
    """A unit in the executor. ``number`` identifies it within the session."""

    number: int
    linked: LinkedUnit

    def weak_functions(self) -> tuple[str, ...]:
        """Symbols of functions that other units may define as well: the first counts."""
        definitions = self.linked.definitions.items()
        return tuple(n for n, d in definitions if d.weak and d.is_function and n.isascii())

    def deallocate(self) -> None:
        """Give its memory back."""
        self.linked.thread_local_block.release()
        self.linked.allocation.deallocate()


class UnitLoaded(Struct, frozen=True):
    """A unit was loaded."""

    unit: LoadedUnit


class UnitUnloaded(Struct, frozen=True):
    """A unit was unloaded. ``exports``: the handle by which libraries saw it, if they did."""

    unit: LoadedUnit
    exports: int | None


class SymbolsWithdrawn(Struct, frozen=True):
    """Definitions went out of force, or came back (``is_return``)."""

    withdrawn: Withdrawn
    is_return: bool


Entry: TypeAlias = "UnitLoaded | UnitUnloaded | SymbolsWithdrawn | ValueNoted"


class UnitJournal:
    """Positions count entries since the beginning; a mark is a position."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._first = 0  # position of the oldest entry
        self._marks: Counter[int] = Counter()

    def note(self, entry: Entry) -> bool:
        """Append an entry if a mark can still be rewound to; if not (False), the caller frees
        the unit now."""
        if self._marks:
            self._entries.append(entry)
        else:
            self._first += 1
        return bool(self._marks)

    def mark(self) -> int:
        """The present position, to which ``rewind`` can go until it is released."""
        position = self._first + len(self._entries)
        self._marks[position] += 1
        return position

    def release(self, position: int) -> list[LoadedUnit]:
        """Drop a mark. Returns the units that no other mark can bring back: free them."""
        self._marks -= Counter([position])  # drops what falls to zero
        oldest = min(self._marks, default=self._first + len(self._entries))
        gone = []
        while self._first < oldest:
            entry = self._entries.popleft()
            self._first += 1
            if isinstance(entry, UnitUnloaded):
                gone.append(entry.unit)
        return gone

    def rewind(self, position: int) -> Iterator[Entry]:
        """Take off and yield the entries since a mark, newest first."""
        for mark in [mark for mark in self._marks if mark > position]:
            del self._marks[mark]
        while self._first + len(self._entries) > position:
            yield self._entries.pop()
