"""What was made in the program, and is still there after it has gone back in time."""

from __future__ import annotations


class Lineage:
    """Counts what is made. A birth is the number of what was made; what is made after a mark
    is gone when the program is as it was at that mark."""

    def __init__(self) -> None:
        self._now = 0
        self._gaps: list[tuple[int, int]] = []  # first and last birth of what is gone, in order

    def born(self) -> int:
        """Something is made now: its birth, above 0."""
        self._now += 1
        return self._now

    def mark(self) -> int:
        """This moment, for ``go_back``."""
        return self._now

    def go_back(self, mark: int) -> None:
        """The program is as it was at a mark; 0 for a fresh one."""
        while self._gaps and self._gaps[-1][0] > mark:
            self._gaps.pop()
        if self._now > mark:
            self._gaps.append((mark + 1, self._now))

    def is_there(self, birth: int) -> bool:
        """Whether what has this birth is in the program, if nobody has destroyed it."""
        return not any(first <= birth <= last for first, last in self._gaps)
