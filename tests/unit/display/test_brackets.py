"""Where the brackets of demangled names are: not in `->`, nor in the names of operators."""

from __future__ import annotations

import pytest

from repl.display.brackets import with_depth
from repl.display.names import as_users_write


@pytest.mark.parametrize(
    ("name", "outside"),
    [
        ("f(int)", "f(int)"),
        ("std::map<int, A<B>>::find(int)", "std::map<>::find(int)"),
        ("auto f<(auto a) -> int>()", "auto f<>()"),
        ("bool n::operator<(A<int>, A<int>)", "bool n::operator<(A<>, A<>)"),
        ("bool operator< <int>(A<int>)", "bool operator< <>(A<>)"),
        ("S::operator->()", "S::operator->()"),
        ("S::operator()<int>(A<int>)", "S::operator()<>(A<>)"),
        ("my_operator<int>(A<int>)", "my_operator<>(A<>)"),
        ("a<b<c", "a<"),
        ("a>b>c", "a>b>c"),
    ],
)
def test_what_is_outside_of_brackets(name: str, outside: str) -> None:
    pieces = list(with_depth(name))
    assert "".join(piece for _, piece, _ in pieces) == name
    assert all(name.startswith(piece, at) for at, piece, _ in pieces)
    assert "".join(piece for _, piece, depth in pieces if depth == 0) == outside


def test_several_kinds_of_brackets() -> None:
    commas = [
        depth for _, piece, depth in with_depth("<f(a, b), g<c, d>, e>", "<(") if piece == ","
    ]
    assert commas == [2, 1, 2, 1]


def test_default_arguments_beside_operators() -> None:
    assert as_users_write("std::vector<A, std::allocator<A> >") == "std::vector<A>"
    assert as_users_write("f<&n::operator<, int>") == "f<&n::operator<, int>"
