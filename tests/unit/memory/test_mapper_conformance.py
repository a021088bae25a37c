"""What every memory mapper must do, whatever process the code runs in.

To cover another mapper, write a ``Target`` for it and add it to ``TARGETS``.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from typing import Any, Protocol

import pytest

from repl import native_programs
from runtime.addresses import PAGE_SIZE, RO, RW, RX, ExecutorAddress, Protection
from runtime.errors import ExecutorDied, ExecutorError, OutOfMemoryError, RuntimeFailure
from runtime.executor_client.child import ExecutorProcess
from runtime.executor_client.in_process import InProcessExecutor
from runtime.memory.manager import FinalizedAllocation, MapperMemoryManager
from runtime.memory.mapper import MemoryMapper, Range
from runtime.memory.memfd_mapper import InProcessMemoryMapper, SharedMemoryMapper
from runtime.memory.stream_mapper import StreamMemoryMapper
from tests.support.runtime import (
    Program,
    count_slab_mappings,
    mappings,
    open_descriptors,
    permissions_at,
    running_program,
)

SIZE = 64 * PAGE_SIZE
PERMISSIONS = {
    Protection.NONE: "---p",
    Protection.READ: "r--p",
    RW: "rw-p",
    RX: "r-xp",
}


class Target(Protocol):
    """A mapper, and the process in which its code would run."""

    mapper: MemoryMapper[Any]
    pid: int

    def read(self, address: int, size: int) -> bytes:
        """What the target's own code would read; fewer bytes where it would fault."""

    def write(self, address: int, value: int) -> None:
        """Let code that runs in the target write one 64-bit number."""


class ExecutorTarget:
    """The executor process."""

    def __init__(self, program: Program, mapper: MemoryMapper[Any]) -> None:
        self.program = program
        self.mapper = mapper
        self.pid = program.process.pid

    def read(self, address: int, size: int) -> bytes:
        return self.program.process.read_memory(ExecutorAddress(address), size)

    def write(self, address: int, value: int) -> None:
        self.program.run_c(f"void go(void) {{ *(volatile long *){address:#x} = {value}; }}")


@contextmanager
def shared_memory() -> Iterator[Target]:
    with running_program() as program:
        # Its own slab is there before anything is counted.
        program.run_c("void go(void) {}")
        yield ExecutorTarget(program, SharedMemoryMapper(program.process))


@contextmanager
def stream() -> Iterator[Target]:
    with running_program() as program:
        program.run_c("void go(void) {}")
        yield ExecutorTarget(program, StreamMemoryMapper(program.process))


class InProcessTarget:
    """This process."""

    def __init__(self) -> None:
        self.executor = InProcessExecutor(native_programs.platform_library())
        self.mapper: MemoryMapper[Any] = InProcessMemoryMapper(self.executor)
        self.pid = os.getpid()

    def read(self, address: int, size: int) -> bytes:
        return self.executor.read_memory(ExecutorAddress(address), size)

    def write(self, address: int, value: int) -> None:
        ctypes.c_uint64.from_address(address).value = value


@contextmanager
def in_process() -> Iterator[Target]:
    yield InProcessTarget()


TARGETS: dict[str, Callable[[], AbstractContextManager[Target]]] = {
    "shared memory": shared_memory,
    "stream": stream,
    "in process": in_process,
}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    with TARGETS[request.param]() as found:
        yield found


def fill(target: Target, reservation: Any, ranges: list[Range], byte: int) -> None:
    working = target.mapper.prepare(reservation, ranges)
    for range_, position in zip(ranges, working.positions, strict=True):
        working.bytes[position : position + range_.size] = byte


