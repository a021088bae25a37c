"""Calls of compiled functions: what they give, and what becomes of the session if they end it."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from repl.configuration.session_options import SessionOptions
from repl.errors import ProgramCrashed, ProgramExited, ShellError, UncaughtException
from repl.python.session import Session
from repl.session.live_session import LiveSession
from runtime.addresses import ExecutorAddress
from tests.support.leaks import wait_for
from tests.support.runtime import mappings, open_descriptors

CODE = """
#include <stdexcept>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
int x;
extern "C" {
void add(unsigned char *block) { int *i = (int *)block; i[0] += i[1]; }
void count(unsigned char *) { ++x; }
void crash(unsigned char *) { x = 1000; *(volatile int *)0 = 1; }
void leave(unsigned char *) { x = 1000; exit(3); }
void raise(unsigned char *) { ++x; throw std::out_of_range("too far"); }
void loop(unsigned char *block) { x = 1000; block[0] = 1; for (volatile int i = 0;; ++i) ; }
void parted(unsigned char *block) { if (fork() == 0) block[0] = 7; }
void print(unsigned char *) { printf("said"); }
}
"""


@pytest.fixture
def session() -> Iterator[LiveSession]:
    with LiveSession(SessionOptions(recover=True, raises_interrupts=True)) as found:
        found.run(CODE)
        yield found


def address(session: LiveSession, name: str) -> ExecutorAddress:
    with session.using_program() as program:
        definition = program.find_definition(name)
    assert definition is not None
    return definition.address


def is_alive(session: LiveSession) -> bool:
    state = Path(f"/proc/{session.executor_pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def call(session: LiveSession, name: str, offset: int = 0) -> None:
    session.call(address(session, name), offset)


def test_arguments_and_result_are_in_the_block(session: LiveSession) -> None:
    numbers = session.call_block.cast("i")
    numbers[0], numbers[1] = 2, 3
    numbers[256], numbers[257] = 20, 30
    for _ in range(3):
        call(session, "add")
    call(session, "add", 1024)
    assert (numbers[0], numbers[256]) == (11, 50)
    with pytest.raises(ValueError, match="outside of the block"):
        call(session, "add", 64 << 10)


def test_exceptions_are_raised_as_by_inputs(session: LiveSession) -> None:
    with pytest.raises(IndexError, match="too far") as info:
        call(session, "raise")
    assert isinstance(info.value, UncaughtException)
    assert info.value.type_name == "std::out_of_range"
    with session.unprotected():
        for _ in range(3):
            with pytest.raises(IndexError):
                call(session, "raise")
    assert session.value("x") == 4


def test_a_crash_takes_back_one_call(session: LiveSession) -> None:
    call(session, "count")
    call(session, "count")
    with pytest.raises(ProgramCrashed) as info:
        call(session, "crash")
    assert info.value.signal == signal.SIGSEGV
    assert info.value.aftermath == "rolled back: memory and declarations are as before this call"
    assert session.value("x") == 2


def test_a_crash_takes_back_all_of_an_unprotected_block(session: LiveSession) -> None:
    count, crash = address(session, "count"), address(session, "crash")
    session.call(count)
    with session.unprotected():
        session.call(count)
        session.call(count)
        with pytest.raises(ProgramCrashed) as info:
            session.call(crash)
        session.call(count)
    assert info.value.aftermath == (
        "rolled back: memory and declarations are as before the unprotected calls (3 of them)"
    )
    assert session.value("x") == 2
    with pytest.raises(ProgramCrashed, match=r"SIGSEGV") as info:
        session.call(crash)
    assert "before this call" in info.value.aftermath
    assert session.value("x") == 2


def test_inputs_among_unprotected_calls_are_saved_as_ever(session: LiveSession) -> None:
    count = address(session, "count")
    with session.unprotected():
        session.call(count)
        session.run("++x;")
        with pytest.raises(ProgramCrashed) as info:
            session.run("*(volatile int *)0 = 1;")
        assert "before this input" in info.value.aftermath
        assert session.value("x") == 2
        session.call(count)
        session.rewind(1)
        assert session.value("x") == 1


def test_exit_in_a_call(session: LiveSession) -> None:
    with pytest.raises(ProgramExited) as info:
        call(session, "leave")
    assert info.value.status == 3
    with pytest.raises(ProgramExited):
        session.value("x")
    session.restart()
    call(session, "count")
    assert session.value("x") == 1


def test_going_back_and_beginning_again(session: LiveSession) -> None:
    """The memory of calls is there in each process, whenever it was made."""
    session.run("int later = 1;")
    call(session, "count")
    session.rewind(1)  # to a process that has not got it
    call(session, "count")
    assert session.value("x") == 1
    session.run("int later = 1;")
    session.undo(1)
    call(session, "count")
    assert session.value("x") == 2
    session.restart()
    call(session, "count")
    assert session.value("x") == 1
    session.reset()
    session.run(CODE)
    numbers = session.call_block.cast("i")
    numbers[0], numbers[1] = 2, 3
    call(session, "add")
    assert numbers[0] == 5


def test_ctrl_c_ends_an_endless_call(session: LiveSession) -> None:
    """In a block of unprotected ones, too."""
    loop, count = address(session, "loop"), address(session, "count")
    session.call(count)
    marks = session.call_block
    for is_protected in (True, False):
        marks[0] = 0

        def press() -> None:
            wait_for(lambda: marks[0] == 1)
            os.kill(os.getpid(), signal.SIGINT)

        pressing = threading.Thread(target=press)
        pressing.start()
        block = nullcontext() if is_protected else session.unprotected()
        with block, pytest.raises(KeyboardInterrupt):
            session.call(loop)
        pressing.join()
        assert session.value("x") == 1


def test_a_fork_in_a_call_ends_and_does_not_answer(session: LiveSession) -> None:
    with session.unprotected():
        for _ in range(20):
            call(session, "parted")
            call(session, "count")
    assert session.value("x") == 20


def test_output_is_there_when_the_call_has_returned(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with LiveSession(SessionOptions()) as session:
        session.run(CODE)
        for number in range(3):
            call(session, "print")
            os.write(1, f" {number}, ".encode())
    assert capfd.readouterr().out == "said 0, said 1, said 2, "


def test_the_program_ends_between_calls(session: LiveSession) -> None:
    count = address(session, "count")
    session.call(count)
    session.attend()  # it is saved now
    os.kill(session.executor_pid, signal.SIGKILL)
    assert wait_for(lambda: not is_alive(session))
    session.call(count)
    assert "between two inputs" in session.take_warnings()[0]
    assert session.value("x") == 2
    with session.unprotected():
        session.call(count)
        session.call(count)
        os.kill(session.executor_pid, signal.SIGKILL)
        with pytest.raises(ProgramCrashed, match="SIGKILL") as info:
            session.call(count)
        assert "before the unprotected calls (3 of them)" in info.value.aftermath
        session.call(count)
        os.kill(session.executor_pid, signal.SIGKILL)
        assert wait_for(lambda: not is_alive(session))
    # The block has ended: what its calls did was not saved before that.
    assert session.value("x") in (2, 3)


def test_an_alarm_of_the_host_takes_the_call_back(session: LiveSession) -> None:
    def give_up(*_: object) -> None:
        raise TimeoutError("too slow")

    before = signal.signal(signal.SIGALRM, give_up)
    loop = address(session, "loop")
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(TimeoutError):
            session.call(loop)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert session.value("x") == 0


def test_nothing_is_left() -> None:
    gc.collect()  # what other tests have forgotten
    before = open_descriptors()
    with LiveSession(SessionOptions(recover=True)) as session:
        session.run(CODE)
        for _ in range(5):
            call(session, "count")
            with session.unprotected():
                call(session, "count")
                with pytest.raises(ProgramCrashed):
                    call(session, "crash")
        pid = session.executor_pid
        assert sum("forkrepl-shared" in each.path for each in mappings(pid)) == 1
    assert open_descriptors() == before


def test_without_recovery_all_begins_anew() -> None:
    with LiveSession(SessionOptions(recover=False)) as session:
        session.run(CODE)
        call(session, "count")
        with pytest.raises(ProgramCrashed):
            call(session, "crash")
        assert session.inputs == []
        session.run(CODE)
        with session.unprotected():
            call(session, "count")
        assert session.value("x") == 1


def test_a_session_of_python_has_a_face_for_blocks() -> None:
    with Session() as session:
        with session.unprotected(), session.unprotected():
            session.run("int a = 1;")
        assert session.value("a") == 1
    with pytest.raises(ShellError, match="closed"), session.unprotected():
        pass
