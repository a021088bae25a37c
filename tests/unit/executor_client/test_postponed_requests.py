"""Requests that go together with the next one: all are carried out, or none after the first
that is refused."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Any

import pytest

from repl import native_programs
from runtime.addresses import PAGE_SIZE, RO, RW, RX, ExecutorAddress, Protection
from runtime.errors import ExecutorError
from runtime.executor_client.child import ExecutorProcess
from runtime.executor_client.connection import Connection
from runtime.protocol import wire
from runtime.protocol.wire import Operation
from tests.support.executor import RawExecutor
from tests.support.runtime import compile_source, permissions_at, running_program

SIZE = 16 * PAGE_SIZE
NOT_OURS = ExecutorAddress(PAGE_SIZE)


@pytest.fixture
def process() -> Iterator[ExecutorProcess]:
    with ExecutorProcess(native_programs.executor()) as found:
        yield found


@pytest.fixture
def slab(process: ExecutorProcess) -> ExecutorAddress:
    return process.map_memory(SIZE, None)


def test_they_are_carried_out_before_the_next(
    process: ExecutorProcess, slab: ExecutorAddress
) -> None:
    process.protect_memory([(slab, PAGE_SIZE, RW)], postponed=True)
    assert permissions_at(process.pid, slab) == "---p"
    process.write_memory(slab, b"written")  # which would be refused before that
    assert process.read_memory(slab, 7) == b"written"
    assert permissions_at(process.pid, slab) == "rw-p"


def test_several_are_carried_out_in_order(process: ExecutorProcess, slab: ExecutorAddress) -> None:
    for protection in (RW, RX, RO):
        process.protect_memory([(slab, PAGE_SIZE, protection)], postponed=True)
    assert process.lookup(["malloc"]) != [0]
    assert permissions_at(process.pid, slab) == "r--p"


def test_a_refusal_is_raised_by_the_next_which_is_not_carried_out(
    process: ExecutorProcess, slab: ExecutorAddress
) -> None:
    process.protect_memory([(slab, PAGE_SIZE, RW)], postponed=True)
    process.protect_memory([(NOT_OURS, PAGE_SIZE, RW)], postponed=True)
    process.protect_memory([(slab, PAGE_SIZE, RX)], postponed=True)
    with pytest.raises(ExecutorError, match="EINVAL") as refusal:
        process.unmap_memory(slab, SIZE)
    assert refusal.value.was_postponed
    assert permissions_at(process.pid, slab) == "rw-p"
    process.unmap_memory(slab, SIZE)


def test_a_refusal_of_the_next_itself_is_its_own(
    process: ExecutorProcess, slab: ExecutorAddress
) -> None:
    process.protect_memory([(slab, PAGE_SIZE, RO)], postponed=True)
    with pytest.raises(ExecutorError) as refusal:
        process.unmap_memory(NOT_OURS, SIZE)
    assert not refusal.value.was_postponed
    assert permissions_at(process.pid, slab) == "r--p"


def test_writable_and_executable_is_refused(
    process: ExecutorProcess, slab: ExecutorAddress
) -> None:
    process.protect_memory([(slab, PAGE_SIZE, RW | Protection.EXEC)], postponed=True)
    with pytest.raises(ExecutorError, match="EPERM"):
        process.lookup(["malloc"])
    assert permissions_at(process.pid, slab) == "---p"


def test_a_descriptor_goes_with_the_last(process: ExecutorProcess, slab: ExecutorAddress) -> None:
    process.protect_memory([(slab, PAGE_SIZE, RO)], postponed=True)
    descriptor = os.memfd_create("test")
    os.truncate(descriptor, SIZE)
    shared = process.map_memory(SIZE, descriptor)
    os.pwrite(descriptor, b"seen", 0)
    os.close(descriptor)
    process.protect_memory([(shared, PAGE_SIZE, RO)])
    assert process.read_memory(shared, 4) == b"seen"


def test_so_does_that_of_a_checkpoint() -> None:
    with running_program() as program:
        process = program.process
        slab = process.map_memory(SIZE, None)
        process.protect_memory([(slab, PAGE_SIZE, RO)], postponed=True)
        process.begin_checkpoint()
        checkpoint = process.finish_checkpoint()
        process.take_over(checkpoint)
        assert permissions_at(process.pid, slab) == "r--p"


def test_what_was_postponed_goes_with_the_process_that_is_left() -> None:
    with running_program() as program:
        process = program.process
        process.begin_checkpoint()
        checkpoint = process.finish_checkpoint()
        process.protect_memory([(NOT_OURS, PAGE_SIZE, RO)], postponed=True)
        process.take_over(checkpoint)
        assert process.lookup(["malloc"]) != [0]


def test_a_unit_that_cannot_be_registered_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    code = compile_source("int one = 1; __attribute__((constructor)) void go(void) { ++one; }")
    with running_program() as program:
        session, protect = program.session, program.process.protect_memory
        session.unload(session.load([("first.o", code)]))
        before = session.statistics()

        def protect_what_is_not_there(ranges: list[Any], *, postponed: bool = False) -> None:
            wrong = [(NOT_OURS, size, protection) for _, size, protection in ranges]
            protect(wrong if postponed else ranges, postponed=postponed)

        monkeypatch.setattr(program.process, "protect_memory", protect_what_is_not_there)
        unit = session.load([("refused.o", code)], is_run_next=True)
        with pytest.raises(ExecutorError, match="EINVAL"):
            session.initialize(unit)
        assert session.find_symbol("one") is None
        assert session.statistics() == before
        monkeypatch.undo()
        session.initialize(session.load([("good.o", code)], is_run_next=True))
        assert program.integer("one") == 2


def test_only_whole_words_are_postponed() -> None:
    with pytest.raises(AssertionError):
        Connection(None).postpone(Operation.WRITE, b"123")  # type: ignore[arg-type]


# The executor program, asked by hand.


@pytest.fixture
def raw() -> Iterator[RawExecutor]:
    found = RawExecutor()
    yield found
    found.close()


LOOKUP = wire.frame(Operation.LOOKUP, b"malloc\0")
EMPTY_PROTECT = wire.frame(Operation.PROTECT, b"")


def nested(depth: int) -> bytes:
    """Requests in one another; the innermost is a good one."""
    sizes = (len(LOOKUP) + wire.HEAD.size * inner for inner in reversed(range(depth)))
    return b"".join(wire.HEAD.pack(size, Operation.TOGETHER, 0) for size in sizes) + LOOKUP


@pytest.mark.parametrize(
    "payload",
    {
        "nothing": b"",
        "half a head": LOOKUP[:5],
        "half a frame": LOOKUP[:-1],
        "a frame that claims more": wire.HEAD.pack(1 << 30, Operation.LOOKUP, 0) + b"malloc\0",
        "one that must be the last": LOOKUP + LOOKUP,
        "one of odd length": wire.frame(Operation.WRITE, bytes(9)) + LOOKUP,
        "more of them within": wire.frame(Operation.TOGETHER, EMPTY_PROTECT) + LOOKUP,
        "one within": nested(1),
        "more in one another than there is stack for": nested(1_000_000),
        "rest": EMPTY_PROTECT + b"123",
    }.values(),
)
def test_what_makes_no_sense_is_refused(raw: RawExecutor, payload: bytes) -> None:
    assert raw.ask(Operation.TOGETHER, payload)[:2] == (Operation.TOGETHER, errno.EINVAL)
    assert raw.ask(Operation.TOGETHER, EMPTY_PROTECT + LOOKUP)[:2] == (Operation.LOOKUP, 0)
