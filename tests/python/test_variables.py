"""Variables and members that are pointers, texts or enumerators, and structs by their members."""

from __future__ import annotations

from typing import Any

import pytest

from repl import Session

DECLARED = """
#include <complex>
#include <string>
#include <vector>
struct Point { int x; double y; };
Point first{1, 1.5}, second{2, 2.5};
Point *chosen = nullptr;
bool is_chosen(const Point &p) { return &p == chosen; }
struct Option {
  const char *name = nullptr;
  int level;
  enum Kind { LOW = 1, HIGH };
  Kind kind;
};
const char *title = "none";
size_t length(const char *text) { return __builtin_strlen(text); }
enum Colour { RED, GREEN };
std::vector<const Point *> pointers() { return {&first, &second}; }
std::complex<double> *waves() { static std::complex<double> all[2] = {{1, 2}, {3, 4}}; return all; }
std::complex<int> whole() { return {1, 2}; }
Point *row() { static Point all[2] = {{5, 0}, {6, 0}}; return all; }
"""


def test_a_pointer_is_read_and_assigned(session: Session) -> None:
    gbl = session.gbl
    assert gbl.chosen is None
    gbl.chosen = gbl.first
    chosen = gbl.chosen
    assert (chosen.x, gbl.is_chosen(gbl.first)) == (1, True)
    gbl.chosen = gbl.second
    assert gbl.chosen.x == 2
    assert chosen.x == 1, "it stands for the object, not for the variable"
    gbl.chosen = None


def test_a_text_that_is_assigned_stays(session: Session) -> None:
    gbl = session.gbl
    option: Any = gbl.Option()
    option.name = "a name"
    gbl.title = "a title"
    assert gbl.length("another text that is longer") == 27
    assert (option.name, gbl.title) == ("a name", "a title")
    option.name = None
    assert option.name is None


def test_a_struct_by_its_members(session: Session) -> None:
    gbl = session.gbl
    point = gbl.Point(y=2.5, x=4)
    assert (point.x, point.y) == (4, 2.5)
    assert gbl.Point(7, y=0.5).y == 0.5
    assert gbl.Option(kind=gbl.Option.HIGH).kind == gbl.Option.HIGH
    for wrong in ({"z": 1}, {"x": "text"}, {"x = 1, .y": 2}):
        with pytest.raises(TypeError):
            gbl.Point(**wrong)
    with pytest.raises(OverflowError):
        gbl.Point(x=1 << 40)


def test_an_enumerator_is_a_constant(session: Session) -> None:
    with pytest.raises(AttributeError, match="constant"):
        session.gbl.Colour.RED = 5
    option = session.gbl.Option()
    assert option.HIGH == session.gbl.Option.HIGH
    assert {"Kind", "name"} <= set(dir(session.gbl.Option))


def test_elements_that_are_pointers_to_objects(session: Session) -> None:
    assert [each.x for each in session.gbl.pointers()] == [1, 2]


def test_several_objects_at_a_pointer(session: Session) -> None:
    row = session.gbl.row()
    assert row.x == 5
    session.run("#include <span>")
    assert [each.x for each in session.gbl.std.span["Point"](row, 2)] == [5, 6]


def test_complex_numbers(session: Session) -> None:
    assert session.gbl.waves()[1] == 3 + 4j
    assert complex(session.gbl.whole()) == 1 + 2j


def test_a_type_of_the_language_without_a_value(session: Session) -> None:
    assert session.gbl.int() == 0
    assert session.gbl.bool() is False
