"""A list where C++ wants what stands in braces, and arrays that are assigned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from repl import Session

DECLARED = """
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>
int sum(std::initializer_list<int> all) { int t = 0; for (int x : all) t += x; return t; }
double total(std::initializer_list<double> all) {
  double t = 0;
  for (double x : all)
    t += x;
  return t;
}
size_t characters(std::initializer_list<std::string> all) {
  size_t t = 0;
  for (auto &each : all)
    t += each.size();
  return t;
}
size_t entries(std::initializer_list<std::pair<const std::string, int>> all) { return all.size(); }
int bytes(std::initializer_list<unsigned char> all) { return (int)all.size(); }
struct Tracked {
  static int living;
  int n;
  Tracked(int n) : n(n) { ++living; }
  Tracked(const Tracked &other) : n(other.n) { ++living; }
  ~Tracked() { --living; }
};
int Tracked::living = 0;
int tracked(std::initializer_list<Tracked> all) {
  int t = 0;
  for (auto &x : all)
    t += x.n;
  return t;
}
struct Other { Other(int) {} };
struct Chosen {
  std::string by;
  Chosen(std::initializer_list<unsigned char> all) : by("list of " + std::to_string(all.size())) {}
  Chosen(Other) : by("other") {}
};
std::string joined(const char *const *words, int count) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all += words[i];
  return all;
}
int arguments(int argc, char **argv) { return argc + (int)*argv[argc - 1]; }
double third(std::array<double, 3> all) { return all[2]; }
struct Box { std::array<int, 2> corner; };
template <class T> std::string kind(const T &) { return typeid(T).name(); }
template <class T> struct Holder { T value; Holder(T value) : value(value) {} };
template <class T> Holder<T> held(T value) { return {value}; }
struct Grid {
  int row[3] = {};
  double cells[2][2] = {};
  char name[4] = {};
  unsigned bits : 3;
};
int numbers[2];
long long wide = 1;
void count(long long &n) { ++n; }
void count_at(unsigned long long *n) { *n += 2; }
void precise(long double &x) { x /= 2; }
"""


def test_initializer_lists(session: Session) -> None:
    gbl = session.gbl
    assert gbl.sum([1, 2, 3]) == 6
    assert gbl.sum([]) == 0
    assert gbl.sum(range(5)) == 10
    assert gbl.sum(np.array([4, 5], np.int32)) == 9
    assert gbl.total([1, 2.5]) == 3.5
    assert gbl.total([1, 2]) == 3
    assert gbl.characters(["a", "bc"]) == 3
    assert gbl.entries({"a": 1, "b": 2}) == 2
    assert gbl.std.max["int"]([3, 9, 4]) == 9


def test_a_number_has_to_fit(session: Session) -> None:
    with pytest.raises(OverflowError):
        session.gbl.sum([1 << 40])
    with pytest.raises(OverflowError):
        session.gbl.bytes([1, 256])
    with pytest.raises(TypeError):
        session.gbl.sum([1.5])


def test_what_was_made_for_a_call_is_destroyed(session: Session) -> None:
    assert session.gbl.tracked([1, 2, 3]) == 6
    assert session.gbl.Tracked.living == 0


def test_a_constructor_of_a_list_is_preferred_to_a_conversion(session: Session) -> None:
    assert session.gbl.Chosen([1, 2]).by == "list of 2"


def test_a_list_is_not_kept_as_an_object(session: Session) -> None:
    with pytest.raises(TypeError):
        session.gbl.std.initializer_list["int"]([1, 2])


def test_arrays_of_texts(session: Session) -> None:
    assert session.gbl.joined(["a", "bc"], 2) == "abc"
    assert session.gbl.joined([b"a", b"bc"], 2) == "abc"
    assert session.gbl.arguments(2, ["program", "A"]) == 2 + ord("A")
    for wrong in (["a", 1], ["a", None]):
        with pytest.raises(TypeError):
            session.gbl.joined(wrong, 2)


def test_arrays_of_a_known_length(session: Session) -> None:
    assert session.gbl.third([1, 2, 3.5]) == 3.5
    assert list(session.gbl.Box([3, 4]).corner) == [3, 4]
    with pytest.raises(TypeError, match="as many elements"):
        session.gbl.third([1, 2])


def test_a_template_gets_a_type_of_its_own(session: Session) -> None:
    assert "vector" in session.gbl.kind([1, 2])
    assert session.gbl.held([1, 2]).value == [1, 2]


def test_an_array_is_assigned(session: Session) -> None:
    grid: Any = session.gbl.Grid()
    grid.row = [1, 2, 3]
    assert grid.row == [1, 2, 3]
    grid.row = np.array([4, 5, 6])
    assert grid.row == [4, 5, 6]
    grid.row = grid.row
    assert grid.row == [4, 5, 6]
    grid.cells = [[1, 2], [3, 4]]
    assert grid.cells[1] == [3, 4]
    grid.cells = np.arange(4.0).reshape(2, 2)
    assert grid.cells[1] == [2, 3]
    grid.cells[0] = [7, 8]
    assert grid.cells[0] == [7, 8]
    grid.name = "abcd"
    assert grid.name == "abcd"
    grid.bits = 5
    assert grid.bits == 5
    session.gbl.numbers = [8, 9]
    assert session.gbl.numbers == [8, 9]


def test_an_array_takes_as_many_as_it_has(session: Session) -> None:
    grid: Any = session.gbl.Grid()
    for wrong in ([1, 2], [1, 2, 3, 4]):
        with pytest.raises(TypeError, match="as many elements"):
            grid.row = wrong
    with pytest.raises(TypeError, match="as many elements"):
        grid.name = "abcde"
    with pytest.raises(OverflowError):
        grid.row = [1, 2, 1 << 40]
    assert grid.row == [0, 0, 0]


def test_variables_of_ctypes_of_another_type_of_the_same_numbers(session: Session) -> None:
    import ctypes

    number, positive = ctypes.c_longlong(4), ctypes.c_ulonglong(5)
    half = ctypes.c_longdouble(3)
    session.gbl.count(number)
    session.gbl.count_at(positive)
    session.gbl.precise(half)
    assert (number.value, positive.value, half.value) == (5, 7, 1.5)
    with pytest.raises(TypeError):
        session.gbl.count(ctypes.c_int(4))
    with pytest.raises(TypeError):
        session.gbl.count(ctypes.c_ulonglong(4))
