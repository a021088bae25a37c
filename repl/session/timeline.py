"""Moments that the session can go back to.

Before each input the program is saved, and the newest saved programs are kept, so that
``%rewind`` can go back further. Each is a process: their number and their memory are
bounded, and the older they are the fewer of them stay.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from repl.program.saved import SavedProgram
from runtime.kernel_calls.limits import affordable_files

MOST_MOMENTS = 24
FARTHEST = 1000  # inputs: what has been undone since keeps its memory
_ALL_OF_THE_NEWEST = 8
_SHARE_OF_MACHINE = 4  # all moments together may use one n-th of its memory

P = TypeVar("P")


class Moment(Struct, Generic[P], frozen=True):
    """``number``: how many inputs had taken effect. ``position``: where the session was.
    Moments between which no code ran share a saved program."""

    number: int
    position: P
    program: SavedProgram


class Timeline(Generic[P]):
    """The moments kept, oldest first. ``forget``: what to do with a saved program that
    nobody needs any more; ``memory``: of the program, in bytes."""

    def __init__(self, forget: Callable[[SavedProgram], None], memory: Callable[[], int]) -> None:
        self._forget = forget
        self._memory = memory
        self._moments: list[Moment[P]] = []
        self.number = 0
        """How many inputs have taken effect; going back counts down."""

    def add(self, position: P, program: SavedProgram, count: int = 1) -> None:
        """An input has taken effect, or several; this is how it was before."""
        self._moments.append(Moment(self.number, position, program))
        self.number += count
        while self.number - self._moments[0].number > FARTHEST:
            self._drop(0)
        while len(self._moments) > self._most():
            self._drop(thinned_out([self.number - m.number for m in self._moments]))

    def distances(self) -> list[int]:
        """How many inputs back the moments are, nearest first."""
        return [self.number - moment.number for moment in reversed(self._moments)]

    def find(self, distance: int) -> Moment[P] | None:
        """The moment so many inputs back, if it is kept."""
        return next((m for m in self._moments if self.number - m.number == distance), None)

    def newest_first(self) -> Iterator[Moment[P]]:
        """The moments that are kept."""
        return reversed(self._moments)

    def replace(self, program: SavedProgram, other: SavedProgram) -> None:
        """Moments that point at ``program``, whose checkpoint was consumed, point at ``other``
        from now on: its fresh copy."""
        self._moments = [
            replace(m, program=other) if m.program is program else m for m in self._moments
        ]

    def drop(self, program: SavedProgram) -> None:
        """Forget the moments of a saved program whose checkpoint is gone."""
        self._moments = [m for m in self._moments if m.program is not program]

    def gone_back(self, number: int, program: SavedProgram | None) -> None:
        """Rewound to moment ``number``: later moments are dropped. ``program``: the program as it
        is saved now, whose checkpoint stays."""
        self.number = number
        later = [m for m in self._moments if m.number >= number]
        self._moments = [m for m in self._moments if m.number < number]
        for moment in later:
            if moment.program is not program and not self.is_kept(moment.program):
                moment.program.checkpoint.discard()  # rewinding has released its mark already

    def clear(self) -> None:
        """Drop all moments, with their checkpoints: the session begins anew."""
        for moment in self._moments:
            moment.program.checkpoint.discard()
        self._moments.clear()
        self.number = 0

    def forget_all(self) -> None:
        """Drop all moments, and release what was kept for them."""
        while self._moments:
            self._drop(0)

    def is_kept(self, program: SavedProgram) -> bool:
        """Whether a moment that is kept goes back to this saved program."""
        return any(moment.program is program for moment in self._moments)

    def _most(self) -> int:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGESIZE")
        # Each may come to have a copy of all of the program's memory.
        affordable = machine // _SHARE_OF_MACHINE // max(self._memory(), 1)
        return max(1, min(affordable_files(MOST_MOMENTS), affordable))

    def _drop(self, index: int) -> None:
        program = self._moments.pop(index).program
        if not self.is_kept(program):
            self._forget(program)


def thinned_out(ages: list[int]) -> int:
    """Which of several moments to drop, given their ages, oldest first.

    The newest are all kept; of the others the one whose loss widens the gap between its
    neighbours least, measured by its age; at last the oldest.
    """
    inner = range(1, len(ages) - _ALL_OF_THE_NEWEST)
    return min(inner, key=lambda i: ((ages[i - 1] - ages[i + 1]) / ages[i], i), default=0)
