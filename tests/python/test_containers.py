"""Containers of C++ behave like Python's."""

from __future__ import annotations

import numpy as np
import pytest

from repl import Session

DECLARED = """
#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>
struct P { int x; };
std::vector<double> numbers{1, 2, 3};
std::map<std::string, P> points{{"a", {1}}, {"b", {2}}};
std::array<int, 3> fixed{4, 5, 6};
"""


def test_sequences(session: Session) -> None:
    std = session.gbl.std
    vector = std.vector[int]([1, 2, 3])
    assert len(vector) == 3
    assert list(vector) == [1, 2, 3]
    assert (vector[0], vector[-1], vector[1:]) == (1, 3, [2, 3])
    vector[1] = 20
    vector.append(4)
    vector.extend([5, 6])
    vector.push_back(7)
    assert vector == [1, 20, 3, 4, 5, 6, 7]
    assert 20 in vector
    assert 21 not in vector
    assert vector.size() == 7
    for index in (7, -8, 2**40):
        with pytest.raises(IndexError):
            _ = vector[index]
        with pytest.raises(IndexError):
            vector[index] = 1
    assert not std.vector[int]()
    assert list(std.deque["double"]([0.5])) == [0.5]
    assert list(session.gbl.fixed) == [4, 5, 6]
    assert sum(session.gbl.numbers) == 6
    with pytest.raises(IndexError):
        vector.at(100)


def test_objects_in_a_sequence(session: Session) -> None:
    vector = session.gbl.std.vector["P"](3)
    vector[1].x = 5
    assert [each.x for each in vector] == [0, 5, 0]


def test_mappings(session: Session) -> None:
    std, points = session.gbl.std, session.gbl.points
    table = std.map[str, int]({"a": 1})
    table["b"] = 2
    assert (table["a"], table.get("z", 9), len(table)) == (1, 9, 2)
    assert "b" in table
    assert "z" not in table
    assert list(table) == ["a", "b"]
    assert table.items() == [("a", 1), ("b", 2)]
    assert table.values() == [1, 2]
    del table["a"]
    assert list(table.keys()) == ["b"]
    with pytest.raises(KeyError):
        _ = table["a"]
    with pytest.raises(KeyError):
        del table["a"]
    assert len(table) == 1
    assert points["b"].x == 2
    points["a"].x = 10
    assert session.value('points.at("a").x') == 10
    assert len(std.unordered_map[int, float]({1: 0.5})) == 1


def test_sets(session: Session) -> None:
    numbers = session.gbl.std.set[int]([3, 1, 3])
    assert len(numbers) == 2
    assert 3 in numbers
    assert 2 not in numbers
    assert list(numbers) == [1, 3]


def test_arrays(session: Session) -> None:
    array = np.asarray(session.gbl.numbers)
    assert array.tolist() == [1, 2, 3]
    assert array.dtype == float
    session.gbl.numbers = np.array([4.0, 5.0])
    assert session.value("numbers.size()") == 2
    session.gbl.numbers = [1, 2, 3]
    assert list(session.gbl.numbers) == [1, 2, 3]


def test_what_no_container_is(session: Session) -> None:
    point = session.gbl.P()
    with pytest.raises(TypeError):
        len(point)
    with pytest.raises(TypeError):
        iter(point)
    with pytest.raises(TypeError):
        _ = point[0]
