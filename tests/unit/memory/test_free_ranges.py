"""The free ranges of a stripe: taken, given back, coalesced."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from runtime.memory.free_ranges import FreeRanges

START, SIZE = 1000, 256
Taken = tuple[int, int]  # offset, size


class FreeRangesMachine(RuleBasedStateMachine):
    """Against a model that knows each single byte."""

    taken: Bundle[Taken] = Bundle("taken")

    def __init__(self) -> None:
        super().__init__()
        self.ranges = FreeRanges(START, SIZE)
        self.free = set(range(START, START + SIZE))

    @rule(target=taken, size=st.integers(1, SIZE + 1))
    def take(self, size: int) -> MultipleResults[Taken] | Taken:
        before = self.ranges.ranges()
        offset = self.ranges.take(size)
        if offset is None:
            assert all(length < size for _, length in before)
            assert self.ranges.ranges() == before
            return multiple()
        fitting = [length for _, length in before if length >= size]
        assert dict(before)[offset] == min(fitting)  # best fit, from its start
        wanted = set(range(offset, offset + size))
        assert wanted <= self.free
        self.free -= wanted
        return (offset, size)

    @rule(range_=consumes(taken))
    def give_back(self, range_: Taken) -> None:
        offset, size = range_
        self.ranges.give_back(offset, size)
        self.free |= set(range(offset, offset + size))

    @rule(target=taken, range_=consumes(taken), at=st.integers(1, SIZE))
    def give_back_in_parts(self, range_: Taken, at: int) -> MultipleResults[Taken] | Taken:
        offset, size = range_
        kept = min(at, size)
        if kept < size:
            self.ranges.give_back(offset + kept, size - kept)
            self.free |= set(range(offset + kept, offset + size))
        return (offset, kept)

    @rule(offset=st.integers(START, START + SIZE - 1), size=st.integers(1, SIZE))
    def freeing_what_is_free_is_an_error(self, offset: int, size: int) -> None:
        if offset + size > START + SIZE or not self.free & set(range(offset, offset + size)):
            return
        with pytest.raises(ValueError, match="twice"):
            self.ranges.give_back(offset, size)

    @invariant()
    def it_agrees_with_the_model(self) -> None:
        found = [byte for o, size in self.ranges.ranges() for byte in range(o, o + size)]
        assert found == sorted(self.free)

    @invariant()
    def neighbours_have_coalesced(self) -> None:
        ranges = self.ranges.ranges()
        assert all(size > 0 for _, size in ranges)
        for (offset, size), (following, _) in itertools.pairwise(ranges):
            assert offset + size < following


TestFreeRanges = FreeRangesMachine.TestCase
TestFreeRanges.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_everything_given_back_is_one_range() -> None:
    ranges = FreeRanges(0, 100)
    offsets = [ranges.take(10) for _ in range(10)]
    assert ranges.take(1) is None
    for offset in offsets[::2] + offsets[1::2]:
        assert offset is not None
        ranges.give_back(offset, 10)
    assert ranges.ranges() == [(0, 100)]


def test_best_fit_spares_the_large_range() -> None:
    ranges = FreeRanges(0, 100)
    first, wall = ranges.take(10), ranges.take(10)
    assert (first, wall) == (0, 10)
    ranges.give_back(0, 10)
    assert ranges.take(8) == 0
    assert ranges.ranges() == [(8, 2), (20, 80)]


@pytest.mark.parametrize(
    ("offset", "size"), [(0, 10), (5, 10), (25, 10), (19, 2), (10, 11), (0, 40)]
)
def test_overlap_with_a_free_range_is_refused(offset: int, size: int) -> None:
    ranges = FreeRanges(0, 10)
    ranges.give_back(20, 10)
    before = ranges.ranges()
    with pytest.raises(ValueError, match="twice"):
        ranges.give_back(offset, size)
    assert ranges.ranges() == before
