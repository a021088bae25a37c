"""Going back and forth between states of the frontend."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest
from msgspec.structs import replace

from repl import native_programs
from repl.clang.frontend import Frontend
from repl.clang.inputs import FrontendState, ParsedInput
from repl.display.types import ValueType
from repl.errors import CompileError, ShellError
from repl.input.source import Source


@pytest.fixture
def frontend() -> Iterator[Frontend]:
    """One in which inputs may be redefined."""
    with Frontend(native_programs.frontend(), ["-xc++"], redefinition=True) as opened:
        yield opened


def parse(frontend: Frontend, *inputs: str) -> ParsedInput:
    """Parse inputs; the result of the last one."""
    results = [frontend.parse(Source(text, "In")) for text in inputs]
    return results[-1]


def type_of(frontend: Frontend, expression: str) -> str:
    """The type of an expression, in the state as it is and stays."""
    length = frontend.length
    value = parse(frontend, expression).value
    frontend.rollback(length)
    assert value is not None
    return str(ValueType.from_table(value.type).name)


def test_restore_goes_back_and_forth(frontend: Frontend) -> None:
    empty = frontend.snapshot()
    parse(frontend, "int x;", "#define TWO 2")
    first = frontend.snapshot()
    parse(frontend, "double x;", "long y;")
    second = frontend.snapshot()
    for _ in range(2):
        frontend.restore(first)
        assert (frontend.length, frontend.snapshot()) == (2, first)
        assert type_of(frontend, "x + TWO") == "int"
        with pytest.raises(CompileError, match="undeclared identifier 'y'"):
            parse(frontend, "y")
        frontend.restore(second)
        assert (frontend.length, frontend.snapshot()) == (4, second)
        assert type_of(frontend, "x + TWO") == "double"
        assert type_of(frontend, "y") == "long"
    frontend.restore(empty)
    with pytest.raises(CompileError, match="undeclared identifier 'x'"):
        parse(frontend, "x")


def test_restore_to_another_branch(frontend: Frontend) -> None:
    parse(frontend, "struct S { int a; };", "struct S { double a; };", "S s;")
    left = frontend.snapshot()
    frontend.rollback(1)
    parse(frontend, "struct S { long a; };", "struct S { char a; };", "S s;")
    right = frontend.snapshot()
    frontend.restore(left)
    assert type_of(frontend, "s.a") == "double"
    frontend.restore(right)
    assert type_of(frontend, "s.a") == "char"


def test_restore_to_the_same_state(frontend: Frontend) -> None:
    parse(frontend, "int x;")
    frontend.restore(frontend.snapshot())
    assert type_of(frontend, "x") == "int"


def test_restore_of_many_inputs(frontend: Frontend) -> None:
    # More, and longer, than may be under way at once.
    text = "x" * 1000
    parse(frontend, *(f"int v{n}; // {text}" for n in range(150)))
    many = frontend.snapshot()
    frontend.restore(FrontendState(()))
    parse(frontend, "double v149;")
    frontend.restore(many)
    frontend.prepare()
    assert type_of(frontend, "v0 + v149") == "int"


def test_names_are_the_same_after_a_restore(frontend: Frontend) -> None:
    parse(frontend, "struct S { int a; };", "struct S { double a; };")
    state = frontend.snapshot()
    first = parse(frontend, "int f(S) { return 1; }").bitcode
    frontend.restore(FrontendState(()))
    parse(frontend, "int other;")
    frontend.restore(state)
    assert b"redefined1" in first
    assert parse(frontend, "int f(S) { return 1; }").bitcode == first


def test_snapshot_knows_nothing_of_what_was_begun(frontend: Frontend) -> None:
    parse(frontend, "int x;")
    state = frontend.snapshot()
    frontend.begin(Source("int y;", "In"))
    assert frontend.snapshot() == state
    frontend.restore(state)
    assert type_of(frontend, "x") == "int"


@pytest.mark.parametrize("times", [1, 3])
def test_prepare(frontend: Frontend, times: int) -> None:
    parse(frontend, "int x;", "#define TWO 2")
    for _ in range(times):
        with pytest.raises(CompileError):
            parse(frontend, "missing")
        frontend.prepare()
        frontend.prepare()
    assert type_of(frontend, "x + TWO") == "int"
    frontend.rollback(1)
    frontend.prepare()
    with pytest.raises(CompileError, match="undeclared identifier 'TWO'"):
        parse(frontend, "TWO")


def raise_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def test_interrupt_at_any_moment(frontend: Frontend) -> None:
    before = signal.signal(signal.SIGALRM, raise_interrupt)
    try:
        parse(frontend, "int x;")
        for step in range(100):
            text = ("missing", "int y;", "double x;")[step % 3]
            with suppress(KeyboardInterrupt, CompileError):
                try:
                    signal.setitimer(signal.ITIMER_REAL, (step + 1) * 0.0003)
                    parse(frontend, text)
                    frontend.prepare()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0)
            frontend.rollback(1)
            assert type_of(frontend, "x") == "int"
    finally:
        signal.signal(signal.SIGALRM, before)


def test_replay_that_fails_is_told(frontend: Frontend, tmp_path: Path) -> None:
    header = tmp_path / "mine.h"
    header.write_text("int mine;")
    parse(frontend, "int x;", f'#include "{header}"', "int y;")
    header.unlink()
    one, two, three = frontend.snapshot().inputs
    state = FrontendState((one, replace(two, read=()), three))  # as if it had not been read
    frontend.restore(state)
    with pytest.raises(ShellError, match="accepted before is now rejected"):
        parse(frontend, "y")
    frontend.rollback(1)
    assert type_of(frontend, "x") == "int"


def test_redefinition_is_refused_if_not_asked_for() -> None:
    with Frontend(native_programs.frontend(), ["-xc++"]) as frontend:
        parse(frontend, "int x;")
        with pytest.raises(CompileError, match="redefinition of 'x'"):
            parse(frontend, "double x;")
        assert type_of(frontend, "x") == "int"


def test_a_copy_can_be_killed_twice(frontend: Frontend) -> None:
    """The second time its descriptor may be somebody else's."""
    with frontend.scratch() as copy:
        copy.kill()
        with Path("/dev/null").open() as other:  # gets the number that has become free
            copy.kill()
            copy.interrupt()
            assert copy.has_ended
            assert not other.read()
    frontend.parse(Source("int still_there;", "input"))