def test_a_reservation_is_inaccessible(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    assert reservation.size == SIZE
    assert reservation.address % PAGE_SIZE == 0
    for offset in (0, SIZE // 2, SIZE - 1):
        assert permissions_at(target.pid, reservation.address + offset) == "---p"
        assert target.read(reservation.address + offset, 1) == b""


def test_reservations_do_not_overlap(target: Target) -> None:
    reservations = [target.mapper.reserve(SIZE) for _ in range(10)]
    addresses = sorted(reservation.address for reservation in reservations)
    assert all(b - a >= SIZE for a, b in pairwise(addresses))


def test_prepared_memory_is_zero_and_not_yet_visible(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    range_ = Range(PAGE_SIZE, PAGE_SIZE, RO)
    working = target.mapper.prepare(reservation, [range_])
    (position,) = working.positions
    assert not working.bytes[position : position + PAGE_SIZE].any()
    assert target.read(reservation.address + PAGE_SIZE, 1) == b""


def test_the_target_reads_what_was_written(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [
        Range(0, 2 * PAGE_SIZE, RX),
        Range(16 * PAGE_SIZE, PAGE_SIZE, RO),
        Range(32 * PAGE_SIZE, 3 * PAGE_SIZE, RW),
    ]
    working = target.mapper.prepare(reservation, ranges)
    contents = [random.Random(r.offset).randbytes(r.size) for r in ranges]
    for position, content in zip(working.positions, contents, strict=True):
        working.bytes[position : position + len(content)] = list(content)
    target.mapper.initialize(reservation, ranges)
    for range_, content in zip(ranges, contents, strict=True):
        assert target.read(reservation.address + range_.offset, range_.size) == content


@pytest.mark.parametrize("protection", [RX, RO, RW], ids=["RX", "RO", "RW"])
def test_protections_are_as_asked(target: Target, protection: Protection) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(8 * PAGE_SIZE, 2 * PAGE_SIZE, protection)]
    fill(target, reservation, ranges, 1)
    target.mapper.initialize(reservation, ranges)
    first = reservation.address + 8 * PAGE_SIZE
    wanted = PERMISSIONS[protection]
    assert permissions_at(target.pid, first) == wanted
    assert permissions_at(target.pid, first + 2 * PAGE_SIZE - 1) == wanted
    assert permissions_at(target.pid, first - 1) == "---p"
    assert permissions_at(target.pid, first + 2 * PAGE_SIZE) == "---p"


def test_writable_and_executable_is_refused(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(0, PAGE_SIZE, RW | Protection.EXEC)]
    fill(target, reservation, ranges, 0xC3)
    with pytest.raises(RuntimeFailure):
        target.mapper.initialize(reservation, ranges)
    assert permissions_at(target.pid, reservation.address) == "---p"


def test_nothing_is_ever_writable_and_executable(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    for round_ in range(6):
        protection = (RX, RW, RO)[round_ % 3]
        ranges = [Range(0, PAGE_SIZE, protection)]
        fill(target, reservation, ranges, round_ + 1)
        target.mapper.initialize(reservation, ranges)
        for mapping in mappings(target.pid):
            if "memfd:forkrepl" not in mapping.path:
                continue
            assert not ("w" in mapping.permissions and "x" in mapping.permissions)
        target.mapper.deinitialize(reservation, ranges)


def test_a_deinitialized_range_is_inaccessible(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(0, PAGE_SIZE, RX), Range(PAGE_SIZE, PAGE_SIZE, RW)]
    fill(target, reservation, ranges, 7)
    target.mapper.initialize(reservation, ranges)
    target.mapper.deinitialize(reservation, ranges[:1])
    assert target.read(reservation.address, 1) == b""
    assert permissions_at(target.pid, reservation.address) == "---p"
    assert target.read(reservation.address + PAGE_SIZE, 1) == b"\7"  # the other stays


def test_a_range_that_is_used_again_is_zero(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(0, 2 * PAGE_SIZE, RW)]
    fill(target, reservation, ranges, 0xFF)
    target.mapper.initialize(reservation, ranges)
    target.mapper.deinitialize(reservation, ranges)
    working = target.mapper.prepare(reservation, ranges)
    assert not working.bytes[working.positions[0] : working.positions[0] + 2 * PAGE_SIZE].any()
    target.mapper.initialize(reservation, ranges)
    assert target.read(reservation.address, 2 * PAGE_SIZE) == bytes(2 * PAGE_SIZE)


def test_what_the_program_wrote_is_gone_when_its_page_is_used_again(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(0, PAGE_SIZE, RW)]
    fill(target, reservation, ranges, 1)
    target.mapper.initialize(reservation, ranges)
    target.write(reservation.address + 64, 0x1122334455)
    assert target.read(reservation.address + 64, 8) == (0x1122334455).to_bytes(8, "little")
    target.mapper.deinitialize(reservation, ranges)

    working = target.mapper.prepare(reservation, ranges)
    assert not working.bytes[working.positions[0] : working.positions[0] + PAGE_SIZE].any()
    working.bytes[working.positions[0]] = 9
    target.mapper.initialize(reservation, ranges)
    assert target.read(reservation.address, PAGE_SIZE) == b"\x09" + bytes(PAGE_SIZE - 1)


def test_abandoned_contents_are_gone(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(0, PAGE_SIZE, RO)]
    fill(target, reservation, ranges, 0xEE)
    target.mapper.deinitialize(reservation, ranges)  # never initialized
    working = target.mapper.prepare(reservation, ranges)
    assert not working.bytes[working.positions[0] : working.positions[0] + PAGE_SIZE].any()
    target.mapper.initialize(reservation, ranges)
    assert target.read(reservation.address, PAGE_SIZE) == bytes(PAGE_SIZE)


def test_no_ranges_is_no_request(target: Target) -> None:
    reservation = target.mapper.reserve(SIZE)
    assert target.mapper.prepare(reservation, []).positions == []
    target.mapper.initialize(reservation, [])
    target.mapper.deinitialize(reservation, [])


def test_releasing_gives_the_mapping_back(target: Target) -> None:
    descriptors, before = open_descriptors(), count_slab_mappings(target.pid)
    reservation = target.mapper.reserve(SIZE)
    ranges = [Range(0, PAGE_SIZE, RW)]
    fill(target, reservation, ranges, 3)
    target.mapper.initialize(reservation, ranges)
    address = reservation.address
    assert permissions_at(target.pid, address) == "rw-p"
    target.mapper.release(reservation)
    assert permissions_at(target.pid, address) is None
    assert count_slab_mappings(target.pid) == before
    assert open_descriptors() == descriptors


def test_releasing_twice_is_no_harm_to_others(target: Target) -> None:
    first, second = target.mapper.reserve(SIZE), target.mapper.reserve(SIZE)
    target.mapper.release(first)
    others = [os.open("/dev/null", os.O_RDONLY) for _ in range(4)]
    with pytest.raises((RuntimeFailure, OSError, ValueError)):
        target.mapper.release(first)
    for descriptor in others:  # it may have the number of one that was closed
        os.close(descriptor)
    ranges = [Range(0, PAGE_SIZE, RO)]
    fill(target, second, ranges, 5)
    target.mapper.initialize(second, ranges)
    assert target.read(second.address, 1) == b"\5"


def test_the_controller_keeps_no_mapping(target: Target) -> None:
    before = count_slab_mappings(os.getpid())
    target.mapper.release(target.mapper.reserve(SIZE))
    assert count_slab_mappings(os.getpid()) == before


def test_what_is_too_large_is_out_of_memory_and_leaves_nothing(target: Target) -> None:
    descriptors, before = open_descriptors(), count_slab_mappings(target.pid)
    for size in (1 << 60, 1 << 62, 1 << 64):
        with pytest.raises(OutOfMemoryError):
            target.mapper.reserve(size)
    assert open_descriptors() == descriptors
    assert count_slab_mappings(target.pid) == before


def test_rounds_of_allocation_leave_nothing_behind(target: Target) -> None:
    manager = MapperMemoryManager(target.mapper, 1 << 24)
    manager.allocate({RX: 1, RO: 1, RW: 1}).finalize().deallocate()
    descriptors, before = open_descriptors(), count_slab_mappings(target.pid)
    chance = random.Random(1)
    live: list[FinalizedAllocation] = []
    for _ in range(2000):
        sizes = {p: chance.randrange(1, 3 * PAGE_SIZE) for p in (RX, RO, RW)}
        live.append(manager.allocate(sizes).finalize())
        if len(live) > 20:
            live.pop(chance.randrange(len(live))).deallocate()
    while live:
        live.pop(chance.randrange(len(live))).deallocate()
    assert manager.statistics().used == 0
    assert manager.statistics().reservations == 1
    assert count_slab_mappings(target.pid) == before
    assert open_descriptors() == descriptors
    manager.release_all()


def test_the_number_of_mappings_stays_flat_while_allocations_live(target: Target) -> None:
    manager = MapperMemoryManager(target.mapper, 1 << 26)
    sizes = {RX: 100, RO: 100, RW: 100}
    manager.allocate(sizes).finalize()
    before = count_slab_mappings(target.pid)
    for _ in range(500):
        manager.allocate(sizes).finalize()
    assert count_slab_mappings(target.pid) == before
    manager.release_all()


# Only where code runs in a process of its own.


@pytest.fixture
def program() -> Iterator[Program]:
    with running_program() as found:
        yield found


@pytest.mark.parametrize("what", ["code", "data"])
def test_a_stale_address_faults(program: Program, what: str) -> None:
    unit = program.load_c("int data = 5; void code(void) {}")
    code, data = program.address("code"), program.address("data")
    program.session.unload(unit)
    stale = code
    if what == "data":
        program.load_c(f"void look(void) {{ *(volatile int *){data:#x}; }}")
        stale = program.address("look")
    with pytest.raises(ExecutorDied) as died:
        program.process.run([stale])
    assert died.value.signal == signal.SIGSEGV


@pytest.mark.parametrize(
    "source",
    [
        "const int constant = 5; void code(void) { *(volatile int *)&constant = 6; }",
        "void code(void) { *(volatile char *)(void *)code = 0; }",
        "char data[] = {0xc3}; void code(void) { ((void (*)(void))data)(); }",
    ],
    ids=["constant", "own code", "data as code"],
)
def test_protections_hold_in_the_program(program: Program, source: str) -> None:
    program.load_c(source)
    with pytest.raises(ExecutorDied) as died:
        program.call("code")
    assert died.value.signal == signal.SIGSEGV


def test_the_program_starts_from_its_initial_data_again(program: Program) -> None:
    source = """
    int counter = 41, zero; static int hidden[3000];
    void go(void) { counter++; zero += 7; for (int i = 0; i < 3000; i++) hidden[i] += i + 1; }
    int seen; void look(void) { for (int i = 0; i < 3000; i++) seen |= hidden[i]; }
    """
    addresses = []
    for _ in range(3):
        unit = program.load_c(source)
        addresses.append(program.address("counter"))
        program.call("look")
        values = program.integer("counter"), program.integer("zero"), program.integer("seen")
        assert values == (41, 0, 0)
        program.call("go")
        assert (program.integer("counter"), program.integer("zero")) == (42, 7)
        program.session.unload(unit)
    assert len(set(addresses)) == 1  # it was the same memory each time


def test_the_executor_dying_during_a_reservation_leaks_nothing(program: Program) -> None:
    mapper = SharedMemoryMapper(program.process)
    mapper.release(mapper.reserve(SIZE))
    os.kill(program.process.pid, signal.SIGKILL)
    descriptors = open_descriptors()
    for _ in range(3):
        with pytest.raises(ExecutorDied):
            mapper.reserve(SIZE)
    assert open_descriptors() <= descriptors  # the connection is closed at once


def test_forgetting_needs_no_executor(program: Program) -> None:
    descriptors = open_descriptors()
    mapper = SharedMemoryMapper(program.process)
    reservation = mapper.reserve(SIZE)
    program.process.kill()
    mapper.forget(reservation)
    assert len(open_descriptors()) <= len(descriptors)


def test_the_executor_keeps_no_descriptor_of_the_memory(program: Program) -> None:
    program.run_c("void go(void) {}")
    folder = f"/proc/{program.process.pid}/fd"
    assert not [d for d in os.listdir(folder) if "memfd" in os.readlink(f"{folder}/{d}")]


def test_more_reservations_than_the_executor_can_take_is_an_error(
    program: Program,
) -> None:
    process: ExecutorProcess = program.process
    mapper = SharedMemoryMapper(process)
    made = []

    def reserve_many() -> None:
        for _ in range(2000):
            made.append(mapper.reserve(PAGE_SIZE))

    with pytest.raises((OutOfMemoryError, ExecutorError)):
        reserve_many()
    for reservation in made:
        mapper.release(reservation)
    mapper.release(mapper.reserve(PAGE_SIZE))
