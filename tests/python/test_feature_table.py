"""The table in the guide that puts forkrepl beside others: each row of ours is run."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from repl import ProgramCrashed, ProgramExited, Session
from tests.support.runtime import ROOT

DECLARED = """
#include <concepts>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
int add(int a, int b = 2) { return a + b; }
double add(double a, double b) { return a + b; }
template <class T> T twice(T x) { return x + x; }
double total(const std::vector<double> &v) { double t = 0; for (double x : v) t += x; return t; }
int entries(const std::map<std::string, int> &m) { return m.size(); }
struct Pair { int a; double b; };
double both(Pair p) { return p.a + p.b; }
short narrow(short s) { return s; }
int applied(const std::function<int(int)> &f) { return f(3); }
void throws() { throw std::out_of_range("x"); }
template <std::integral T> T modern(T x) { return x; }
double squared(double x) { return x * x; }
void crash() { *(volatile int *)0 = 1; }
void leave() { exit(3); }
int plus(int x) { return x + 1; }
"""


def _containers(session: Session) -> bool:
    gbl = session.gbl
    return (gbl.total([1, 2]), gbl.entries({"a": 1}), gbl.both((1, 2.5))) == (3, 1, 3.5)


def _raises(kind: type[BaseException], call: Callable[[], Any]) -> bool:
    with pytest.raises(kind):
        call()
    return True


def _callbacks(session: Session) -> bool:
    def raising(x: int) -> int:
        raise LookupError(x)

    applied = session.gbl.applied
    return applied(lambda x: x + 1) == 4 and _raises(LookupError, lambda: applied(raising))


def _declared_again(session: Session) -> bool:
    for value in (1, 2):
        session.run(f"int again() {{ return {value}; }}")
        assert session.gbl.again() == value
    return True


def _goes_back(session: Session) -> bool:
    session.run("int later = 1;")
    session.rewind(1)
    session.run("int later = 2;")
    session.undo()
    return _raises(AttributeError, lambda: session.gbl.later)


def _pickled(session: Session) -> bool:
    session.gbl.plus(1)
    return bool(pickle.loads(pickle.dumps(session.gbl.plus))(2) == 3)


ROWS: dict[str, Callable[[Session], bool]] = {
    "overloads, default arguments": lambda s: (s.gbl.add(2), s.gbl.add(1.5, 1.0)) == (4, 2.5),
    "templates, instantiated when they are used": lambda s: s.gbl.twice(4) == 8,
    "lists, dicts and tuples as containers and structs": _containers,
    "a number that does not fit is an error": lambda s: _raises(
        OverflowError, lambda: s.gbl.narrow(70000)
    ),
    "functions of Python's, and their exceptions": _callbacks,
    "exceptions of C++ as Python's own": lambda s: _raises(IndexError, s.gbl.throws),
    "any standard that Clang 22 has": lambda s: s.gbl.modern(3) == 3,
    "a loop over arrays in C++": lambda s: s.vectorize("squared")(np.arange(3.0)).sum() == 5,
    "a function is declared again": _declared_again,
    "a crash is an exception": lambda s: _raises(ProgramCrashed, s.gbl.crash),
    "undo, and going back in time": _goes_back,
    "a function is pickled, and runs elsewhere": _pickled,
    "`exit` is an exception": lambda s: _raises(ProgramExited, s.gbl.leave),
}
"""The last one ends the session."""


def _claimed() -> set[str]:
    text = (ROOT / "examples/guide/calls.md").read_text()
    rows = re.findall(r"^\| ([^|]*) \| (yes|no) \|", text, re.MULTILINE)
    assert len(rows) > 10
    return {feature for feature, ours in rows if ours == "yes"}


def test_all_of_them_are_run() -> None:
    assert _claimed() == set(ROWS)


def test_each_row(session: Session) -> None:
    for feature, works in ROWS.items():
        assert works(session), feature
