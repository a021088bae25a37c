"""Arrays, static variables and characters as attributes, base classes, iteration."""

from __future__ import annotations

import numpy as np
import pytest

from repl import Session

DECLARED = """
#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>
struct Point { int x = 0; };
struct Held {
  static int count;
  static const int most = 4;
  static constexpr double ratio = 0.5;
  double cells[2][3] = {{1, 2, 3}, {4, 5, 6}};
  int numbers[3] = {7, 8, 9};
  Point points[2];
  char name[8] = "held";
  char letter = 'a';
  const char *words[2] = {"one", "two"};
};
int Held::count = 1;
struct More : Held {};
double globals[4] = {1, 2, 3, 4};
std::string texts[2] = {"a", "b"};
double sum(const double *values, int count) {
  double t = 0;
  for (int i = 0; i < count; ++i) t += values[i];
  return t;
}
char letter(char c) { return c; }
std::string kind(int) { return "int"; }
std::string kind(const char *) { return "text"; }
int number(int n) { return n; }
struct A { virtual ~A() {} int a = 1; };
struct B : virtual A { int b = 2; };
struct C : virtual A, virtual B { int c = 3; };
A *made() { return new C; }
struct Countdown {
  struct Place {
    int n;
    int operator*() const { return n; }
    int operator++(int) { return n--; }
    bool operator==(const Place &other) const { return n == other.n; }
  };
  Place begin() { return {3}; }
  Place end() { return {0}; }
};
template <class T> struct Size { int of(T *) { return sizeof(T); } };
struct Greedy {
  template <class T> int size(T *) { return sizeof(T); }
  int size(void *, bool = false) { return -1; }
};
struct Counted {
  static int alive;
  Counted() { ++alive; }
  Counted(const Counted &) { ++alive; }
  ~Counted() { --alive; }
};
int Counted::alive = 0;
template <class T> struct Named { using type = T; };
"""


def test_arrays_are_read_and_written(session: Session) -> None:
    held = session.gbl.Held()
    assert held.numbers == [7, 8, 9]
    assert len(held.cells) == 2
    assert held.cells[1][2] == held.cells[1, 2] == held.cells[-1][-1] == 6.0
    held.cells[0][1] = 20
    held.cells[0, 2] = 30
    assert list(held.cells[0]) == [1.0, 20.0, 30.0]
    held.numbers[1:] = [1, 2]
    assert held.numbers[:2] == [7, 1]
    held.points[1].x = 5
    assert [each.x for each in held.points] == [0, 5]
    assert list(held.words) == ["one", "two"]
    assert np.array_equal(np.asarray(held.cells), [[1, 20, 30], [4, 5, 6]])
    assert repr(held.numbers) == "(int[3]) { 7, 1, 2 }"
    with pytest.raises(IndexError):
        _ = held.numbers[3]
    with pytest.raises(ValueError, match="1 values for 3 elements"):
        held.numbers[:] = [1]
    with pytest.raises(OverflowError):
        held.numbers[0] = 1 << 40


def test_arrays_that_are_variables(session: Session) -> None:
    gbl = session.gbl
    assert gbl.sum(gbl.globals, 4) == 10
    gbl.globals[0] = 2
    assert session.value("globals[0]") == 2
    assert tuple(gbl.texts) == ("a", "b")


def test_array_outlives_the_object_that_it_is_in(session: Session) -> None:
    assert list(session.gbl.Held().numbers) == [7, 8, 9]


def test_static_variables(session: Session) -> None:
    gbl = session.gbl
    gbl.Held.count = 5
    assert gbl.Held.count == gbl.Held().count == gbl.More.count == 5
    gbl.Held().count = 6
    assert session.value("Held::count") == 6
    gbl.More.count = 7
    assert session.value("Held::count") == 7
    assert (gbl.Held.most, gbl.Held.ratio) == (4, 0.5)
    assert gbl.std.string.npos == 2**64 - 1


def test_a_text_of_one_character_is_a_character(session: Session) -> None:
    gbl = session.gbl
    assert gbl.letter("x") == "x"
    held = gbl.Held()
    held.letter = "z"
    assert (held.letter, held.name) == ("z", "held")
    assert gbl.kind("x") == "text"
    with pytest.raises(TypeError):
        gbl.number("x")
    with pytest.raises(TypeError):
        gbl.letter("xy")


def test_bases_that_python_has_no_order_for(session: Session) -> None:
    gbl = session.gbl
    made = gbl.made()
    assert (made.a, made.b, made.c) == (1, 2, 3)
    assert isinstance(made, gbl.A)
    assert issubclass(gbl.C, gbl.B)


def test_iterators_of_any_kind(session: Session) -> None:
    gbl = session.gbl
    points = gbl.std.array[gbl.Point, 3]()
    for index, point in enumerate(points):
        point.x = index
    assert [point.x for point in points] == [0, 1, 2]
    assert list(gbl.Countdown()) == [3, 2, 1]
    assert [point.x for point in gbl.std.deque[gbl.Point](2)] == [0, 0]


def test_objects_are_pointers_to_templates(session: Session) -> None:
    assert session.gbl.Greedy().size(session.gbl.Point()) == 4
    assert session.gbl.Greedy().size(session.gbl.Point(), True) == -1


def test_types_within_instances_of_templates(session: Session) -> None:
    gbl = session.gbl
    assert gbl.Named[gbl.Point].type is gbl.Point
    assert gbl.std.vector[int].iterator is gbl.std.vector[int].iterator


def test_an_object_stays_when_clang_learns_more_of_its_class(session: Session) -> None:
    pairs = session.gbl.std.vector["std::pair<int, double>"]()
    pairs.push_back((1, 2.5))
    assert tuple(pairs[0]) == (1, 2.5)


@pytest.mark.parametrize("owner", ["shared_ptr", "unique_ptr"])
def test_a_smart_pointer_takes_over_what_it_is_made_of(session: Session, owner: str) -> None:
    gbl = session.gbl
    counted = gbl.Counted()
    pointer = getattr(gbl.std, owner)[gbl.Counted](counted)
    assert gbl.Counted.alive == 1
    del counted
    assert gbl.Counted.alive == 1
    del pointer
    assert gbl.Counted.alive == 0


def test_a_smart_pointer_shares_or_copies_otherwise(session: Session) -> None:
    gbl = session.gbl
    counted = gbl.Counted()
    shared = gbl.std.make_shared[gbl.Counted](counted)
    weak = gbl.std.weak_ptr[gbl.Counted](shared)
    again = gbl.std.shared_ptr[gbl.Counted](weak)
    assert (gbl.Counted.alive, again.use_count()) == (2, 2)
    del counted, shared, weak, again
    assert gbl.Counted.alive == 0


def test_a_namespace_stays_the_same(session: Session) -> None:
    std = session.gbl.std
    session.run("int another_one = 1;")
    assert session.gbl.std is std


def test_arguments_are_forgotten_after_other_ways_were_tried(session: Session) -> None:
    gbl = session.gbl
    session.run("int taken(Counted *a, Counted &b) { return a != &b; } int refused(Counted *);")
    first, second = gbl.Counted(), gbl.Counted()
    assert gbl.taken(first, second) == 1
    with pytest.raises(TypeError):
        gbl.refused(first, second)
    del first, second
    assert gbl.Counted.alive == 0
