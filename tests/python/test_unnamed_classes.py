"""Objects of classes that nobody outside can name, and members that have no place of their own."""

from __future__ import annotations

import gc

import pytest

from repl import Session

DECLARED = """
#include <functional>
#include <string>
#include <vector>
auto adder(int k) { return [k](int x) { return x + k; }; }
auto counter() { return [n = 0]() mutable { return ++n; }; }
template <class T> auto doubler(T by) { return [by](T x) { return x + x + by; }; }
std::string applied(const std::function<int(int)> &f) { return std::to_string(f(1)); }
class Hidden {
  static int living;
  struct Part {
    int value;
    std::vector<int> more{1, 2};
    Part(int value = 3) : value(value) { ++living; }
    Part(const Part &other) : value(other.value) { ++living; }
    ~Part() { --living; }
    int twice() const { return 2 * value; }
    bool operator==(const Part &other) const { return value == other.value; }
  };
  Part own{7};

public:
  Part part() const { return {}; }
  Part *mine() { return &own; }
  const Part &constant() const { return own; }
  std::vector<Part> parts() const { return std::vector<Part>(2); }
  int taken(const Part &part) const { return part.value; }
  static int count() { return living; }
};
int Hidden::living = 0;
struct Tagged {
  int kind = 1;
  union {
    double number;
    int code;
  };
  struct {
    int x, y;
  } at = {4, 5};
  Tagged() : number(2.5) {}
};
struct { int depth; } settings = {6};
template <class T> struct Using : T {
  using T::level;
  using T::name;
  using typename T::Kind;
};
struct Source {
  static int level;
  static std::string name() { return "source"; }
  enum Kind { FIRST = 1, SECOND };
};
int Source::level = 9;
"""


def test_a_lambda_that_a_function_returned(session: Session) -> None:
    by_three, by_five = session.gbl.adder(3), session.gbl.adder(5)
    assert (by_three(1), by_five(1), by_three(2)) == (4, 6, 5)
    count = session.gbl.counter()
    assert (count(), count()) == (1, 2)
    assert session.gbl.applied(by_three) == "4"


def test_lambdas_of_a_template_differ(session: Session) -> None:
    assert session.gbl.doubler(1)(2) == 5
    assert session.gbl.doubler(0.5)(1.5) == 3.5


def test_a_lambda_is_good_after_something_else_was_declared(session: Session) -> None:
    by_three = session.gbl.adder(3)
    session.run("int beside_the_lambda = 1;")
    assert by_three(1) == 4


def test_a_lambda_whose_function_was_declared_anew_is_gone(session: Session) -> None:
    session.run("auto made_twice() { return [](int x) { return x; }; }")
    function = session.gbl.made_twice()
    assert function(2) == 2
    session.run("auto made_twice() { return [](int x, int y) { return x + y; }; }")
    with pytest.raises(ReferenceError):
        function(2)
    assert session.gbl.made_twice()(2, 3) == 5


def test_an_object_of_a_private_class(session: Session) -> None:
    hidden = session.gbl.Hidden()
    part = hidden.part()
    assert (part.value, part.twice(), list(part.more)) == (3, 6, [1, 2])
    part.value = 4
    assert part.twice() == 8
    assert hidden.taken(part) == 4
    assert hidden.mine().value == hidden.constant().value == 7
    assert hidden.mine() == hidden.constant()
    assert [each.value for each in hidden.parts()] == [3, 3]
    assert hidden.parts()[1].twice() == 6
    assert "Hidden::Part" in repr(part)
    with pytest.raises(AttributeError, match="Hidden::Part has no member other"):
        _ = part.other


def test_it_is_destroyed(session: Session) -> None:
    gc.collect()
    session.gbl.adder(1)  # what was dropped is destroyed before a call
    before = session.gbl.Hidden.count()
    hidden = session.gbl.Hidden()
    part = hidden.part()
    assert session.gbl.Hidden.count() == before + 2
    del part, hidden
    gc.collect()
    assert session.gbl.Hidden.count() == before


def test_members_of_unnamed_unions_and_structs(session: Session) -> None:
    tagged = session.gbl.Tagged()
    assert (tagged.kind, tagged.number, tagged.at.x) == (1, 2.5, 4)
    tagged.code = 8
    tagged.at.y = 9
    assert (tagged.code, tagged.at.y) == (8, 9)
    assert {"number", "code", "at"} <= set(dir(tagged))
    assert session.gbl.settings.depth == 6


def test_what_a_template_takes_over_by_using(session: Session) -> None:
    Using = session.gbl.Using[session.gbl.Source]
    assert Using.level == Using().level == 9
    Using.level = 10
    assert session.gbl.Source.level == 10
    assert Using.name() == "source"
    assert Using.SECOND == session.gbl.Source.SECOND
