"""Objects of C++ that a function gives and takes, where there is no Clang."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from repl import Session

CODE = """
#include <map>
#include <string>
#include <vector>
std::vector<double> steps(int n) {
  std::vector<double> all;
  for (int i = 0; i < n; ++i)
    all.push_back(i * 0.5);
  return all;
}
double total(const std::vector<double> &all) {
  double sum = 0;
  for (double each : all)
    sum += each;
  return sum;
}
enum Kind { SMALL = 1, LARGE };
struct Name { std::string text; Kind kind; };
struct Point {
  static int living;
  double x, y;
  Name name;
  Point(double x, double y) : x(x), y(y), name{"p", LARGE} { ++living; }
  Point(const Point &other) : x(other.x), y(other.y), name(other.name) { ++living; }
  ~Point() { --living; }
};
int Point::living = 0;
Point point(double x) { return Point(x, 2 * x); }
double norm(const Point &p) { return p.x * p.x + p.y * p.y; }
int living() { return Point::living; }
std::vector<Point> points(int n) { return std::vector<Point>(n, Point(1, 2)); }
std::map<std::string, std::vector<int>> table() { return {{"a", {1, 2}}, {"b", {}}}; }
std::vector<double> &shared() { static std::vector<double> all{1, 2}; return all; }
const Point *pointer(bool given) { static Point p(5, 6); return given ? &p : nullptr; }
"""

SCRIPT = """
import gc, pickle, sys
import numpy as np
from repl import ShellError
functions = pickle.load(open(sys.argv[1], "rb"))
steps, total, point, norm, living, points, table, shared, pointer = functions
all = steps(4)
assert len(all) == 4 and bool(all)
assert (all[1], all[-1], all[1:3]) == (0.5, 1.5, [0.5, 1.0])
assert list(all) == [0, 0.5, 1, 1.5]
assert np.asarray(all).sum() == 3.0
assert 0.5 in all
assert total(all) == total([0.5, 2.5]) == 3.0
assert "0.5" in repr(all)
for missing in (lambda: all.append(1.5), lambda: all.back()):
    try:
        missing()
    except (ShellError, TypeError) as error:
        assert "Clang" in str(error), error
    else:
        raise AssertionError("it needs Clang")
one = point(3)
assert (one.x, one.y, norm(one), one.name.text, one.name.kind.name) == (3, 6, 45, "p", "LARGE")
assert repr(one).startswith("(Point)"), repr(one)
assert living() == 1
del one
gc.collect()
assert living() == 0
several = points(3)
assert [each.y for each in several] == [2, 2, 2]
assert norm(several[1]) == 5
del several
gc.collect()
found = table()
assert len(found) == 2 and "a" in found and "c" not in found
assert list(found["a"]) == [1, 2]
assert pointer(True).x == 5 and pointer(False) is None
assert list(shared()) == [1, 2]
assert "llvmlite" not in sys.modules
print("well")
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as one:
        one.run(CODE)
        yield one


def test_what_has_never_been_called_here(session: Session, tmp_path: Path) -> None:
    names = ["steps", "total", "point", "norm", "living", "points", "table", "shared", "pointer"]
    data = tmp_path / "functions"
    data.write_bytes(pickle.dumps([getattr(session.gbl, name) for name in names]))
    command = [sys.executable, "-c", SCRIPT, str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "well\n"
