"""Long names of types in messages."""

from __future__ import annotations

import pytest

from repl.clang.long_types import elide_types

MAP = (
    "std::map<std::basic_string<char>, std::vector<int, std::allocator<int>>, "
    "std::less<std::basic_string<char>>, std::allocator<std::pair<const std::basic_string<char>, "
    "std::vector<int, std::allocator<int>>>>>"
)
TREE = (
    "std::_Rb_tree<Key, std::pair<const Key, Value>, "
    "std::_Select1st<std::pair<const Key, Value>>, std::less<Key>>::"
)


@pytest.mark.parametrize(
    ("line", "elided"),
    [
        ("no member in 'std::vector<int>'", "no member in 'std::vector<int>'"),
        (f"no member in '{MAP}'", "no member in 'std::map<std::string, std::vector<int>>'"),
        (
            f"in '{TREE}operator<' and '{TREE}operator->' and '{TREE}f'",
            "in 'std::_Rb_tree<...>::operator<' and 'std::_Rb_tree<...>::operator->' "
            "and 'std::_Rb_tree<...>::f'",
        ),
        (f"{'x' * 200} '<' and '>'", f"{'x' * 200} '<' and '>'"),
    ],
)
def test_elided(line: str, elided: str) -> None:
    assert elide_types(line) == elided
