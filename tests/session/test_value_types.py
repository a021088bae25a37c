"""How types before values are named, and values of vector registers and enumerations."""

from __future__ import annotations

from tests.support.program import Run
from tests.tables.values import check_values

# fmt: off
ROWS = [
    ("#include <memory>\n#include <string>\n#include <vector>\n#include <immintrin.h>", "", ""),
    # Wide vectors are in memory, so no instructions of the processor's are needed.
    ("__m128i small; __m256i wide; __m512i widest;", "small",
     "(__m128i) { 0x~, 0x~ }"),
    ("((int *)&wide)[1] = 0x1234;", "wide",
     "(__m256i) { 0x~, 0x~, 0x~, 0x~ }"),
    ("__m256d doubles{1, 2, 3, 4}; __m128 floats{1, 2, 3, 4};", "floats",
     "(__m128) { 1.0, 2.0, 3.0, 4.0 }"),
    ("struct Holds { __m128i m; int n = 1; } holds;", "holds",
     "(Holds) { .m = { 0x~, 0x~ }, .n = 1 }"),
    ("typedef bool mask __attribute__((ext_vector_type(8))); mask some{1, 0, 1};", "some",
     "(mask) 0b00000101"),
    ("typedef int four __attribute__((vector_size(16))); four f{1, 2, 3, 4};", "f",
     "(four) { 1, 2, 3, 4 }"),
    # An enumerator has its number where it is the value, not where it is a part.
    ("enum class Colour { red = 3, blue }; enum Flags { A = 1, B = 2 };", "Colour::red",
     "(Colour) Colour::red (3)"),
    ("", "Flags(3)", "(Flags) A | B (3)"),
    ("", "Colour(7)", "(Colour) 7"),
    ("", "std::vector<Colour>{Colour::red, Colour(7)}", "(std::vector<Colour>) { Colour::red, 7 }"),
    # Default arguments are left out, and of long names what is inside.
    ("template <class T, class A = std::allocator<T>> struct Mine { T t; }; Mine<Mine<int>> m;",
     "m",
     "(Mine<Mine<int>>) { .t = { .t = 0 } }"),
    ("template <class... T> struct Expression { int n = 1; };",
     "Expression<std::vector<std::string>, std::vector<long double>, "
     "std::vector<unsigned long long>>()",
     "(Expression<std::vector<...>, std::vector<...>, std::vector<...>>) { .n = 1 }"),
    ("", "Expression<std::vector<std::string>, std::vector<long double>, "
     "std::vector<unsigned long long>, std::vector<int>>()", "(Expression<...>) { .n = 1 }"),
    ("auto local() { using Hidden = Mine<char>; return Hidden{'h'}; }", "local()",
     "(Mine<char>) { .t = 'h' }"),
]
# fmt: on


def test_types_and_numbers(forkrepl: Run) -> None:
    check_values(forkrepl, ROWS)


def test_the_full_type_on_request(forkrepl: Run) -> None:
    full = "E<" + ", ".join([*["unsigned long long"] * 6]) + ">"
    result = forkrepl(input=f"template <class... T> struct E {{}};\n{full} v;\nv\n%type v\n?v\n")
    assert result.stdout.startswith("(E<...>) {}\n")
    assert f"\n{full}\n" in result.stdout
    assert f"type: {full}\n" in result.stdout


def test_bit_patterns(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <immintrin.h>\n"
        "__m128i v; ((int *)&v)[1] = 0x1234; ((char *)&v)[8] = -1;\nv\n"
    )
    assert result.stdout == "(__m128i) { 0x0000123400000000, 0x00000000000000ff }\n"
