"""Classes of libraries' headers: printed by an ``operator<<`` of their own if they show no data."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Run, piped
from tests.tables.values import check_values

LIBRARY = """\
#include <ostream>
#include <string>
#include <vector>
namespace lib {
class Friend { int n; public: Friend(int n) : n(n) {} operator double() const { return n; }
  friend std::ostream &operator<<(std::ostream &o, const Friend &f) { return o << '#' << f.n; } };
class Free { int n = 2; public: int get() const { return n; } };
inline std::ostream &operator<<(std::ostream &o, const Free &f) { return o << "free " << f.get(); }
struct Open { int n = 3; };
inline std::ostream &operator<<(std::ostream &o, const Open &f) { return o << "open " << f.n; }
class Silent { int n = 4; };
class Converted { int n = 5; public: operator Free() const { return {}; } };
template <class D> class Base { public: const D &self() const { return (const D &)*this; } };
template <class D> std::ostream &operator<<(std::ostream &o, const Base<D> &b)
{ return o << b.self().text(); }
template <class L, class R> class Sum : public Base<Sum<L, R>> { L l; R r;
  public: Sum(L l, R r) : l(l), r(r) {}
  std::string text() const { return l.text() + "+" + r.text(); } };
class Term : public Base<Term> { int n = 6; public: std::string text() const { return "6"; } };
template <class L, class R> Sum<L, R> operator+(const Base<L> &l, const Base<R> &r)
{ return {l.self(), r.self()}; }
inline namespace v1 { class Grid { int n[4] = {1, 2, 3, 4};
  public: const int *begin() const { return n; } const int *end() const { return n + 4; } }; }
inline std::ostream &operator<<(std::ostream &o, const Grid &) { return o << "1 2\\n3 4\\n"; }
namespace any { class Anything { int n = 7; };
template <class S, class T> S &operator<<(S &s, const T &) { return s; } }
}
"""

# fmt: off
ROWS = [
    ("", "lib::Friend(1)", "(lib::Friend) #1"),
    ("", "lib::Free()", "(lib::Free) free 2"),
    ("", "lib::Open()", "(lib::Open) { .n = 3 }"),
    ("", "lib::Silent()", "(lib::Silent) { .n = 4 }"),
    ("", "lib::Converted()", "(lib::Converted) { .n = 5 }"),
    ("", "lib::any::Anything()", "(lib::any::Anything) { .n = 7 }"),
    ("", "lib::Term() + lib::Term()", "(lib::Sum<lib::Term, lib::Term>) 6+6"),
    ("", "std::vector<lib::Friend>{1, 2}", "(std::vector<lib::Friend>) { #1, #2 }"),
    # What has several lines begins on a line of its own.
    ("", "lib::Grid()", "(lib::Grid)\n1 2\n3 4"),
    ("", "std::vector<lib::Grid>(2)",
     "(std::vector<lib::Grid>) {\n\n    1 2\n    3 4,\n\n    1 2\n    3 4\n}"),
    ("struct Holder { int a = 1; lib::Grid grid; };", "Holder()",
     "(Holder) {\n    .a = 1,\n    .grid =\n    1 2\n    3 4\n}"),
    ("struct Mine { int n = 8; }; std::ostream &operator<<(std::ostream &o, const Mine &)"
     ' { return o << "mine"; }', "Mine()", "(Mine) mine"),
]
# fmt: on


def test_classes_of_system_headers(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "lib.h").write_text(LIBRARY)
    check_values(forkrepl, ROWS, "-isystem", str(tmp_path), prelude="#include <lib.h>")


def test_libraries_of_debian(forkrepl: Run) -> None:
    lines = [
        "#include <nlohmann/json.hpp>",
        "#include <Eigen/Dense>",
        "#include <iostream>",
        'nlohmann::json j = {{"a", 1}, {"b", {1, 2, 3}}};',
        "j",
        'j["b"]',
        'std::vector<nlohmann::json>{1, "two"}',
        "Eigen::Matrix2d m; m << 1, 2, 3, 40;",
        "m",
        "m.transpose() * 2.5",
    ]
    result = forkrepl("-isystem", "/usr/include/eigen3", input="\n".join([*lines, ""]), timeout=300)
    output = result.stdout
    assert result.stderr == ""
    assert '(nlohmann::json) {"a":1,"b":[1,2,3]}\n' in output
    assert ") [1,2,3]\n" in output
    assert '(std::vector<nlohmann::json>) { 1, "two" }\n' in output
    assert "(Eigen::Matrix2d)\n 1  2\n 3 40\n" in output
    assert output.endswith(")\n2.5 7.5\n  5 100\n")
    assert max(map(len, output.splitlines())) < 100  # the name of an expression template


@pytest.mark.parametrize("code", ["std::cout << 1", "(std::cout << 1)", "put(std::cout)"])
def test_returned_streams_show_nothing(forkrepl: Run, code: str) -> None:
    output, errors = piped(
        forkrepl,
        "#include <sstream>",
        "#include <iostream>",
        "std::ostream &put(std::ostream &o) { return o << 1; }",
        'std::istringstream in("5"); std::ostringstream out; int n;',
        code,
        "in >> n",
        "out << 2",
        "n",
        "out",
    )
    assert errors == ""
    assert output == "1(int) 5\n(std::ostringstream) {...}\n"
