"""``?NAME`` of a class: what people look for first, page by page."""

from __future__ import annotations

from tests.support.program import Run, piped


def test_pages_of_a_class_of_the_library(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <vector>",
        "?std::vector",
        "!echo ---",
        "?std::vector 3",
        "?std::vector 9",
        "!echo ---",
        "?std::vector::pop_back",
    )
    first, last, one = output.split("---\n")
    titles = [
        line.strip() for line in first.splitlines() if line.startswith("  ") and line[-1] == ":"
    ]
    assert titles[:3] == ["constructors:", "element access:", "modifiers:"]
    assert "    constexpr reference operator[](size_type __n) noexcept\n" in first
    assert "      // Subscript access to the data contained in the vector.\n" in first
    assert "more members: ?std::vector 2\n" in first
    assert max(map(len, first.splitlines()[1:-1])) <= 100
    assert "  types:\n    typedef _Tp value_type\n" in last
    assert "std::vector has 3 pages of members" in errors
    assert "    Removes last element.\n" in one


def test_few_members_stay_as_they_are_declared(forkrepl: Run) -> None:
    output, _ = piped(
        forkrepl,
        "struct P { int y; /// Makes one.\nP(int); int size() const; };",
        "?P",
        "using Q = P;",
        "?Q",
    )
    members = "  members:\n    int y\n    P(int)\n      // Makes one.\n    int size() const\n"
    assert output.count(members) == 2
