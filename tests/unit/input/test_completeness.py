"""Which inputs are complete, and where scripts are cut."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from repl.commands import COMMAND_LINES
from repl.input.completeness import InputSplitter, ScriptInput, is_complete, open_braces

COMPLETE = [
    # Nothing to run, or commands.
    "", "   \n\n", "// comment", "/* a\n b */", "%help", "!ls (", "!./run {", "?name",
    ".q", ".L file(", "  %who", "%timeit\nx + 1",
    # Expressions print their value.
    "x", "f(3)", "a.b", "v[0]", "p->q", "x++", "x--", "x ++ // post", "++x", "a + b", "a ? b : c",
    "a * f(3)", "a *f(3)", "a & f()", "a > f(3)", "a < b && c > f(3)", "'x'", "'\\''", '"("',
    '"a" "b"', "1'000'000", "0x1'F + 1e+5", ".5", "u8\"}\"", "L'{'", 'R"(a " ( b)"',
    'uR"x()" ()x"', "S{1, 2}", "std::vector<int>{1, 2}", "std::is_same_v<A, B>", "(int) x",
    "(a) f(3)", "[](int x) { return x; }(3)", "[&] { return 1; }()", "&A::operator==",
    "x.operator bool()", "a.template f<int>()", "int(3) + f(3)", "x = 3", "1 << 3", "!x", "~f(2)",
    "not x", "a and b", "a and f(3)", "not f(x)", "sizeof (x)", "sizeof x", "new T(x)", "delete p",
    "throw x", "throw f(x)", "return x", "return f(x)", "co_await f(x)", "co_yield g(1)",
    "std::cout << f(3)", "f<int>(3)", "a<:0:>", "v<::T>(1)", "x /* ( */", "x // (", "x // /*",
    # Declarations and statements.
    "int x = 42;", "int x;", "int x", "int a = 1; a", "int f(int a);", "int f(int a) { }",
    "int f() { if (x) { return 1; } }", "auto f = [](int x) { return x; };", "int (*fp)(int)",
    "auto [a, b] = f();", "const auto& [a, b] = f();", "[[nodiscard]] int f() { return 1; }",
    "std::vector<int> f(int a) { return {}; }", "A::A() : x(1), y{2} {}", "A::~A() {}",
    "bool operator==(A a, B b) { return true; }", "A::operator bool() const { return true; }",
    "template <class T> T f(T x) { return x; }", "template <class T> struct A {};",
    "template class A<int>;", "template <class T> concept C = requires(T t) { t.x(); };",
    "template <class T> void f(T) requires requires(T x) { x.y(); } {}", "struct A;",
    "struct A { int x; };", "struct A { int x; }", "enum class E : int { a, b };",
    "struct A x = y;",
    "class alignas(16) A final : public B<C> {};", "typedef struct { int x; } T;",
    "namespace a::b { int x; }", "namespace a = b;", "using namespace std;", "using X = int;",
    'extern "C" { int f(); }', 'extern "C" int f();', "if (x) {}", "if (x) y;", "if (x) {} else {}",
    "if constexpr (x) {}", "if (x) {} else if (y) {}", "for (;;) {}", "for (;;);", "while (x) y();",
    "do { x(); } while (y);", "do x(); while (y);", "do { x(); } while (y)",
    "switch (x) { case 1: }",
    "try {} catch (int) {}", "try {} catch (A) {} catch (...) {}", "void f() try {} catch (...) {}",
    "lab: x = 1;", "lab: if (x) {}", "{ int x; }", "main() { }", "int f(int) = delete;",
    "if (a) if (b) x; else y; else z;", "for (auto x : v) if (x) { y(); }", "%:define X (",
    # Preprocessor.
    "#include <vector>", "#define X (", "#define X \\\n  {", "#ifdef A\n#endif",
    "#if 0\n( don't\n#endif",
    "#if A\nvoid f() {\n#else\nvoid f(int x) {\n#endif\n}", "#error don't", "#pragma once",
    # Mistakes, which the compiler explains.
    ")", "f(3))", "}", "f(]", "{ ( }", '"abc', 'f("abc', "f('a", "x @", "if x", "#endif",
]  # fmt: skip

INCOMPLETE = [
    "f(", "v[", "{", "int f() {", "(1,", "f(3", "f(1,\n  2", "int a[] = {1,", "{ // }", '{ "}"',
    "{ '}'", 'R"(abc', 'R"x(abc)"', 'R"x(abc)y" )', "/* abc", "x /* )", "x \\", "x \\\n", "// a \\",
    "#define X \\", '"abc\\', 'f("abc\\', "#if 1", "#ifdef X\nint x;", "#ifndef X\n#else",
    "{ 1'000",
    "#define X /* a",
    "x +", "x,", "x =", "x->", "x.", "std::", "x <<", "x &&", "x and", "not", "x ?", "x ? y :", "!",
    "++", "x + // comment", "x + /* comment */", "x ==", "a >", "a *", "new", "sizeof", "co_await",
    "int f(int a)", "int f(int a) const", "int f() noexcept", "auto f(int a) -> int",
    "int *f(int a)",
    "Foo *f(int a)", "Foo* f()", "Foo * f(Bar b)", "std::vector<int> f(int a)", "Foo f() override",
    "std::map<int, std::vector<int>> f(int a)", "std::vector<int>& f(int a)", "unsigned long f()",
    "void A::f(int a)", "A::A()", "A::A() : x(1)", "A::A() : x(1),", "A::A() : x{1}", "A::~A()",
    "A::operator bool() const", "A& A::operator=(const A& a)", "bool operator()(int a, int b)",
    "struct A *f(struct B *b)", "int f(int a) // comment", "int f(int a)\n\n",
    "static inline int f()",
    "template <class T>", "template <class T", "template <class T> void f(T x)", "template",
    "template <class T> A<T>::A(int x)", "template <class T> struct A",
    "template <class T> requires C<T>",
    "struct A", "struct", "class A : public B", "union U", "enum class E : int", "enum E",
    "class alignas(16) A", "namespace", "namespace a", "inline namespace a", 'extern "C"',
    "typedef",
    "if (x)", "if", "if constexpr (x)", "else", "if (x) {} else", "if (x) y; else if (z)",
    "for (;;)",
    "for (auto x : v)", "while (x)", "switch (x)", "do", "do {} ", "do x();", "do {} while",
    "do { } // comment", "do if (x) {}", "try", "try {}", "try {} catch", "try {} catch (int)",
    "void f() try", "void f() try {}", "int", "static const", "using", "return x +", "[](int x)",
    "[&]", "auto f = [](int x)", "[[nodiscard]] int f()", "lab:", "a <% b;", "a <: b",
    "if (a) for (;;)", "int x = 1; f(", "int f(int a) { } int g()",
    "void f(T) requires requires(T x) { x.y(); }", "%timeit\nf(",
]  # fmt: skip


@pytest.mark.parametrize("text", COMPLETE)
def test_complete(text: str) -> None:
    assert is_complete(text, COMMAND_LINES)
    assert is_complete(text + "\n", COMMAND_LINES)


@pytest.mark.parametrize("text", INCOMPLETE)
def test_incomplete(text: str) -> None:
    assert not is_complete(text, COMMAND_LINES)


@pytest.mark.parametrize(
    ("text", "depth"),
    [("", 0), ("int f() {", 1), ("{ { }", 1), ("{ (", 1), ('{ R"(', 0), ("{ \\", 0), ("{ /*", 1)],
)
def test_open_braces(text: str, depth: int) -> None:
    assert open_braces(text) == depth


def split(script: str) -> list[str]:
    splitter = InputSplitter(COMMAND_LINES)
    inputs = [i for line in script.splitlines(keepends=True) for i in splitter.feed(line)]
    return [i.text for i in inputs + splitter.finish()]


# Inputs that go out as soon as they are fed.
IMMEDIATE = [
    "x\n", "f(3)\n", "f(3);\n", "int x = 42;\n", "#include <vector>\n", "#define X (\n", "%help\n",
    ".q\n", "!ls (\n", "int f() {\n  return 1;\n}\n", "int main()\n{\n}\n", "int\nmain()\n{\n}\n",
    "struct A {\n  int x;\n};\n", "struct A\n{\n}\n;\n", "template <class T>\nT f(T x)\n{\n}\n",
    "A::A()\n  : x(1)\n  , y{2}\n{\n}\n", "for (;;)\n{\n  // }\n}\n", "for (auto x : v)\n  f(x);\n",
    "do {\n} while (x);\n", "do\n  x();\nwhile (y);\n", "if (x) {\n}\nelse {\n}\n",
    "if (x)\n  y;\nelse\n  z;\n", "if (x)\n  y;\n\n// c\nelse if (z)\n  z;\nelse\n  t;\n",
    "int x\n  = 3;\n", "auto x = f()\n  + 3;\n", 'std::cout << "a"\n  "b"\n  << x;\n',
    "x = a\n  + b;\n",
    "auto f = [](int x)\n{\n  return x;\n};\n", "[](int x)\n{\n  return x;\n}(3);\n",
    "#if A\nvoid f() {\n#else\nvoid f(int x) {\n#endif\n}\n", "#ifdef A\nint x;\n#endif\n",
    "#if 0\n(\n#endif\n", 'auto s = R"(\n}\n%help\n)";\n', "f(1,\n\n  2);\n", "x + \\\n1\n",
    "#define X \\\n  (\n", "/* a\n*/ x;\n", "namespace a\n{\n  int x;\n}\n",
    "class A\n  : public B\n{\n};\n", "enum class E\n{\n  a,\n};\n", "int f(int a)\n;\n",
    "static std::string\nf(int x)\n{\n}\n",
]  # fmt: skip

# Inputs that go out when the next one, or the end of the file, comes.
WAITING = [
    "if (x) {\n}\n", "if (x)\n  y;\n", "try {\n}\ncatch (int) {\n}\n",
    "void f() try {\n} catch (...) {\n}\n",
    "while (x)\n  if (y)\n    z;\n", "if (x) y; else if (z) t;\n", "x = 3\n", "std::cout << x\n",
    "if (x) {\n}\nelse if (y) {\n}\n", "S{1}\n", "int x\n",
]  # fmt: skip


@pytest.mark.parametrize("text", IMMEDIATE)
def test_given_out_at_once(text: str) -> None:
    splitter = InputSplitter(COMMAND_LINES)
    *first, last = [splitter.feed(line) for line in text.splitlines(keepends=True)]
    assert not any(first)
    assert last == [ScriptInput(text, 1)]
    assert splitter.finish() == []


@pytest.mark.parametrize("text", WAITING)
@pytest.mark.parametrize("following", ["y;\n", "#include <a>\n", "%help\n", "/* a\n */ int z;\n"])
def test_given_out_when_it_cannot_go_on(text: str, following: str) -> None:
    assert split(text) == [text]
    assert split(f"{text}\n// comment\n{following}") == [text, following]


@given(st.lists(st.sampled_from(IMMEDIATE + WAITING), max_size=12))
def test_script_of_known_inputs_is_cut_into_them(inputs: list[str]) -> None:
    # `int x` and a line with `[` are the beginning of an array.
    assume(not any(a in WAITING and b.startswith("[") for a, b in pairwise(inputs)))
    assert split("".join(inputs)) == inputs


def test_line_numbers_skip_blanks_and_comments() -> None:
    splitter = InputSplitter(COMMAND_LINES)
    script = "\n// a\nx;\n\nif (a)\n{\n}\n/* b\n*/\n\nint f()\n{ }\n%help"
    inputs = [i for line in script.splitlines(keepends=True) for i in splitter.feed(line)]
    assert [i.line for i in inputs] == [3, 5, 11, 13]


@pytest.mark.parametrize("text", ["int f() {\n  x;\n", "/* a\n", "#if 1\nx;\n", "x \\\n", "x,\n"])
def test_incomplete_rest_is_given_out_at_the_end(text: str) -> None:
    assert split("y;\n" + text) == ["y;\n", text]


@pytest.mark.parametrize("mistake", ['s = "abc;', "f(];", "f(x;", "f(x));", "v[1;"])
def test_mistake_does_not_let_the_rest_of_a_function_out(mistake: str) -> None:
    function = f"void f() {{\n  {mistake}\n  if (x) {{\n    y();\n  }}\n}}\n"
    texts = split(function + "z;\n")
    assert texts[0].startswith(function)


FRAGMENTS = st.lists(
    st.sampled_from(
        """( ) [ ] { } " ' \\ / * // /* */ R"( )" R"x( )x" #if #else #endif #define 1'0 x int struct
        if else do while try catch template < > >> , ; : :: = == -> . & && * operator requires
        namespace extern % ! ? <: %> [[ noexcept () {} return case ++ ~""".split()  # noqa: SIM905
    )
    | st.sampled_from([" ", "\n", "\\\n"])
    | st.text(max_size=3),
    max_size=40,
).map("".join)


@given(FRAGMENTS)
def test_any_text_is_judged(text: str) -> None:
    assert is_complete(text, COMMAND_LINES) in (True, False)
    assert open_braces(text) >= 0


@given(FRAGMENTS)
def test_every_input_fed_out_is_complete_and_in_the_script(script: str) -> None:
    splitter = InputSplitter(COMMAND_LINES)
    lines = [line + "\n" for line in script.split("\n")]
    inputs = []
    for line in lines:
        ready = splitter.feed(line)
        assert all(is_complete(i.text, COMMAND_LINES) for i in ready)
        inputs += ready
    line_number = 1
    for taken in inputs + splitter.finish():
        skipped = "".join(lines[line_number - 1 : taken.line - 1])
        assert split(skipped) == []
        line_number = taken.line + taken.text.count("\n")
        assert taken.text == "".join(lines[taken.line - 1 : line_number - 1])
    assert split("".join(lines[line_number - 1 :])) == []


@pytest.mark.parametrize(
    "text",
    ["x+" * 500_000, "(" * 500_000, "()" * 500_000, '"' * 1_000_001, "{1, 2}, " * 100_000,
     "([{" * 100_000 + "}" * 100_000, "<" * 500_000, "#if 1\n" * 20_000, "R" * 500_000,
     "'1" * 500_000,
     "/*" * 500_000, "a<" * 250_000 + ">" * 250_000, "if (x) " * 50_000, "do " * 100_000,
     "\\\n" * 300_000,
     "f(a<" * 100_000, "1" * 1_000_000, "/**/" * 200_000, "(a:" * 200_000, 'R"' * 200_000,
     " " * 1_000_000],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_time_is_linear(text: str) -> None:
    start = time.perf_counter()
    is_complete(text, COMMAND_LINES)
    assert time.perf_counter() - start < 5


def test_splitting_a_long_function_is_linear() -> None:
    body = "  if (x < 3) { f(x, \"a\", 'b'); } // and so on\n" * 20_000
    start = time.perf_counter()
    assert split(f"void f() {{\n{body}}}\n") == [f"void f() {{\n{body}}}\n"]
    assert time.perf_counter() - start < 5
