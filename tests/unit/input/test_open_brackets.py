"""How deep the next line is at the prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repl.input.open_brackets import open_braces, unclosed_bracket


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 0),
        ("int f() {", 1),
        ("{ { }", 1),
        ("{ (", 1),
        ('{ R"(', 0),
        ('{ R"x(}")x"', 1),
        ("{ \\", 0),
        ("{ /*", 1),
        ("{ /* } */", 1),
        ("{ // }", 1),
        ('{ "}"', 1),
        ("{ '}'", 1),
        ("{ 1'000 }", 0),
        ("<% {", 2),
        ("}", 0),
    ],
)
def test_open_braces(text: str, depth: int) -> None:
    assert open_braces(text) == depth


@pytest.mark.parametrize("text", ["f(", "a[", "{", "f(')'", "f(/*)*/"])
def test_open_brackets(text: str) -> None:
    assert unclosed_bracket(text)


@pytest.mark.parametrize("text", ["f()", "a[1]", "{}", '"("', "// (", "x"])
def test_no_open_brackets(text: str) -> None:
    assert not unclosed_bracket(text)


@given(st.text(alphabet="(){}[]\"'\\/*R \n<%>x1", max_size=60))
def test_any_text_has_a_depth(text: str) -> None:
    assert open_braces(text) >= 0
