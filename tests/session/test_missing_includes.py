"""An error about a name of the standard library says which header declares it."""

from __future__ import annotations

import pytest

from repl import CompileError, Session
from tests.support.program import Run


def notes(*inputs: str, language: str = "c++", **choices: str) -> list[str]:
    """What is noted about the last of these."""
    with Session(language=language, **choices) as session:  # type: ignore[arg-type]
        for text in inputs[:-1]:
            session.run(text)
        with pytest.raises(CompileError) as caught:
            session.run(inputs[-1])
    found = [d.message for d in caught.value.diagnostics if " is declared in " in d.message]
    assert [note in str(caught.value) for note in found] == [True] * len(found)
    return found


@pytest.mark.parametrize(
    ("inputs", "note"),
    [
        (["std::vector<int> v;"], "'std::vector' is declared in <vector>"),
        (["int s = std :: chrono::seconds(1);"], "'std::chrono::seconds' is declared in <chrono>"),
        (["vector<int> v;"], "'std::vector' is declared in <vector>"),
        (["#include <cstddef>", "std::cout << 1;"], "'std::cout' is declared in <iostream>"),
        (["#include <cstddef>", "cout << 1;"], "'std::cout' is declared in <iostream>"),
        (["#include <cstddef>", "using std::sort;"], "'std::sort' is declared in <algorithm>"),
        (["#include <iosfwd>", "std::filebuf f;"], "'std::basic_filebuf' is declared in <fstream>"),
        (['printf("%d", 1);'], "'printf' is declared in <stdio.h>"),
        (["uint32_t x = 1;"], "'uint32_t' is declared in <stdint.h>"),
        (["int x = 1; struct S { std::string s; };"], "'std::string' is declared in <string>"),
    ],
)
def test_cxx(inputs: list[str], note: str) -> None:
    assert notes(*inputs) == [note]


def test_c() -> None:
    assert notes("uint32_t x = 1;", language="c") == ["'uint32_t' is declared in <stdint.h>"]
    assert notes("vector<int> v;", language="c") == []


@pytest.mark.parametrize(
    "inputs",
    [
        ["count"],  # a name that people give to variables
        ["vetcor<int> v;"],
        ["std"],
        ["std::"],
        ["std::nothing x;"],
        ["int x = missing;"],
        ["struct S { int vector; } s;", "s.string"],
        ["namespace mine { int x; }", "mine::vector<int> v;"],
        ["namespace std { struct mine; }", "std::mine m;"],
        ["#include <string>", "std::string s = 5;"],
    ],
)
def test_nothing_else_is_noted(inputs: list[str]) -> None:
    assert notes(*inputs) == []


def test_header_that_declares_nothing() -> None:
    """Of a newer standard."""
    inputs = ["#include <expected>", "std::expected<int, int> e;"]
    assert notes(*inputs, flags=["-std=c++17"]) == []  # type: ignore[arg-type]


def test_header_that_is_not_there() -> None:
    assert notes("std::vector<int> v;", flags=["-nostdinc++"]) == []  # type: ignore[arg-type]


def test_each_is_noted_once() -> None:
    code = "int f() { return std::max(1, 2) + std::max(3, 4) + std::sqrt(2); }"
    assert notes(code) == [
        "'std::max' is declared in <algorithm>",
        "'std::sqrt' is declared in <cmath>",
    ]


def test_what_is_shown(forkrepl: Run) -> None:
    shown = forkrepl("-c", "vector<int> v;").stderr
    assert shown.splitlines() == [
        "-c:1:1: error: no template named 'vector'",
        "    1 | vector<int> v;",
        "      | ^",
        "note: 'std::vector' is declared in <vector>",
    ]
    coloured = forkrepl("--color=yes", "-c", "vector<int> v;").stderr
    assert "\x1b[0;1;36mnote: \x1b[0m'std::vector' is declared in <vector>" in coloured


def test_an_error_at_the_end_of_the_input_is_at_its_last_token(forkrepl: Run) -> None:
    shown = forkrepl("-c", "std::").stderr
    assert shown.splitlines()[-3] == "-c:1:6: error: expected unqualified-id"
    assert "<<<" not in shown


def test_what_clang_says_twice_is_told_once(forkrepl: Run) -> None:
    shown = forkrepl("-c", "std::vector<int> v;").stderr
    assert shown.count("use of undeclared identifier 'std'") == 1
    shown = forkrepl("-c", "int x = missing + missing;").stderr  # at two places
    assert shown.count("use of undeclared identifier 'missing'") == 2
