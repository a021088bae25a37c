"""Calls by words in shared memory and by frames: one answer for each, whatever comes between."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from repl import native_programs
from runtime.addresses import ExecutorAddress
from runtime.errors import ExecutorDied, ExecutorError, RuntimeFailure
from runtime.executor_client.calls import MEMORY_SIZE, CallMemory
from runtime.executor_client.child import ExecutorProcess
from runtime.memory.shared import SharedMemory
from runtime.protocol.wire import Outcome
from tests.support.leaks import wait_for
from tests.support.runtime import ROOT, Program, mappings, open_descriptors

SOURCE = f"""
#include "{ROOT}/runtime/protocol/wire.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int forkrepl_call_back(unsigned long, unsigned long);
struct block {{ long calls, nanoseconds, told; }};
static struct wire_calls *words;
static long now(void) {{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000 + t.tv_nsec;
}}
static void take(long nanoseconds) {{ for (long end = now() + nanoseconds; now() < end;) ; }}
void count(struct block *b) {{ take(b->nanoseconds); ++b->calls; }}
void ask(struct block *b) {{
  take(b->nanoseconds);
  b->told += forkrepl_call_back(b->calls, 0);
  take(b->nanoseconds);
  ++b->calls;
}}
void loop(struct block *b) {{ b->calls = -1; for (;;) ; }}
void leave(struct block *b) {{ exit(4); }}
void vanish(struct block *b) {{ _exit(4); }}
void crash(struct block *b) {{ *(volatile int *)0 = 1; }}
void parted(struct block *b) {{ if (fork() == 0) b->told = 7; }}
volatile long turns;
static void *turn(void *none) {{ for (;;) ++turns; return none; }}
void begin_thread(struct block *b) {{ pthread_t t; pthread_create(&t, 0, turn, 0); }}
void tell_turns(struct block *b) {{ b->told = turns; }}
static struct wire_calls *of(struct block *b) {{ return (void *)((char *)b - 4096); }}
void no_attention(struct block *b) {{ of(b)->watched = 0; }}
void all_ones(struct block *b) {{
  for (unsigned long *at = (void *)of(b), *end = (void *)b; at < end; ++at) *at = -1ul;
}}
void answered_all(struct block *b) {{ of(b)->answered = of(b)->number + 1; }}
void other_event(struct block *b) {{
  of(b)->event = 2;
  of(b)->callback = of(b)->offset = -1ul;
  of(b)->answered = of(b)->number;
  take(300000);
}}
void next_number(struct block *b) {{ of(b)->function = 0; of(b)->number += 1; }}
void next_call(struct block *b) {{ of(b)->function = 4096; of(b)->number += 1; }}
static void *scribble(void *memory) {{
  unsigned long *at = memory;
  unsigned seed = 1;
  for (;;) at[rand_r(&seed) % 13] = rand_r(&seed) % 3 ? at[0] + rand_r(&seed) % 3 : rand_r(&seed);
}}
void begin_scribbling(struct block *b) {{ pthread_t t; pthread_create(&t, 0, scribble, of(b)); }}
"""


class Caller:
    """An executor with the functions, and the memory of calls."""

    def __init__(self, process: ExecutorProcess, *, is_shared: bool = True) -> None:
        self.process = process
        self.program = Program(process)
        self.program.load_c(SOURCE, flags=("-fPIC", "-O1", "-D_GNU_SOURCE"))
        self._shared = SharedMemory(MEMORY_SIZE) if is_shared else None
        if self._shared is None:
            self.memory = CallMemory(None, None)
        else:
            self.memory = CallMemory(self._shared.view, self._shared.descriptor)
        self.mapped = process.map_calls(self.memory)
        self.block = self.memory.block.cast("q")
        self.asked: list[int] = []

    def call(self, name: str, offset: int = 0) -> Outcome:
        address = self.program.address(name)
        return self.process.call(self.memory, self.mapped, address, offset, self._call_back)

    def _call_back(self, number: int, _: int) -> bool:
        self.asked.append(number)
        return number % 2 == 0

    def close(self) -> None:
        if self._shared is not None:
            self._shared.close()


@contextmanager
def calling(*, is_shared: bool = True, survives_interrupts: bool = False) -> Iterator[Caller]:
    executor = native_programs.executor()
    with ExecutorProcess(executor, survives_interrupts=survives_interrupts) as process:
        caller = Caller(process, is_shared=is_shared)
        yield caller
        caller.close()


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    """A hang is a failure and not the end of the test run."""

    def give_up(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=["words", "messages"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    with calling(is_shared=request.param == "words") as found:
        yield found


def test_each_call_is_answered_once(caller: Caller) -> None:
    """Calls, call backs and other requests, with all kinds of pauses between and in them."""
    chance = random.Random(1)
    block, read = caller.block, caller.program.address("turns")
    for number in range(600):
        block[1] = chance.choice([0, 0, 0, 1000, 60_000, 100_000, 300_000])
        pause = chance.choice([0, 0, 1e-6, 5e-5, 1e-4, 2e-4, 1e-3])
        end = time.perf_counter() + pause
        while time.perf_counter() < end:
            pass
        what = chance.randrange(6)
        if what == 0:
            caller.process.read_memory(read, 8)
        if what == 1:
            caller.process.begin_checkpoint()
            if chance.random() < 0.5:
                caller.process.finish_checkpoint().discard()
        name = "ask" if chance.random() < 0.3 else "count"
        asked = len(caller.asked)
        outcome = caller.call(name)
        assert outcome.exception_type is None
        assert block[0] == number + 1
        assert caller.asked[asked:] == ([number] if name == "ask" else [])
    assert block[2] == sum(number % 2 for number in caller.asked)


def test_answers_by_words_are_the_rule() -> None:
    with calling() as caller:
        caller.call("count")
        by_words = 0
        exchange = caller.memory.exchange

        def counted(function: int, argument: int) -> bool:
            nonlocal by_words
            is_there = exchange(function, argument)
            by_words += is_there
            caller.memory.rest = 0  # however busy the machine is
            return is_there

        caller.memory.exchange = counted  # type: ignore[method-assign]
        deadline = time.monotonic() + 60
        while by_words <= 10 and time.monotonic() < deadline:
            caller.call("count")  # at once: the executor watches the words for a short while
        assert by_words > 10 or len(os.sched_getaffinity(0)) == 1


@pytest.mark.parametrize("before", [0, 2], ids=["at first", "after others"])
def test_ends(caller: Caller, before: int) -> None:
    for _ in range(before):
        caller.call("count")
    with pytest.raises(ExecutorDied) as info:
        caller.call("crash")
    assert info.value.signal == signal.SIGSEGV
    assert info.value.crash is not None
    assert info.value.crash.is_detailed
    with pytest.raises(ExecutorDied):
        caller.call("count")


@pytest.mark.parametrize(("name", "status"), [("leave", 4), ("vanish", None)])
def test_exits(caller: Caller, name: str, status: int | None) -> None:
    caller.call("count")
    with pytest.raises(ExecutorDied) as info:
        caller.call(name)
    assert info.value.exit_status == status


def test_the_program_ends_between_calls(caller: Caller) -> None:
    caller.call("count")
    os.kill(caller.process.pid, signal.SIGKILL)
    with pytest.raises(ExecutorDied) as info:
        caller.call("count")
    assert info.value.signal == signal.SIGKILL


def test_a_fork_in_a_call_does_not_answer(caller: Caller) -> None:
    for number in range(20):
        caller.call("parted")
        caller.call("count")
        assert caller.block[0] == number + 1


def test_threads_run_between_calls(caller: Caller) -> None:
    caller.call("begin_thread")

    def turns() -> int:
        caller.call("tell_turns")
        return caller.block[2]

    first = turns()
    assert wait_for(lambda: turns() > first)


def test_a_checkpoint_goes_on_with_calls(caller: Caller) -> None:
    for number in range(3):
        caller.block[0] = 0
        caller.call("count")
        caller.process.begin_checkpoint()
        checkpoint = caller.process.finish_checkpoint()
        caller.call("count")
        with suppress(ExecutorDied):
            caller.call("crash")
        caller.process.take_over(checkpoint)
        for _ in range(number):
            caller.call("count")
        # Memory that is shared does not go back.
        assert caller.block[0] == 2 + number


def test_ctrl_c_in_an_endless_call(caller: Caller) -> None:
    caller.call("count")
    caller.block[0] = 0
    pid = caller.process.pid
    turns = caller.program.address("turns")

    def press() -> None:
        if caller.memory.descriptor is None:
            time.sleep(0.05)  # nothing tells that it has begun
        else:
            wait_for(lambda: caller.block[0] == -1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        caller.call("loop")
    thread.join()
    with pytest.raises(ExecutorDied):
        caller.process.read_memory(turns, 8)
    assert pid == caller.process.pid


@pytest.mark.parametrize("survives", [False, True])
def test_ctrl_c_at_any_time(survives: bool) -> None:
    """No answer is taken for another's."""
    chance = random.Random(survives)
    for _ in range(6):
        with calling(survives_interrupts=survives) as caller:
            caller.call("count")
            pressing = threading.Timer(chance.random() / 100, os.kill, (os.getpid(), signal.SIGINT))
            number = 1
            try:
                pressing.start()
                while pressing.is_alive() or number < 20:
                    caller.call("count")
                    number += 1
            except KeyboardInterrupt:
                pass
            pressing.join()
            try:
                before = caller.block[0]
                assert before - number in (0, 1)
                caller.call("count")
                assert caller.block[0] == before + 1
            except ExecutorDied:
                pass


