"""Objects of the program's in Python's hands: classes, members, methods, operators."""

from __future__ import annotations

import copy
import gc
import pickle

import pytest

from repl import Session

DECLARED = """
#include <memory>
#include <string>
#include <utility>
#include <vector>
int living = 0;
/// Something with a number.
struct Base {
  int number = 1;
  Base() { ++living; }
  Base(const Base &other) : number(other.number) { ++living; }
  virtual ~Base() { --living; }
  virtual int who() const { return 1; }
};
struct Other { virtual ~Other() = default; int other = 8; };
struct Derived : Other, Base {
  int extra = 2;
  int who() const override { return 2; }
};
struct Point {
  double x, y;
  std::string name = "origin";
  unsigned bits : 3 = 5;
  int numbers[3] = {1, 2, 3};
  Point(double x = 0, double y = 0) : x(x), y(y) {}
  /// How far it is from the origin, squared.
  double norm() const { return x * x + y * y; }
  void move(double dx, double dy = 0) { x += dx; y += dy; }
  Point &self() { return *this; }
  template <class T> T as() const { return T(x); }
  static int count() { return 7; }
  static inline int shared = 3;
  enum Side { LEFT, RIGHT };
  struct Inner { int depth = 4; };
  double operator()(double f) const { return f * x; }
  Point operator-() const { return {-x, -y}; }
  Point &operator+=(const Point &o) { x += o.x; y += o.y; return *this; }
  bool operator==(const Point &o) const { return x == o.x && y == o.y; }
  explicit operator bool() const { return x || y; }
};
Point operator+(const Point &a, const Point &b) { return {a.x + b.x, a.y + b.y}; }
Point operator*(double f, const Point &p) { return {f * p.x, f * p.y}; }
bool operator<(const Point &a, const Point &b) { return a.x < b.x; }
Base *made() { static Derived d; return &d; }
Derived *nothing() { return nullptr; }
std::unique_ptr<Point> owner() { return std::make_unique<Point>(4, 5); }
double first(const Point &p) { return p.x; }
double by_pointer(Point *p) { return p->y; }
double taken(std::unique_ptr<Point> p) { return p->x; }
struct Plain { int a; double b; };
auto lambda = [](int x) { return 3 * x; };
const Point fixed(8, 9);
Point variable(6, 7);
std::pair<int, std::string> pair() { return {1, "a"}; }
std::vector<Point> many() { return {{1, 2}, {3, 4}}; }
"""


def test_members_and_methods(session: Session) -> None:
    point = session.gbl.Point(3, 4)
    assert (point.x, point.y, point.name, point.bits) == (3, 4, "origin", 5)
    assert point.norm() == 25
    point.x = 6
    point.name = "here"
    point.bits = 7
    point.move(1)
    assert (point.x, point.name, point.bits) == (7, "here", 7)
    assert point.self().x == 7
    assert getattr(point, "as")["int"]() == 7
    assert point(2) == 14
    assert repr(point).startswith("(Point) { .x = 7.0")
    with pytest.raises(AttributeError, match="did you mean norm"):
        _ = point.nrom
    with pytest.raises(TypeError):
        point.x = "text"
    with pytest.raises(TypeError, match="norm"):
        point.norm(1)


def test_classes(session: Session) -> None:
    point = session.gbl.Point
    assert point.count() == 7
    assert point.shared == 3
    assert point.LEFT.value == 0
    assert point.Inner().depth == 4
    assert session.gbl.Plain(1, 2.5).b == 2.5
    assert isinstance(point(), point)
    assert not isinstance(session.gbl.Plain(1, 2.5), point)
    assert repr(point) == "<C++ class Point>"
    assert "Point(double x" in point.__doc__
    assert "How far it is" in point.norm.__doc__ or "How far it is" in point().norm.__doc__
    assert {"x", "norm", "move"} <= set(dir(point()))
    with pytest.raises(TypeError, match="Point"):
        point("text")


def test_operators(session: Session) -> None:
    point = session.gbl.Point
    one, two = point(1, 2), point(3, 4)
    assert (one + two).x == 4
    assert (2.0 * one).y == 4
    assert (-one).x == -1
    assert one < two
    assert not two < one
    assert one == point(1, 2)
    assert one != two
    assert bool(one)
    assert not point()
    one += two
    assert (one.x, one.y) == (4, 6)
    with pytest.raises(TypeError):
        _ = one - two
    with pytest.raises(TypeError):
        _ = one + "text"
    assert (one == "text") is False


def test_the_class_that_it_really_is(session: Session) -> None:
    gbl = session.gbl
    object_ = gbl.made()
    assert type(object_) is gbl.Derived
    assert isinstance(object_, gbl.Base)
    assert isinstance(object_, gbl.Other)
    assert (object_.who(), object_.number, object_.extra, object_.other) == (2, 1, 2, 8)
    assert gbl.nothing() is None


def test_objects_as_arguments(session: Session) -> None:
    gbl = session.gbl
    assert gbl.first(gbl.Point(5)) == 5
    assert gbl.by_pointer(gbl.Point(5, 6)) == 6
    assert gbl.first(gbl.variable) == 6
    assert getattr(gbl, "lambda")(4) == 12
    owner = gbl.owner()
    assert (owner.x, owner.norm()) == (4, 41)
    assert gbl.taken(gbl.std.move(owner)) == 4
    with pytest.raises(TypeError):
        gbl.fixed.move(1)
    assert gbl.fixed.norm() == 145
    gbl.variable.x = 60
    assert session.value("variable.x") == 60
    number, text = gbl.pair()
    assert (number, text) == (1, "a")


def test_an_object_goes_with_its_proxy(session: Session) -> None:
    gbl = session.gbl
    before = gbl.living
    objects = [gbl.Base() for _ in range(20)]
    assert gbl.living == before + 20
    del objects
    gc.collect()
    assert gbl.living == before
    borrowed = gbl.made()
    before = gbl.living
    del borrowed
    gc.collect()
    assert gbl.living == before


def test_a_part_keeps_the_whole(session: Session) -> None:
    name = session.gbl.many()[1]
    gc.collect()
    assert name.x == 3
    points = session.gbl.many()
    points.append(session.gbl.Point(9))
    assert [each.x for each in points] == [1, 3, 9]


def test_copies_and_pickles(session: Session) -> None:
    point = session.gbl.Point(1, 2)
    other = copy.copy(point)
    other.x = 5
    assert (point.x, copy.deepcopy(other).x) == (1, 5)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(point)
