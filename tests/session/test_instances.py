"""What a session has compiled it does not compile again: inline functions, instances."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from repl.configuration.session_options import SessionOptions
from repl.session.live_session import LiveSession
from tests.support.program import Run, values

TEMPLATES = """
#include <string>
template <class T> T twice(T t) { return t + t; }
template <class T> struct Box {
  T value;
  Box(T value) : value(twice(value)) {}
  virtual ~Box() {}
  virtual T get() const { return value; }
  static int count() { static int n = 0; return ++n; }
};
inline int plus_one(int n) { return n + 1; }
"""
USE = "Box<long>(4).get() + plus_one(1) + Box<long>::count()"


@pytest.fixture
def session() -> Iterator[LiveSession]:
    with LiveSession(SessionOptions(recover=True)) as session:
        session.run(TEMPLATES)
        yield session


def functions(session: LiveSession) -> set[str]:
    """What the code of the last input has brought."""
    unit = session.steps[-1].unit
    return set(unit.weak_functions()) if unit is not None else set()


def test_an_instance_is_compiled_once(session: LiveSession) -> None:
    assert session.run(USE).value == "(long) 11"
    assert any("twice" in name for name in functions(session))
    assert session.run(USE).value == "(long) 12"
    assert functions(session) == set()


def test_undo_of_what_has_the_body(session: LiveSession) -> None:
    session.run(USE)
    session.run(USE)
    session.undo(2)
    assert session.run(USE).value == "(long) 11"
    assert any("twice" in name for name in functions(session))
    session.rewind()
    assert session.run(USE).value == "(long) 11"


def test_what_threw_has_left_no_body(session: LiveSession) -> None:
    with pytest.raises(Exception, match="int"):
        session.run(f"long n = {USE}; throw 1;")
    assert session.run(USE).value is not None
    assert any("twice" in name for name in functions(session))


def test_an_evaluation_has_left_no_body(session: LiveSession) -> None:
    assert session.value(USE) == 11
    assert session.run(USE).value is not None
    assert any("twice" in name for name in functions(session))


def test_a_body_that_waits_is_not_there(session: LiveSession) -> None:
    session.run("long late();")
    assert session.run(f"long early() {{ return late() + {USE}; }}").waits_for == "late()"
    assert session.run(USE).value == "(long) 11"
    session.run("long late() { return 0; }")
    assert session.run("early()").value == "(long) 12"


def test_restart_and_reset(session: LiveSession) -> None:
    session.run(f"long n = {USE};")
    session.run(USE)
    session.restart()
    assert session.run(USE).value == "(long) 12"
    session.reset()
    session.run(TEMPLATES)
    assert session.run(USE).value == "(long) 11"


@pytest.mark.parametrize("first", [0, 1, 2, 3])
@pytest.mark.parametrize("then", [0, 2])
def test_other_levels_of_optimisation(forkrepl: Run, first: int, then: int) -> None:
    text = f"%opt {first}\n{TEMPLATES}\n{USE}\n{USE}\n%opt {then}\n{USE}\n{USE}\n"
    result = forkrepl(input=text)
    assert result.stderr == ""
    assert values(result.stdout)[-4:] == ["11", "12", "13", "14"]


def test_a_class_that_is_declared_again(session: LiveSession) -> None:
    session.run("struct S { int n = 1; }; inline int get(S s) { return s.n; }")
    session.run("#include <vector>")
    use = "std::vector<S>(3).size() + get(S())"
    assert session.run(use).value == "(size_t) 4"
    session.run("struct S { int n = 5; char more[100]; }; inline int get(S s) { return s.n; }")
    assert session.run(use).value == "(size_t) 8"
    assert any("vector" in name for name in functions(session))


def test_a_crash_takes_its_bodies_along(forkrepl: Run) -> None:
    text = f"{TEMPLATES}\n{{ {USE}; *(volatile int *)0 = 1; }}\n{USE}\n{USE}\n"
    result = forkrepl(input=text)
    assert values(result.stdout) == ["11", "12"]
