"""What becomes of objects and functions when the program goes back, or other code comes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from repl import ProgramCrashed, Session

CLASS = "struct S { int n = 1; int get() { return n; } };"


@pytest.fixture
def fresh() -> Iterator[Session]:
    with Session() as session:
        session.run("int kept = 5;")
        yield session


def test_undo(fresh: Session) -> None:
    gbl = fresh.gbl
    fresh.run(CLASS)
    object_ = gbl.S()
    assert object_.get() == 1
    fresh.undo()
    with pytest.raises(ReferenceError, match="S"):
        object_.get()
    with pytest.raises(AttributeError):
        _ = gbl.S
    assert "lost" in repr(object_)
    del object_
    assert gbl.kept == 5
    fresh.run("struct S { double other = 2.5; };")
    assert gbl.S().other == 2.5


def test_another_class_of_the_name(fresh: Session) -> None:
    gbl = fresh.gbl
    fresh.run(CLASS)
    old = gbl.S()
    fresh.run("struct S { double other = 2.5; };")
    assert gbl.S().other == 2.5
    with pytest.raises(ReferenceError):
        old.get()
    assert not isinstance(old, gbl.S)


def test_a_redefined_function(fresh: Session) -> None:
    fresh.run("int f(int) { return 1; }")
    function = fresh.gbl.f
    assert function(1) == 1
    fresh.run("int f(int) { return 2; }")
    assert function(1) == 2
    fresh.run("int f(double) { return 3; }")
    assert (function(1), function(1.5)) == (2, 3)
    fresh.undo(2)
    assert function(1) == 1


def test_rewind_and_restart(fresh: Session) -> None:
    gbl = fresh.gbl
    fresh.run(CLASS)
    before = gbl.S()
    before.n = 7
    fresh.run("int later = 1;")
    after = gbl.S()
    fresh.rewind(1)
    assert before.get() == 7
    with pytest.raises(ReferenceError, match="before it was made"):
        after.get()
    fresh.restart()
    with pytest.raises(ReferenceError):
        before.get()
    assert gbl.S().get() == 1
    fresh.reset()
    with pytest.raises(AttributeError):
        _ = gbl.S


def test_a_crash_takes_back_the_call(fresh: Session) -> None:
    gbl = fresh.gbl
    fresh.run(CLASS + "void crash(S &s) { s.n = 99; *(int *)0 = 1; }")
    object_ = gbl.S()
    object_.n = 3
    with pytest.raises(ProgramCrashed) as caught:
        gbl.crash(object_)
    assert caught.value.signal
    assert "__forkrepl" not in str(caught.value)
    assert object_.get() == 3
    assert gbl.kept == 5


def test_a_part_of_a_block_that_crashes(fresh: Session) -> None:
    gbl = fresh.gbl
    fresh.run(CLASS + "void crash() { *(int *)0 = 1; }")
    before = gbl.S()
    made = []

    def work() -> None:
        with fresh.unprotected():
            before.n = 8
            made.append(gbl.S())
            gbl.crash()

    with pytest.raises(ProgramCrashed, match="unprotected"):
        work()
    assert before.n == 1
    with pytest.raises(ReferenceError):
        made[0].get()


def test_a_session_that_is_closed() -> None:
    session = Session()
    session.run(CLASS)
    object_ = session.gbl.S()
    session.close()
    with pytest.raises(Exception, match="closed"):
        object_.get()
    del object_


def test_a_session_in_c() -> None:
    with Session(language="c") as session, pytest.raises(Exception, match=r"C\+\+"):
        _ = session.gbl


def test_garbage_is_collected_in_the_midst_of_a_question(fresh: Session) -> None:
    """An object that is a part of a cycle is dropped whenever Python collects its garbage."""
    fresh.run("int alive; struct Counted { Counted() { ++alive; } ~Counted() { --alive; } };")
    gbl = fresh.gbl
    collected = 0

    def collect(frame: FrameType, event: str, _: Any) -> None:
        nonlocal collected
        where = frame.f_globals.get("__name__"), frame.f_code.co_name
        if event == "call" and where == ("runtime.executor_client.stream", "receive"):
            collected += gc.collect() > 0  # a question has been sent, and is not answered

    gbl.Counted()
    gc.freeze()  # what is there already is not looked at again and again
    cycles = [[gbl.Counted()] for _ in range(20)]
    for each in cycles:
        each.append(each)
    assert gbl.alive == 20
    del cycles, each
    sys.setprofile(collect)
    try:
        fresh.run("int twice(int n) { return 2 * n; } int thrice(int n) { return 3 * n; }")
        assert (gbl.twice(2), gbl.thrice(2)) == (4, 6)
    finally:
        sys.setprofile(None)
        gc.unfreeze()
    assert collected
    assert gbl.alive == 0


PARTS = """
#include <string>
#include <vector>
struct Part {
  static int living;
  int n;
  Part *next = nullptr;
  Part(int n) : n(n) { ++living; }
  Part(const Part &other) : n(other.n) { ++living; }
  ~Part() { n = -1; --living; }
};
int Part::living = 0;
struct Whole { Part part{7}; Part &get() { return part; } };
Part &larger(Part &a, Part &b) { return a.n < b.n ? b : a; }
Part &part_of(Whole &whole) { return whole.part; }
Part *next_of(Part &part) { return part.next; }
void link(Part &first, Part &second) { first.next = &second; second.next = &first; }
int living() { return Part::living; }
"""


def test_what_a_reference_refers_to_is_kept(fresh: Session) -> None:
    fresh.run(PARTS)
    gbl = fresh.gbl
    assert gbl.larger(gbl.Part(1), gbl.Part(2)).n == 2
    assert gbl.part_of(gbl.Whole()).n == 7
    part = gbl.larger(gbl.part_of(gbl.Whole()), gbl.Part(3))
    gc.collect()
    assert (part.n, gbl.living()) == (7, 2)
    del part
    gc.collect()
    assert gbl.living() == 0
    numbers = gbl.std.vector["int"]([4, 5]).data()
    gc.collect()
    assert gbl.living() == 0  # a call, before which what was dropped is destroyed
    assert (numbers[0], numbers[1]) == (4, 5)


def test_a_walk_keeps_no_more_than_where_it_began(fresh: Session) -> None:
    fresh.run(PARTS)
    gbl = fresh.gbl
    first, second = gbl.Part(1), gbl.Part(2)
    gbl.link(first, second)
    at = first
    for _ in range(20):
        at = gbl.larger(gbl.next_of(at), at)
    assert at._cpp_owner() == (first,)
    del first, second, at
    gc.collect()
    assert gbl.living() == 0
