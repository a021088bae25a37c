"""Functions of Python's in the hands of C++."""

from __future__ import annotations

from typing import Any

import pytest

from repl import Session

DECLARED = """
#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>
int twice(int (*f)(int), int x) { return f(f(x)); }
double with(const std::function<double(double, const std::string &)> &f) { return f(1.5, "two"); }
template <class F> int of_template(F f) { int r = f(20); return r + 1; }
struct P { int x = 3; };
int of_object(const std::function<int(P &)> &f) { P p; int r = f(p); return 100 * p.x + r; }
std::vector<int> sorted(std::vector<int> v, std::function<bool(int, int)> less) {
  std::sort(v.begin(), v.end(), less);
  return v;
}
std::function<int(int)> stored;
void store(std::function<int(int)> f) { stored = std::move(f); }
int call_stored(int x) { return stored ? stored(x) : -1; }
bool passes_through(const std::function<void()> &f) {
  try { f(); } catch (...) { return true; }
  return false;
}
std::string text(std::function<std::string(std::string)> f) { return f("a") + "!"; }
int plus(int x) { return x + 1; }
int cleaned = 0;
struct Cleaner { ~Cleaner() { ++cleaned; } };
void through(std::function<void()> f) { Cleaner c; f(); }
"""


def test_they_are_called(session: Session) -> None:
    gbl = session.gbl
    assert gbl.twice(lambda x: x + 3, 1) == 7
    assert getattr(gbl, "with")(lambda number, text: number + len(text)) == 4.5
    assert gbl.of_template(lambda x: x * 2) == 41
    assert list(gbl.sorted([1, 3, 2], lambda a, b: a > b)) == [3, 2, 1]
    assert gbl.text(lambda s: s + "b") == "ab!"


def test_objects(session: Session) -> None:
    def change(p: Any) -> int:
        p.x = 7
        return int(p.x) + 1

    assert session.gbl.of_object(change) == 708


def test_different_ones_stay_apart(session: Session) -> None:
    functions = [lambda x, n=n: x + n for n in (1, 10, 100)]
    assert [session.gbl.twice(f, 0) for f in functions] == [2, 20, 200]


def test_one_that_is_stored(session: Session) -> None:
    session.gbl.store(lambda x: x * 5)
    assert session.gbl.call_stored(4) == 20
    assert session.gbl.call_stored(5) == 25


def test_calls_in_one_another(session: Session) -> None:
    gbl = session.gbl
    assert gbl.twice(lambda x: gbl.plus(gbl.twice(lambda y: y + 1, x)), 0) == 6

    def endless(x: int) -> int:
        return int(gbl.twice(endless, x))

    with pytest.raises(Exception, match="deep"):
        endless(1)
    assert gbl.plus(1) == 2


def test_exceptions_arrive_as_themselves(session: Session) -> None:
    gbl = session.gbl
    error = KeyError("mine")

    def raising(*_: Any) -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        gbl.through(raising)
    assert caught.value is error
    assert gbl.cleaned >= 1
    assert gbl.passes_through(raising) is True
    assert gbl.passes_through(lambda: None) is False
    with pytest.raises(KeyboardInterrupt):
        gbl.through(_interrupted)
    with pytest.raises(TypeError):
        gbl.text(lambda s: [s])
    with pytest.raises(OverflowError):
        gbl.twice(lambda x: 2**40, 1)
    assert gbl.plus(1) == 2


def _interrupted() -> None:
    raise KeyboardInterrupt
