"""Users print their own types: by overloading ``forkrepl_print``, by ``operator<<``, or by
being a range. Their code runs where it can do no harm."""

from __future__ import annotations

from pathlib import Path

from tests.support.listener import running_listener
from tests.support.program import Run, piped, values

INCLUDES = "#include <cstdlib>\n#include <iostream>\n#include <stdexcept>\n#include <string>"


def test_overloads(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        INCLUDES,
        "#define N 100",
        "#define T int",
        "struct Point { int x, y; };",
        'std::string forkrepl_print(const Point &p) { return "at " + std::to_string(p.x); }',
        "Point{3, 4}",
        "Point p{5, 6}; p",
        "_.x = 7; p",
        "const Point c{8, 9}; c",
        "namespace n { enum class Colour { red }; struct Inner {}; "
        'const char *forkrepl_print(Colour) { return "a colour"; } '
        "const char *forkrepl_print(const Inner &) { return nullptr; } }",
        "n::Colour::red",
        "n::Inner()",
        "struct Number { int n; }; int forkrepl_print(const Number &) { return 1; }",
        "Number{1}.n",
        "template <class V> struct Box { V v; };",
        "template <class V> std::string forkrepl_print(const Box<V> &b) "
        "{ return std::string(b.v, '#'); }",
        "Box<int>{5}",
        "int between;",
        "[] { struct Local { int n; }; return Box<Local>(); }().v.n",
        "struct Loud { std::string s; ~Loud() { std::cout << s; } };",
        'std::string forkrepl_print(const Loud &l) { return l.s + "\\n\\t\\xff"; }',
        'Loud{""}',
        "struct Long {}; std::string forkrepl_print(const Long &) "
        "{ return std::string(1 << 20, 'x'); }",
        "Long()",
    )
    assert errors == ""
    expected = ["at 3", "at 5", "at 7", "at 8", "a colour", "nullptr", "1", "#####", "0"]
    assert values(output)[: len(expected)] == expected
    assert "(Long) " + "x" * 65536 + "...\n" in output


def test_streams_and_ranges(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        INCLUDES,
        "struct Money { int n; friend std::ostream &operator<<(std::ostream &o, const Money &m) "
        "{ return o << \"EUR \" << m.n << '.' << std::string(2, '0'); } };",
        "Money{7}",
        "struct Flag { operator bool() const { return true; } int begin; }; Flag().begin",
        "class Row { int a[3] = {1, 2, 3}; public: int *begin() { return a; } "
        "int *end() { return a + 3; } };",
        "Row()",
        "Row row; row",
        "struct Squares { struct It { int n; int operator*() { return n * n; } "
        "It &operator++() { ++n; return *this; } bool operator!=(It) const { return true; } }; "
        "It begin() const { return {0}; } It end() const { return {0}; } };",
        "Squares()",
        "int left = 3;",
        "struct Counter { int at; int operator*() { return left; } "
        "Counter &operator++() { --left; return *this; } "
        "bool operator!=(Counter) { return left > 0; } };",
        "struct Consumed { Counter begin() { return {0}; } Counter end() { return {0}; } };",
        "Consumed()",
        "Consumed()",
        "left",
        "class Prices { Money a[2] = {{1}, {2}}; public: Money *begin() { return a; } "
        "Money *end() { return a + 2; } };",
        "Prices()",
    )
    assert errors == ""
    shown = values(output)
    assert shown[0] == "EUR 7.00"
    assert shown[2:4] == ["{ 1, 2, 3 }"] * 2
    assert shown[4] == "{"
    assert "{\n    0, 1, 4, 9, 16, 25, " in output
    assert ", 9801, ...\n}" in output
    assert shown[5:8] == ["{ 3, 2, 1 }", "{ 3, 2, 1 }", "3"]
    assert shown[8:] == ["{ EUR 1.00, EUR 2.00 }"]


HARMFUL = """\
struct Bad { int n; };
int calls = 0, forks = 0;
const char *forkrepl_print(const Bad &b) {
  ++calls;
  std::cout << "hidden" << std::endl;
  std::cin.get();
  const_cast<Bad &>(b).n = 99;
  return "fine";
}
"""


def test_what_a_printer_does_has_no_effect(forkrepl: Run) -> None:
    code = f"""\
{INCLUDES}
#include <cstdio>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
{HARMFUL}
pthread_atfork([] {{ ++forks; }}, nullptr, nullptr);
Bad bad{{1}}; bad
bad.n
calls
forks
wait(nullptr) == -1
struct Deep {{ int n; }}; int deep(int n) {{ return deep(n + 1) + n; }}
const char *forkrepl_print(const Deep &d) {{
  if (d.n == 0) return *(const char **)8;
  if (d.n == 1) throw std::runtime_error("why");
  if (d.n == 2) exit(1);
  if (d.n == 3) abort();
  if (d.n == 4) return deep(0) ? "" : "";
  if (d.n == 5) _exit(0);
  for (;;) pause();
}}
Deep{{0}}
Deep{{1}}
Deep{{2}}
Deep{{3}}
Deep{{4}}
Deep{{5}}
Deep{{6}}
_.n
"""
    result = forkrepl(input=code)
    assert (result.stderr, result.returncode) == ("", 0)
    failed = "<the printer of Deep {}>".format
    assert values(result.stdout) == [
        "fine",
        "1",
        "0",
        "0",
        "true",
        failed("crashed: SIGSEGV"),
        failed("threw std::runtime_error: why"),
        failed("ended the process"),
        failed("crashed: SIGABRT"),
        failed("crashed: SIGSEGV"),
        failed("ended the process"),
        failed("took longer than 2 s"),
        "6",
    ]
    assert "hidden" not in result.stdout


def test_code_that_does_not_compile_is_no_printer(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "struct S { int n; };",
        "template <class V> const char *forkrepl_print(const V &v) { return v.nothing; }",
        "S{5}.n",
        "S{6}",
        "_.n",
        "%undo 3",
        'const char *forkrepl_print(const S &) { return "mine"; }',
        "S{7}",
        "_.n",
        "struct M {}; const char *missing(); "
        "inline const char *forkrepl_print(const M &) { return missing(); }",
        "M()",
    )
    assert (values(output)[0], values(output)[2:5], errors) == ("5", ["6", "mine", "7"], "")
    assert values(output)[5].startswith("<the printer of M cannot be used: ")
    assert "missing()" in values(output)[5]


def test_over_a_connection(forkrepl: Run, environment: dict[str, str], tmp_path: Path) -> None:
    code = f"""\
{INCLUDES}
struct Bad {{ int n; }};
const char *forkrepl_print(const Bad &b) {{ return b.n ? "fine" : *(const char **)8; }}
Bad{{1}}
Bad{{0}}
struct Row {{ int a[3] = {{1, 2, 3}};
  int *begin() {{ return a; }} int *end() {{ return a + 3; }} }};
Row()
"""
    with running_listener(tmp_path, environment, "tcp") as listener:
        connect = ("--connect", listener.address)
        result = forkrepl(*connect, input=code, FORKREPL_TOKEN=listener.token)
    assert result.stderr == ""
    assert values(result.stdout) == [
        "fine",
        "<the printer of Bad crashed: SIGSEGV>",
        "{ 1, 2, 3 }",
    ]
