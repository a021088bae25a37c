"""The memory manager, over a mapper that checks what it is asked."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)

from runtime.addresses import PAGE_SIZE, RO, RW, RX, Protection, align_up
from runtime.errors import ExecutorError, OutOfMemoryError
from runtime.memory.manager import (
    FinalizedAllocation,
    InFlightAllocation,
    MapperMemoryManager,
    Segment,
)
from tests.support.runtime import FakeMapper

SLAB = 32 * PAGE_SIZE  # 8 pages for RX, 8 for RO, 16 for RW
STRIPES = 3
SMALL = {RX: 100, RO: PAGE_SIZE, RW: PAGE_SIZE + 1}
SMALL_PAGES = 1 + 1 + 2


class Live:
    """The model of an allocation that holds memory."""

    def __init__(self, allocation: InFlightAllocation, sizes: Mapping[Protection, int]) -> None:
        self.in_flight = allocation
        self.finalized: FinalizedAllocation | None = None
        self.segments: dict[Protection, Segment] = {
            protection: allocation.segments[protection]
            for protection, size in sizes.items()
            if size
        }

    def spans(self) -> list[tuple[int, int]]:
        return [(s.address, align_up(s.size, PAGE_SIZE)) for s in self.segments.values()]

    @property
    def size(self) -> int:
        return sum(size for _, size in self.spans())


SIZES = st.fixed_dictionaries(
    {
        protection: st.integers(0, 3 * PAGE_SIZE)
        | st.sampled_from([0, 1, PAGE_SIZE, 20 * PAGE_SIZE])
        for protection in (RX, RO, RW)
    }
)


class MemoryManagerMachine(RuleBasedStateMachine):
    """Allocations in any order, with failures of the mapper at any point."""

    in_flight: Bundle[Live] = Bundle("in_flight")
    finalized: Bundle[Live] = Bundle("finalized")

    def __init__(self) -> None:
        super().__init__()
        self.mapper = FakeMapper()
        self.manager = MapperMemoryManager(self.mapper, SLAB)
        self.live: list[Live] = []
        self.lost: list[Live] = []  # could not be made inaccessible: never used again

    @rule(target=in_flight, sizes=SIZES)
    def allocate(self, sizes: dict[Protection, int]) -> Live:
        allocation = self.manager.allocate(sizes)
        live = Live(allocation, sizes)
        for protection, size in sizes.items():
            segment = allocation.segments[protection]
            assert segment.size == size
            end = segment.position + align_up(size, PAGE_SIZE)
            assert not allocation.bytes[segment.position : end].any()
            allocation.bytes[segment.position : end] = 0xA5  # must be gone when used again
            assert segment.address % PAGE_SIZE == 0
        self.live.append(live)
        return live

    @rule(sizes=SIZES, operation=st.sampled_from(["reserve", "prepare"]))
    def allocation_fails(self, sizes: dict[Protection, int], operation: str) -> None:
        before = self.manager.statistics()
        self.mapper.fail_at = operation
        try:
            allocation = self.manager.allocate(sizes)
        except ExecutorError:
            assert self.manager.statistics().used == before.used
        else:
            assert operation == "reserve", "there was room"
            assert self.manager.statistics().reservations == before.reservations
            allocation.abandon()
        self.mapper.fail_at = None

    @rule(target=finalized, live=consumes(in_flight))
    def finalize(self, live: Live) -> Live:
        live.finalized = live.in_flight.finalize()
        assert live.finalized.size == live.size
        for protection, segment in live.segments.items():
            assert self.mapper.protection_at(segment.address) == protection
            last = segment.address + align_up(segment.size, PAGE_SIZE) - 1
            assert self.mapper.protection_at(last) == protection
        return live

    @rule(live=consumes(in_flight))
    def finalize_fails(self, live: Live) -> None:
        self.mapper.fail_at = "initialize"
        with pytest.raises(ExecutorError, match="initialize"):
            live.in_flight.finalize()
        self.live.remove(live)
        with pytest.raises(ValueError, match="finalized or abandoned"):
            live.in_flight.abandon()

    @rule(live=consumes(in_flight))
    def abandon(self, live: Live) -> None:
        live.in_flight.abandon()
        self.live.remove(live)

    @rule(live=consumes(in_flight), fails=st.booleans())
    def leave_the_context(self, live: Live, fails: bool) -> None:
        if fails:
            with pytest.raises(KeyError), live.in_flight:
                raise KeyError("the linker fails")
        else:
            with live.in_flight:
                pass
        self.live.remove(live)
        with pytest.raises(ValueError, match="finalized or abandoned"):
            live.in_flight.finalize()

    @rule(live=consumes(finalized))
    def deallocate(self, live: Live) -> None:
        assert live.finalized is not None
        live.finalized.deallocate()
        self.live.remove(live)
        with pytest.raises(ValueError, match="deallocated"):
            live.finalized.deallocate()

    @rule(live=consumes(finalized))
    def deallocation_fails(self, live: Live) -> None:
        assert live.finalized is not None
        self.mapper.fail_at = "deinitialize"
        with pytest.raises(ExecutorError, match="deinitialize"):
            live.finalized.deallocate()
        self.live.remove(live)
        self.lost.append(live)

    @rule(live=consumes(in_flight))
    def abandoning_fails(self, live: Live) -> None:
        self.mapper.fail_at = "deinitialize"
        with pytest.raises(ExecutorError, match="deinitialize"):
            live.in_flight.abandon()
        self.live.remove(live)
        self.lost.append(live)

    @rule(target=finalized, live=consumes(finalized))
    def finalizing_twice_is_an_error(self, live: Live) -> Live:
        with pytest.raises(ValueError, match="finalized or abandoned"):
            live.in_flight.finalize()
        with pytest.raises(ValueError, match="finalized or abandoned"):
            live.in_flight.abandon()
        with live.in_flight:  # leaving the context changes nothing any more
            pass
        return live

    @invariant()
    def live_ranges_do_not_overlap(self) -> None:
        spans = sorted(span for live in self.live + self.lost for span in live.spans())
        for (address, size), (following, _) in itertools.pairwise(spans):
            assert address + size <= following

    @invariant()
    def nothing_else_is_accessible(self) -> None:
        held = sum(live.size for live in self.live + self.lost)
        in_use = sum(p is not None for r in self.mapper.reservations for p in r.pages)
        assert in_use * PAGE_SIZE == held

    @invariant()
    def statistics_add_up(self) -> None:
        statistics = self.manager.statistics()
        assert statistics.used == sum(live.size for live in self.live + self.lost)
        assert statistics.reserved == sum(r.size for r in self.mapper.reservations)
        assert statistics.reservations == len(self.mapper.reservations)
        if not any(page == "prepared" for r in self.mapper.reservations for page in r.pages):
            runs = [len(list(itertools.groupby(r.pages))) for r in self.mapper.reservations]
            assert statistics.mappings == sum(runs)

    def teardown(self) -> None:
        for live in self.live:
            if live.finalized is not None:
                live.finalized.deallocate()
            else:
                live.in_flight.abandon()
        statistics = self.manager.statistics()
        assert statistics.used == sum(live.size for live in self.lost)
        if not self.lost:
            assert statistics.free_ranges == STRIPES * statistics.reservations
        self.manager.release_all()
        assert self.mapper.reservations == []


TestMemoryManager = MemoryManagerMachine.TestCase
TestMemoryManager.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.fixture
def mapper() -> FakeMapper:
    return FakeMapper()


@pytest.fixture
def manager(mapper: FakeMapper) -> MapperMemoryManager:
    return MapperMemoryManager(mapper, SLAB)


def test_nothing_is_reserved_before_the_first_use(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    assert mapper.calls == []
    assert manager.statistics().reserved == 0


def test_allocating_asks_the_executor_nothing(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    manager.allocate(SMALL)
    mapper.calls.clear()
    manager.allocate(SMALL)
    assert mapper.calls == ["prepare"]


def test_a_freed_range_is_used_again(manager: MapperMemoryManager) -> None:
    first = manager.allocate(SMALL)
    manager.allocate(SMALL)
    addresses = {p: s.address for p, s in first.segments.items()}
    first.finalize().deallocate()
    again = manager.allocate(SMALL)
    assert {p: s.address for p, s in again.segments.items()} == addresses


def test_freed_ranges_coalesce(manager: MapperMemoryManager) -> None:
    allocations = [manager.allocate({RX: PAGE_SIZE, RO: 0, RW: 0}).finalize() for _ in range(8)]
    for index in (1, 5, 3, 7, 0, 2, 6, 4):
        allocations[index].deallocate()
    assert manager.statistics().free_ranges == STRIPES
    whole = manager.allocate({RX: 8 * PAGE_SIZE, RO: 0, RW: 0})
    assert manager.statistics().reservations == 1
    whole.abandon()


def test_neighbours_have_the_same_protection(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    for _ in range(8):
        manager.allocate({RX: 1, RO: 1, RW: 1}).finalize()
    (reservation,) = mapper.reservations
    pages = reservation.pages
    changes = sum(a != b for a, b in itertools.pairwise(pages))
    assert changes <= 2 * STRIPES


def test_a_full_reservation_is_followed_by_another(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    for _ in range(9):
        manager.allocate({RX: PAGE_SIZE, RO: 0, RW: 0})
    assert [r.size for r in mapper.reservations] == [SLAB, SLAB]
    assert manager.statistics().reservations == 2


def test_room_in_an_older_reservation_is_used(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    first = manager.allocate({RX: 8 * PAGE_SIZE, RO: 0, RW: 0})
    manager.allocate({RX: 8 * PAGE_SIZE, RO: 0, RW: 0})
    first.abandon()
    manager.allocate({RX: 8 * PAGE_SIZE, RO: 0, RW: 0})
    assert len(mapper.reservations) == 2


@pytest.mark.parametrize("protection", [RX, RO, RW])
def test_what_is_too_large_gets_a_larger_reservation(
    manager: MapperMemoryManager, mapper: FakeMapper, protection: Protection
) -> None:
    sizes = {RX: 1, RO: 1, RW: 1, protection: 10 * SLAB}
    allocation = manager.allocate(sizes)
    (reservation,) = mapper.reservations
    assert reservation.size > 10 * SLAB
    for segment in allocation.segments.values():
        assert reservation.address <= segment.address
        assert segment.address + segment.size <= reservation.address + reservation.size


def test_a_part_that_does_not_fit_takes_nothing(manager: MapperMemoryManager) -> None:
    manager.allocate({RX: 0, RO: 0, RW: 16 * PAGE_SIZE})
    used = manager.statistics().used
    manager.allocate({RX: PAGE_SIZE, RO: PAGE_SIZE, RW: 16 * PAGE_SIZE}).abandon()
    statistics = manager.statistics()
    assert statistics.used == used
    # Only the RW stripe of the first reservation is taken: it has no free range.
    assert statistics.free_ranges == STRIPES - 1 + STRIPES


def test_out_of_memory_leaves_no_trace(mapper: FakeMapper) -> None:
    manager = MapperMemoryManager(mapper, SLAB)
    manager.allocate(SMALL)
    before = manager.statistics()
    with pytest.raises(OutOfMemoryError):
        manager.allocate({RX: mapper.limit, RO: 1, RW: 1})
    assert manager.statistics() == before


def test_a_range_is_inaccessible_before_it_is_free(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    allocation = manager.allocate(SMALL).finalize()
    address = mapper.reservations[0].address
    assert mapper.protection_at(address) == RX
    mapper.calls.clear()
    allocation.deallocate()
    assert mapper.calls == ["deinitialize"]
    assert mapper.protection_at(address) is None


def test_a_failed_initialize_gives_the_memory_back(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    mapper.fail_at = "initialize"
    with pytest.raises(ExecutorError), manager.allocate(SMALL) as allocation:
        allocation.finalize()
    assert manager.statistics().used == 0
    assert manager.statistics().free_ranges == STRIPES


def test_an_interrupted_prepare_gives_the_memory_back(
    manager: MapperMemoryManager, mapper: FakeMapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mapper, "prepare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        manager.allocate(SMALL)
    assert manager.statistics().used == 0
    assert manager.statistics().free_ranges == STRIPES


def test_the_size_of_a_deallocated_allocation_is_zero(manager: MapperMemoryManager) -> None:
    allocation = manager.allocate(SMALL).finalize()
    assert allocation.size == SMALL_PAGES * PAGE_SIZE
    allocation.deallocate()
    assert allocation.size == 0


def test_an_empty_allocation_holds_nothing(manager: MapperMemoryManager) -> None:
    allocation = manager.allocate({RX: 0, RO: 0, RW: 0}).finalize()
    assert allocation.size == 0
    assert manager.statistics().used == 0
    allocation.deallocate()


def test_releasing_gives_every_reservation_back(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    for _ in range(9):
        manager.allocate({RX: PAGE_SIZE, RO: 0, RW: 0})
    manager.release_all()
    assert len(mapper.released) == 2
    assert manager.statistics().reserved == manager.statistics().used == 0
    manager.allocate(SMALL)  # and it can start again
    assert manager.statistics().reservations == 1


def test_forgetting_asks_the_executor_nothing(
    manager: MapperMemoryManager, mapper: FakeMapper
) -> None:
    manager.allocate(SMALL).finalize()
    mapper.calls.clear()
    manager.forget_all()
    assert mapper.calls == ["forget"]
    assert manager.statistics().reserved == manager.statistics().used == 0


@pytest.mark.parametrize("slab_size", [1, PAGE_SIZE, 4 * PAGE_SIZE + 1])
def test_a_small_slab_size_is_enough_for_whole_pages(mapper: FakeMapper, slab_size: int) -> None:
    manager = MapperMemoryManager(mapper, slab_size)
    manager.allocate({RX: 1, RO: 1, RW: 1}).finalize()
    assert manager.statistics().used == 3 * PAGE_SIZE
