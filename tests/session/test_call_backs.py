"""Functions that Python has called call back to it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed, ShellError, UncaughtException
from repl.session.live_session import LiveSession
from runtime.addresses import ExecutorAddress

CODE = """
#include <pthread.h>
#include <unistd.h>
#include <sys/wait.h>
int x;
extern "C" {
int forkrepl_call_back(unsigned long number, unsigned long offset);
struct Block { int value; int told; };
void ask(unsigned char *block) {
  Block *b = (Block *)block;
  ++x;
  b->told = forkrepl_call_back(b->value, 1024);
  if (b->told) throw "it has failed";
}
void count(unsigned char *) { ++x; }
void crash(unsigned char *) { x = 1000; *(volatile int *)0 = 1; }
void *thread(void *told) { *(int *)told = forkrepl_call_back(1, 0); return 0; }
void from_thread(unsigned char *block) {
  pthread_t other;
  pthread_create(&other, 0, thread, &((Block *)block)->told);
  pthread_join(other, 0);
}
void from_fork(unsigned char *block) {
  int pid = fork(), status;
  if (pid == 0)
    _exit(forkrepl_call_back(1, 0));
  waitpid(pid, &status, 0);
  ((Block *)block)->told = WEXITSTATUS(status);
}
void far(unsigned char *) { forkrepl_call_back(1, 1 << 20); }
}
"""

Numbers = memoryview


@pytest.fixture(scope="module")
def session() -> Iterator[LiveSession]:
    with LiveSession(SessionOptions(recover=True, raises_interrupts=True)) as found:
        found.run(CODE)
        yield found


@pytest.fixture
def call(session: LiveSession) -> Iterator[Callable[..., None]]:
    """Call a function by its name; ``x`` is 0."""
    addresses: dict[str, ExecutorAddress] = {}
    with session.using_program() as program:
        for name in ("ask", "count", "crash", "from_thread", "from_fork", "far"):
            definition = program.find_definition(name)
            assert definition is not None
            addresses[name] = definition.address
    session.run("x = 0;")
    yield lambda name, offset=0: session.call(addresses[name], offset)
    session.on_callback = None


def block(session: LiveSession) -> memoryview:
    return session.call_block.cast("i")


@pytest.mark.parametrize("is_protected", [False, True])
def test_arguments_go_there_and_back(
    session: LiveSession, call: Callable[..., None], is_protected: bool
) -> None:
    asked: list[tuple[int, int]] = []

    def answer(number: int, offset: int) -> bool:
        asked.append((number, offset))
        return True

    session.on_callback = answer
    block(session)[:2] = memoryview(bytes(8)).cast("i")
    block(session)[0] = 5
    if is_protected:
        call("ask")
    else:
        with session.unprotected():
            for _ in range(100):
                call("ask")
            asked = asked[:1]
    assert asked == [(5, 1024)]
    assert block(session)[1] == 0


def test_failure_is_told(session: LiveSession, call: Callable[..., None]) -> None:
    session.on_callback = lambda *_: False
    with pytest.raises(UncaughtException, match="it has failed"):
        call("ask")
    session.on_callback = None
    with pytest.raises(UncaughtException, match="it has failed"):
        call("ask")
    assert session.value("x") == 2


def test_what_the_call_back_raises_comes_when_the_call_has_ended(
    session: LiveSession, call: Callable[..., None]
) -> None:
    def fail(*_: int) -> bool:
        raise LookupError("of Python")

    session.on_callback = fail
    with pytest.raises(LookupError, match="of Python"):
        call("ask")
    with pytest.raises(ProgramCrashed):  # and this alone goes back
        call("crash")
    assert session.value("x") == 1


def test_calls_within_calls(session: LiveSession, call: Callable[..., None]) -> None:
    depths: list[int] = []

    def answer(number: int, _: int) -> bool:
        depths.append(number)
        if number < 20:
            offset = 8 * (number + 1)
            block(session)[offset // 4] = number + 1
            call("ask", offset)
            call("count")
        return True

    session.on_callback = answer
    block(session)[0] = 0
    call("ask")
    assert depths == list(range(21))
    assert session.value("x") == 41


def test_endless_calls_within_calls_end(session: LiveSession, call: Callable[..., None]) -> None:
    def again(*_: int) -> bool:
        call("ask")
        return True

    session.on_callback = again
    with pytest.raises(ShellError, match="30 deep"):
        call("ask")
    call("count")


def test_other_things_are_done_in_the_midst_of_a_call(
    session: LiveSession, call: Callable[..., None]
) -> None:
    """Values, inputs and new functions; going back is refused."""
    done: list[object] = []

    def answer(*_: int) -> bool:
        done.append(session.value("x + 1"))
        session.run("int in_call = x * 10;")
        session.run("++in_call;")
        done.append(session.show("in_call"))
        for go in (session.undo, session.rewind, session.restart, session.reset):
            with pytest.raises(ShellError, match="cannot go back"):
                go()
        return True

    session.on_callback = answer
    before = session.inputs
    call("ask")
    assert done == [2, "(int) 11"]
    assert len(session.inputs) == len(before) + 2
    with pytest.raises(ProgramCrashed):
        call("crash")
    assert session.value("in_call") == 11
    session.rewind(2)
    assert session.inputs == before
    assert session.value("x") == 0


def test_a_crash_after_inputs_of_a_call_back_takes_them_back(
    session: LiveSession, call: Callable[..., None]
) -> None:
    def answer(*_: int) -> bool:
        session.run("int in_call = 1;")
        call("crash")
        raise AssertionError("not reached")

    session.on_callback = answer
    before = session.inputs
    with pytest.raises(ProgramCrashed) as info:
        call("ask")
    assert "as before this call" in info.value.aftermath
    assert session.inputs == before
    assert session.value("x") == 0
    session.run("int in_call = 2;")
    assert session.value("in_call") == 2
    session.undo()


def test_a_crash_that_the_call_back_catches_ends_the_call_all_the_same(
    session: LiveSession, call: Callable[..., None]
) -> None:
    def answer(*_: int) -> bool:
        with pytest.raises(ProgramCrashed):
            call("crash")
        return True

    session.on_callback = answer
    with pytest.raises(ProgramCrashed):
        call("ask")
    assert session.value("x") == 0


def test_ctrl_c_in_a_call_back(session: LiveSession, call: Callable[..., None]) -> None:
    def answer(*_: int) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return True

    session.on_callback = answer
    with pytest.raises(KeyboardInterrupt):
        call("ask")
    assert session.value("x") == 0
    call("count")


def test_nobody_is_called_back_from_elsewhere(
    session: LiveSession, call: Callable[..., None]
) -> None:
    session.on_callback = lambda *_: True
    for name in ("from_thread", "from_fork"):
        block(session)[1] = 0
        call(name)
        assert block(session)[1] == 2, name
    assert session.value("forkrepl_call_back(1, 0)") == 2


def test_arguments_outside_of_the_block(session: LiveSession, call: Callable[..., None]) -> None:
    session.on_callback = lambda *_: True
    with pytest.raises(Exception, match="outside of the memory"):
        call("far")
    call("count")