FORGERIES = (
    "no_attention",
    "all_ones",
    "answered_all",
    "other_event",
    "next_number",
    "next_call",
)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_program_that_writes_over_the_words(name: str) -> None:
    """Each call ends: with an answer, or because the program is ended."""
    for when in range(2):
        with calling() as caller:
            for _ in range(when):
                caller.call("count")
            with suppress(RuntimeFailure):
                for _ in range(5):
                    caller.call(name)
                    caller.call("count")
                assert caller.process.read_memory(caller.program.address("turns"), 8)


def test_a_thread_that_writes_over_the_words() -> None:
    for _ in range(3):
        with calling() as caller, suppress(ExecutorDied, ExecutorError):
            caller.call("begin_scribbling")
            for _ in range(50):
                caller.call("count")


def test_hundreds_of_calls_leave_nothing(caller: Caller) -> None:
    caller.call("count")
    caller.call("ask")
    pid = caller.process.pid
    folder = f"/proc/{pid}/fd"
    ours, theirs, mapped = open_descriptors(), os.listdir(folder), mappings(pid)
    for _ in range(250):
        caller.call("count")
        caller.call("ask")
    assert (open_descriptors(), os.listdir(folder)) == (ours, theirs)
    assert len(mappings(pid)) <= len(mapped) + 1  # the heap's


def test_wrong_requests_are_refused() -> None:
    with calling() as caller:
        with pytest.raises(ExecutorError, match="call"):
            caller.process.call(caller.memory, caller.mapped, ExecutorAddress(0), 0)
        caller.call("count")
        assert caller.block[0] == 1
