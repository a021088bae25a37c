"""Functions of C++ are called like Python's: Clang chooses by the arguments' types."""

from __future__ import annotations

import ctypes
import enum
from typing import Any

import numpy as np
import pytest

from repl import EnumValue, Session

DECLARED = """
#include <complex>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
int add(int a, int b = 2) { return a + b; }
double add(double a, double b) { return a + b; }
std::string kind(int) { return "int"; }
std::string kind(long) { return "long"; }
std::string kind(unsigned long) { return "unsigned long"; }
std::string kind(double) { return "double"; }
std::string kind(bool) { return "bool"; }
std::string kind(const char *) { return "text"; }
std::string kind(std::nullptr_t) { return "null"; }
std::string kind(std::complex<double>) { return "complex"; }
short narrow(short s) { return s; }
unsigned char byte(unsigned char c) { return c; }
unsigned long large(unsigned long n) { return n; }
float single(float f) { return f; }
char letter(char c) { return c; }
bool truth(bool b) { return !b; }
template <class T> T twice(T x) { return x + x; }
template <class T> T made() { return T(42); }
enum Colour { RED = 3, GREEN };
enum class Level : unsigned char { LOW = 200, HIGH = 255 };
Colour next(Colour c) { return Colour(c + 1); }
Level same(Level l) { return l; }
std::string greet(const std::string &name) { return "hi " + name; }
const char *echo(const char *text) { return text; }
size_t length(std::string_view text) { return text.size(); }
std::string repeated(char c, int count) { return std::string(count, c); }
void increase(int &x, double &y) { ++x; y *= 2; }
void set(int *x) { *x = 7; }
double total(const std::vector<double> &v) { double t = 0; for (double x : v) t += x; return t; }
int count(std::list<int> l) { return (int)l.size(); }
size_t lines(const std::vector<std::vector<int>> &v) { return v.size() * 100 + v[0].size(); }
int sum(const std::map<std::string, int> &m) { int t = 0; for (auto &[k, v] : m) t += v; return t; }
size_t longest(const std::vector<std::string> &v) {
  size_t n = 0;
  for (auto &s : v) n = std::max(n, s.size());
  return n;
}
int ordered(const std::set<int> &s) { return *s.begin(); }
struct Pair { int a; double b; };
double both(Pair p) { return p.a + p.b; }
int maybe(std::optional<int> o) { return o.value_or(-1); }
double of_span(std::span<const double> s) { return s.empty() ? 0 : s.back(); }
double fill(double *p, int n) {
  double t = 0;
  for (int i = 0; i < n; ++i) { t += p[i]; p[i] = i; }
  return t;
}
template <class T> int width(T *) { return sizeof(T); }
void nothing() {}
int counter = 5;
const int fixed = 9;
double ratio = 0.5;
std::string word = "one";
#define ANSWER 42
#define NAME "name"
namespace outer::inner { int depth = 2; int deeper(int n) { return depth + n; } }
int fails(int n) { if (n > 2) throw std::out_of_range("too much"); return n; }
int declared_only(int);
std::complex<double> turned(std::complex<double> z) { return z * std::complex<double>(0, 1); }
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [((2, 3), 5), ((2,), 4), ((2.5, 3.0), 5.5), ((True, 1), 2), ((np.int32(4), 5), 9)],
)
def test_overloads_and_defaults(
    session: Session, arguments: tuple[Any, ...], expected: Any
) -> None:
    result = session.gbl.add(*arguments)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "int"),
        (-(2**31), "int"),
        (2**31, "long"),
        (2**63, "unsigned long"),
        (1.0, "double"),
        (True, "bool"),
        ("x", "text"),
        (b"x", "text"),
        (None, "null"),
        (1j, "complex"),
        (np.float64(2), "double"),
        (np.bool_(True), "bool"),
    ],
)
def test_what_a_value_is(session: Session, value: Any, kind: str) -> None:
    assert session.gbl.kind(value) == kind


@pytest.mark.parametrize("function", ["narrow", "byte", "large", "add", "next"])
@pytest.mark.parametrize("value", [2**100, -(2**100), "text", [1], object(), 1.5])
def test_what_does_not_fit_is_an_error(session: Session, function: str, value: Any) -> None:
    if (function, value) == ("add", 1.5):
        pytest.skip("there is an overload for it")
    with pytest.raises((TypeError, OverflowError)):
        getattr(session.gbl, function)(value)


@pytest.mark.parametrize(
    ("function", "value"),
    [("narrow", 70000), ("narrow", -32769), ("byte", 256), ("byte", -1), ("large", -1)],
)
def test_numbers_have_to_fit(session: Session, function: str, value: int) -> None:
    with pytest.raises(OverflowError, match="does not fit"):
        getattr(session.gbl, function)(value)


def test_simple_values(session: Session) -> None:
    gbl = session.gbl
    assert gbl.narrow(-32768) == -32768
    assert gbl.byte(255) == 255
    assert gbl.large(2**64 - 1) == 2**64 - 1
    assert gbl.single(0.5) == 0.5
    assert gbl.single(3) == 3.0
    assert gbl.truth(False) is True
    assert gbl.nothing() is None
    assert gbl.turned(2 + 0j) == 2j
    assert gbl.letter(ctypes.c_char(b"x")) == "x"


def test_templates(session: Session) -> None:
    gbl = session.gbl
    assert gbl.twice(4) == 8
    assert gbl.twice(1.5) == 3.0
    assert gbl.made["int"]() == 42
    assert gbl.made[float]() == 42.0
    assert isinstance(gbl.made[float](), float)
    assert gbl.twice["long"](2**40) == 2**41
    assert gbl.std.max(3, 4) == 4


def test_enumerations(session: Session) -> None:
    gbl = session.gbl
    assert EnumValue("Colour", "RED", 3) == gbl.RED
    assert gbl.next(gbl.RED) == EnumValue("Colour", "GREEN", 4)
    assert EnumValue("Level", "Level::HIGH", 255) == gbl.Level.HIGH
    assert gbl.same(gbl.Level.LOW).value == 200
    assert int(gbl.Colour(4)) == 4
    assert gbl.Colour(4) == gbl.GREEN

    class Mine(enum.IntEnum):
        TWO = 2

    assert gbl.add(Mine.TWO, 1) == 3


@pytest.mark.parametrize("text", ["", "bob", "Zoë \N{SNOWMAN}", "x" * 5000, "y" * 100_000])
def test_texts(session: Session, text: str) -> None:
    gbl = session.gbl
    assert gbl.greet(text) == f"hi {text}"
    assert gbl.echo(text) == text
    assert gbl.length(text) == len(text.encode())


def test_odd_texts(session: Session) -> None:
    gbl = session.gbl
    assert gbl.greet(b"\xff") == b"hi \xff"
    assert gbl.greet("a\0b") == "hi a\0b"
    assert gbl.echo(None) is None
    assert gbl.repeated(ctypes.c_char(b"z"), 20_000) == "z" * 20_000


def test_variables_that_are_changed(session: Session) -> None:
    number, factor = ctypes.c_int(4), ctypes.c_double(1.5)
    session.gbl.increase(number, factor)
    assert (number.value, factor.value) == (5, 3.0)
    session.gbl.set(number)
    assert number.value == 7
    with pytest.raises(TypeError):
        session.gbl.increase(4, 1.5)


def test_lists_and_dicts(session: Session) -> None:
    gbl = session.gbl
    assert gbl.total([1, 2, 3.5]) == 6.5
    assert gbl.total(()) == 0
    assert gbl.total([]) == 0
    assert gbl.total(range(4)) == 6
    assert gbl.count([1, 2, 3]) == 3
    assert gbl.count(n * n for n in range(4)) == 4
    assert gbl.lines([[1, 2], [3, 4], [5, 6]]) == 302
    assert gbl.sum({"a": 1, "b": 2}) == 3
    assert gbl.sum({}) == 0
    assert gbl.longest(["a", "four", ""]) == 4
    assert gbl.ordered({3, 1, 2}) == 1
    assert gbl.both((1, 2.5)) == 3.5
    assert gbl.maybe(5) == 5
    assert gbl.maybe(gbl.std.nullopt) == -1
    with pytest.raises(TypeError, match="one type"):
        gbl.total([1, "x"])


@pytest.mark.parametrize("count", [0, 1, 5, 200_000])
def test_arrays(session: Session, count: int) -> None:
    gbl, array = session.gbl, np.arange(count, dtype=float)[::-1].copy()
    expected = float(array.sum())
    assert gbl.total(array) == expected
    assert gbl.of_span(array) == (array[-1] if count else 0)
    assert gbl.fill(array, count) == expected
    assert array.tolist() == list(range(count))  # what C++ has written
    assert gbl.width(np.zeros(3, np.int16)) == 2


def test_an_array_that_must_not_change(session: Session) -> None:
    array = np.ones(3)
    array.flags.writeable = False
    session.gbl.fill(array, 3)
    assert array.tolist() == [1, 1, 1]
    every_second = np.zeros(6)[::2]
    session.gbl.fill(every_second, 3)
    assert every_second.tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="dtype"):
        session.gbl.total(np.array(["a"]))


def test_variables(session: Session) -> None:
    gbl = session.gbl
    assert (gbl.counter, gbl.fixed, gbl.ratio, gbl.word) == (5, 9, 0.5, "one")
    gbl.counter = 17
    gbl.word = "two"
    assert session.value("counter") == 17
    assert gbl.word == "two"
    gbl.counter = 5
    with pytest.raises(TypeError):
        gbl.fixed = 3
    with pytest.raises(AttributeError):
        gbl.add = 3
    with pytest.raises(AttributeError):
        gbl.unheard_of = 3


def test_macros_and_namespaces(session: Session) -> None:
    gbl = session.gbl
    assert (gbl.ANSWER, gbl.NAME) == (42, "name")
    assert gbl.outer.inner.depth == 2
    gbl.outer.inner.depth = 3
    assert gbl.outer.inner.deeper(4) == 7
    gbl.outer.inner.depth = 2
    assert "deeper" in dir(gbl.outer.inner)
    assert {"add", "counter", "outer"} <= set(dir(gbl))


def test_exceptions(session: Session) -> None:
    assert session.gbl.fails(1) == 1
    with pytest.raises(IndexError, match="too much") as caught:
        session.gbl.fails(3)
    assert "__forkrepl" not in str(caught.value)
    assert session.gbl.fails(2) == 2


def test_what_is_wrong_is_told(session: Session) -> None:
    gbl = session.gbl
    with pytest.raises(AttributeError, match="did you mean counter"):
        _ = gbl.countr
    with pytest.raises(TypeError, match=r"add\(str, int\)") as caught:
        gbl.add("x", 1)
    assert "candidate" in str(caught.value)
    assert "__f" not in str(caught.value)
    with pytest.raises(TypeError, match="keyword"):
        gbl.add(a=1)
    with pytest.raises(Exception, match="declared_only"):
        gbl.declared_only(1)
    assert gbl.add(1, 1) == 2


def test_documentation(session: Session) -> None:
    assert "int add(int a, int b" in session.gbl.add.__doc__
    assert "double add" in session.gbl.add.__doc__
    assert repr(session.gbl.add) == "<C++ function add>"
