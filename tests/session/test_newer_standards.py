"""A name or a word of a newer standard than the session's: which standard has it."""

from __future__ import annotations

import pytest

from repl import CompileError, Session

_CXX17 = {
    "std::span<int> s;": "'std::span' is of C++20: -std=c++20, or %std c++20",
    "auto r = std::views::iota(1);": "'std::views::iota' is of C++20: -std=c++20, or %std c++20",
    "auto n = std::numbers::pi;": "'std::numbers::pi' is of C++20: -std=c++20, or %std c++20",
    "template <class T> concept C = true;": (
        "'concept' is a keyword of C++20: -std=c++20, or %std c++20"
    ),
    "int g() { co_await 1; }": "'co_await' is a keyword of C++20: -std=c++20, or %std c++20",
    "consteval int h() { return 1; }": (
        "'consteval' is a keyword of C++20: -std=c++20, or %std c++20"
    ),
    '#include <string>\nstd::string("a").starts_with("a")': (
        "'std::basic_string::starts_with' is of C++20: -std=c++20, or %std c++20"
    ),
    "std::optional<int> o;": "'std::optional' is declared in <optional>",
    "#include <no_such_header>": "",
    "int x = spam;": "",
}
_CXX11 = {
    "auto p = std::make_unique<int>(1);": (
        "'std::make_unique' is of C++14: -std=c++14, or %std c++14"
    ),
    "std::filesystem::path p;": ("'std::filesystem::path' is of C++17: -std=c++17, or %std c++17"),
}
_C11 = {
    "int *p = nullptr;": "'nullptr' is a keyword of C23: -std=c23, or %std c23",
    "constexpr int n = 1;": "'constexpr' is a keyword of C23: -std=c23, or %std c23",
}


def check(std: str, language: str, notes: dict[str, str]) -> None:
    with Session(std=std, language=language) as session:  # type: ignore[arg-type]
        for code, note in notes.items():
            with pytest.raises(CompileError) as caught:
                session.run(code)
            hints = [each.message for each in caught.value.diagnostics if each.role == "hint"]
            assert hints[:1] == ([note] if note else []), code
            assert note in str(caught.value)


def test_cxx17() -> None:
    check("c++17", "c++", _CXX17)


def test_cxx11() -> None:
    check("c++11", "c++", _CXX11)


def test_c11() -> None:
    check("c11", "c", _C11)


def test_what_the_library_does_not_have() -> None:
    with Session(std="c++23", flags=["-nostdinc++"]) as session:
        for code, note in {
            "std::print(1);": (
                "'std::print' is of C++23, in <print>, which the standard library here "
                "does not have"
            ),
            "#include <generator>": (
                "<generator> is of C++23, and the standard library here does not have it"
            ),
        }.items():
            with pytest.raises(CompileError) as caught:
                session.run(code)
            assert f"note: {note}" in str(caught.value)


def test_a_name_of_the_users_own_is_no_keyword() -> None:
    with Session(std="c++17") as session:
        session.run("int concept = 3;")
        assert session.value("concept") == 3
