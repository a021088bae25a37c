"""When variables get their values: with the input that declares them, as natively.

A case is declarations and, after them, statements and expressions. In a session each line
is an input. The native program has the declarations of all cases, in order, and the rest
in ``main``: there everything is initialised before ``main``, so both must show the same.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, Run, user_environment


@dataclass(frozen=True)
class Case:
    declarations: str  # an input for each line
    steps: str  # what ends in `;` or `}` is a statement, the others show a value


INCLUDES = "\n".join(
    f"#include <{name}>" for name in ("algorithm", "iostream", "map", "string", "thread", "utility")
)

CASES = {
    # What has internal linkage.
    "static": Case("int s0 = 2;\nstatic int s1 = s0 + 1;", "s0 = 50;\ns1\ns1"),
    "static, its own name again": Case("int t0 = 2;\nstatic int t1 = t0 + 1;", "t1\nt1 = 8;\nt1"),
    "const copy": Case("int k0 = 1;\nconst int k1 = k0;", "k0 = 9;\nk1"),
    "const without a constant": Case("int k2 = 3;\nstatic const int k3[2] = {k2, k2 + 1};",
                                     "k2 = 9;\nk3[1]"),
    "array": Case("int a0 = 1;\nstatic int a1[3] = {a0, a0 + 1, a0 + 2};", "a0 = 9;\na1[2]"),
    "class without effects": Case(
        "int c0 = 1;\nstruct C0 { int v; C0() : v(c0) {} };\nstatic C0 c1;", "c0 = 9;\nc1.v"
    ),
    "class with effects": Case(
        "int e0 = 0;\nint e1() { return ++e0; }\nstatic int e2 = e1(); static int e3 = e1();\n"
        "const int e4 = e1();",
        "e4 * 100 + e3 * 10 + e2\ne0",
    ),
    "unnamed namespace": Case("int n0 = 2;\nnamespace { int n1 = n0 + 1; }", "n0 = 50;\nn1"),
    "named namespaces": Case(
        "int n2 = 2;\nnamespace N0 { static int n3 = n2; namespace N1 { const int n4 = n2; } }",
        "n2 = 50;\nN0::n3 + N0::N1::n4",
    ),
    "language linkage": Case('int x0 = 2;\nextern "C" { static int x1 = x0; }', "x0 = 50;\nx1"),
    "reference to a temporary": Case(
        "int r0 = 2;\nstatic const int &r1 = r0 + 1;\nconst int &r2 = r0 + 2;",
        "r0 = 50;\nr1\nr2",
    ),
    "reference that changes its temporary": Case("int &&r3 = 5;", "r3 = 7;\nr3"),
    "constinit": Case("constinit static int q0 = 4;\nstatic int q1 = q0 + 1;",
                      "q0 = 9;\nq0\nq1"),
    "constexpr": Case("constexpr int q2 = 4;\nstatic int q3 = q2 + 1;", "q2 + q3"),
    # What other translation units may define, too.
    "inline": Case("int i0 = 2;\ninline int i1 = i0 + 1;", "i0 = 50;\ni1\ni1 = 4;\ni1"),
    "inline member": Case(
        "int i2 = 2;\nstruct I0 { static inline int m = i2 + 1; };", "i2 = 50;\nI0::m"
    ),
    "inline, used by the same input": Case("int i3 = 1;\ninline int i4 = i3; int i5 = i4 + 1;",
                                           "i5"),
    "member of a template": Case(
        "int m0 = 2;\ntemplate <class T> struct M0 { static int m; };\n"
        "template <class T> int M0<T>::m = m0 + 1;\nint m1() { return M0<int>::m; }",
        "m0 = 50;\nm1()",
    ),
    "member of a template, in a static function": Case(
        "int m2 = 2;\ntemplate <class T> struct M1 { static int m; };\n"
        "template <class T> int M1<T>::m = m2 + 1;\nstatic int m3() { return M1<int>::m; }",
        "m2 = 50;\nm3()",
    ),
    "inline member of a template": Case(
        "template <class T> struct M2 { static inline std::map<int, int> m; };",
        "M2<int>::m[1] = 2;\nM2<int>::m[1]",
    ),
    "variable template": Case(
        "int v0() { return 7; }\ntemplate <class T> T v1 = v0();", "int w = v1<int>;\nw"
    ),
    "specialised variable template": Case(
        "int v2 = 1;\ntemplate <class T> T v3 = v2;\ntemplate <> inline int v3<int> = v2 + 1;",
        "v2 = 9;\nv3<int>",
    ),
    # Structured bindings.
    "bindings of a pair": Case(
        "int b0 = 2;\nstatic auto [b1, b2] = std::pair(b0, b0 + 1);\n"
        "const auto [b3, b4] = std::pair(b0, b0 + 1);",
        "b0 = 50;\nb1 + b2\nb3 + b4",
    ),
    "bindings of an array": Case("int b5[2] = {1, 2};\nstatic auto [b6, b7] = b5;",
                                 "b5[0] = 50;\nb6 + b7"),
    # Lambdas.
    "capture with an initializer": Case(
        "int l0 = 3;\nauto l1 = [k = l0](int x) { return x + k; };", "l0 = 8;\nl1(1)\nl1(1)"
    ),
    "static in a lambda": Case(
        "auto l2 = [] { static int n = 0; return ++n; };", "l2();\nl2();\nl2()\n"
        "for (int i = 0; i < 3; ++i) l2();\nl2()"
    ),
    "static with an initializer in a lambda": Case(
        'auto l3 = [] { static std::string s = "x"; return (s += "y").size(); };',
        "l3();\nl3();\nl3()",
    ),
    "two lambdas in one input": Case(
        "auto l4 = [] { static int n = 0; return ++n; }; "
        "auto l5 = [] { static int n = 10; return ++n; };",
        "l5()\nl4()\nl4()\nl5()",
    ),
    "generic lambda": Case(
        "auto l6 = [](auto x) { static int n = 0; return n += x; };", "l6(1)\nl6(2)\nl6(1.5)"
    ),
    "lambda of a lambda": Case(
        "auto l7 = [] { return [] { static int n = 0; return ++n; }; };", "l7()()\nl7()()"
    ),
    "lambda in a static function": Case(
        "static int l8() { auto l = [] { static int n = 0; return ++n; }; return l(); }",
        "l8()\nl8()",
    ),
    # Other statics of functions.
    "static in a static function": Case(
        "int f0 = 2;\nstatic int f1() { static int n = f0; return ++n; }", "f1()\nf0 = 50;\nf1()"
    ),
    "statics in classes without names": Case(
        "static struct { int f() { static int n = 0; return ++n; } } f2; "
        "struct { int f() { static int n = 10; return ++n; } } f3;",
        "f3.f()\nf2.f()\nf2.f()\nf3.f()",
    ),
    "address of a static function": Case(
        "static int f4() { return 1; }\nint (*f5)() = &f4;", "f5 == &f4"
    ),
    # Thread-local variables: at the first use in each thread.
    "thread_local": Case("int h0() { return 12; }\nthread_local int h1 = h0();",
                         "h1\nh1 = 3;\nh1"),
    "static thread_local": Case("static thread_local int h2 = h0();", "h2\nh2 = 3;\nh2"),
    "inline thread_local": Case("inline thread_local int h3 = h0();", "h3\nh3 = 3;\nh3"),
    "thread_local of a class": Case(
        'static thread_local std::string h4 = std::string("ab") + "c";',
        'h4.size()\nh4 += "d";\nh4.size()',
    ),
    "thread_local template": Case(
        "template <class T> thread_local T h5 = h0();", "h5<int>\nh5<int> = 3;\nh5<int>"
    ),
    "thread_local in other threads": Case(
        "int h6 = 12;\nstatic thread_local int h7 = h6 + 1;\nint h8 = 0;",
        "h7\n{ h6 = 20; std::thread([] { h8 = h7; }).join(); }\nh8\nh7",
    ),
    "thread_local in a lambda": Case(
        "auto h9 = [] { thread_local int n = 5; return ++n; };", "h9()\nh9()"
    ),
    # Functions that are called by the compiler.
    "consteval": Case(
        "consteval int z0(int n) { return n * n; }\nint z1 = z0(4);",
        "z0(5)\nz1\n{ z1 = z0(3); }\nz1\nz0(z0(2))",
    ),
    # Classes with virtual bases: what their constructors use comes with each use.
    "virtual bases": Case(
        "struct V0 { virtual ~V0() {} int a = 1; };\nstruct V1 : virtual V0 { int b = 2; };\n"
        "struct V2 : V1 { int c = 3; };\nV2 v4;\nV2 v5;\nV2 v6;",
        "v4.a + v5.b + v6.c",
    ),
    "virtual bases of classes with key functions": Case(
        "struct V3 { virtual ~V3(); virtual int f(); int a = 1; }; V3::~V3() {} "
        "int V3::f() { return 1; }\n"
        "struct V4 : virtual V3 { int f() override; }; int V4::f() { return 2; }\n"
        "struct V5 : virtual V3 { int b = 2; };\n"
        "struct V6 : V4, V5 { int f() override; }; int V6::f() { return 3; }\n"
        "V6 v7;\nV6 v8; V3 *v9 = &v8;\nstruct V7 : V6 {}; V7 v10;\nstruct V8 : V6 {}; V8 v11;",
        "v9->f()\nstatic_cast<V3 &>(v10).f()\nstatic_cast<V3 &>(v11).f()\n"
        "dynamic_cast<V6 *>(v9) == &v8",
    ),
}  # fmt: skip


def is_statement(step: str) -> bool:
    return step.endswith((";", "}"))


def native_program() -> str:
    lines = [INCLUDES, *(case.declarations for case in CASES.values()), "int main() {"]
    for name, case in CASES.items():
        lines.append(f'std::cout << std::boolalpha << "= {name}\\n";')
        for step in case.steps.splitlines():
            lines.append(step if is_statement(step) else f'std::cout << ({step}) << "\\n";')
    return "\n".join([*lines, "}", ""])


def inputs() -> str:
    lines = [INCLUDES]
    for name, case in CASES.items():
        lines += [case.declarations, f'std::cout << "= {name}" << std::endl;', case.steps]
    return "\n".join([*lines, ""])


def values(output: str) -> dict[str, list[str]]:
    """What each case has shown, without the types."""
    found: dict[str, list[str]] = {}
    for line in output.splitlines():
        if line.startswith("= "):
            found[line[2:]] = shown = []
        else:
            shown.append(re.sub(r"^\(.*?\) ", "", line))
    return found


Session = Callable[[str, str], dict[str, list[str]]]
FLAGS = ("-std=c++20", "-Wno-unused-value")


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("native")
    (folder / "program.cpp").write_text(native_program())
    # Not -O2: what the standard calls unordered, Clang's optimiser may take for zero.
    subprocess.run(
        ["clang++-22", *FLAGS, "-pthread", "-o", "program", "program.cpp"], cwd=folder, check=True
    )
    run = subprocess.run([folder / "program"], capture_output=True, text=True, check=True)
    return values(run.stdout)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """What a session shows, by the level and the way that the inputs come in."""

    @functools.cache
    def run(level: str, way: str) -> dict[str, list[str]]:
        folder = tmp_path_factory.mktemp("session")
        (folder / "inputs.cpp").write_text(inputs())
        with open(folder / "inputs.cpp") as text:
            result = subprocess.run(
                [PROGRAM, *FLAGS, level, *([text.name] if way == "file" else [])],
                stdin=text, capture_output=True, text=True, cwd=folder,
                env=user_environment(folder),
            )  # fmt: skip
        assert result.stderr == ""
        return values(result.stdout)

    return run


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("way", ["pipe", "file"])
@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_values_are_those_of_the_compiled_program(
    native: dict[str, list[str]],
    session: Session,
    level: str,
    way: str,
    name: str,
) -> None:
    assert session(level, way)[name] == native[name]
    assert native[name]


def test_in_c(forkrepl: Run) -> None:
    text = (
        "static int a = 3;\nstatic int *p = &a;\n*p = 4;\na\n"
        "static int next(void) { static int n = 10; return ++n; }\nnext()\nnext()\n"
    )
    result = forkrepl("-xc", input=text)
    assert (result.stdout, result.stderr) == ("(int) 4\n(int) 11\n(int) 12\n", "")


def test_a_redefined_variable_is_initialised_when_it_is_redefined(forkrepl: Run) -> None:
    text = (
        "int i = 2;\nstatic int s = i + 1;\ni = 10;\nstatic int s = i + 5;\ni = 20;\ns\n"
        "auto l = [] { static int n = 0; return ++n; };\nl();\n"
        "auto l = [] { static int n = 10; return ++n; };\nl()\nl()\n"
    )
    result = forkrepl(input=text)
    assert (result.stdout, result.stderr) == ("(int) 15\n(int) 11\n(int) 12\n", "")


def test_an_undone_variable_is_initialised_again(forkrepl: Run) -> None:
    text = (
        "int i = 2;\nint made = 0;\nstatic int s = (++made, i);\n%undo\ni = 7;\n"
        "static int s = (++made, i);\ns\n"
    )
    assert "(int) 7" in forkrepl(input=text).stdout


def test_a_rejected_input_initialises_nothing(forkrepl: Run) -> None:
    text = (
        "int i = 2;\nstatic int s = i + 1; int n = nosuch;\ni = 7;\nstatic int s = i + 1;\n"
        "auto l = [] { static int n = 0; return ++n; }; l(); throw 1;\n"
        "auto l = [] { static int n = 0; return ++n; };\nl()\ns\n"
    )
    assert forkrepl(input=text).stdout.splitlines()[-2:] == ["(int) 1", "(int) 8"]


def test_lambdas_keep_their_statics_under_other_flags(forkrepl: Run) -> None:
    """%opt parses all inputs again; they must come out with the names they had."""
    text = (
        "auto a = [n = 1] { static int k = 0; return k += n; };\n"
        "auto b = [n = 1] { static int k = 10; return k += n; };\n"
        "b()\na()\n%opt 2\na()\nb()\n"
    )
    shown = [line for line in forkrepl(input=text).stdout.splitlines() if line.startswith("(")]
    assert shown == ["(int) 11", "(int) 1", "(int) 2", "(int) 12"]


def test_a_consteval_call_that_is_not_constant_is_an_error(forkrepl: Run) -> None:
    text = "consteval int half(int n) { return n % 2 ? throw 1 : n / 2; }\nhalf(3)\nhalf(4)\n"
    result = forkrepl("-std=c++20", input=text)
    assert result.stdout == "(int) 2\n"
    assert "call to consteval function 'half' is not a constant expression" in result.stderr


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_priorities_within_an_input(forkrepl: Run, tmp_path: Path, level: str) -> None:
    declarations = (
        "#define C(N) __attribute__((constructor(N))) static void c##N() { puts(#N); }\n"
        "struct T { T(const char *s) { puts(s); } };\n"
    )
    order = (
        'C(300) T plain("plain"); C(200) __attribute__((init_priority(150))) T early("early"); '
        'inline T shared("inline"); __attribute__((constructor)) void last() { puts("last"); } '
        'T second("second"); C(101)\n'
    )
    (tmp_path / "native.cpp").write_text(
        f"#include <stdio.h>\n{declarations}{order}int main() {{}}\n"
    )
    subprocess.run(
        ["clang++-22", *FLAGS, level, "-o", "native", "native.cpp"], cwd=tmp_path, check=True
    )
    native = subprocess.run([tmp_path / "native"], capture_output=True, text=True, check=True)
    result = forkrepl(*FLAGS, level, input=f"#include <stdio.h>\n{declarations}{order}")
    assert (result.stdout, result.stderr) == (native.stdout, "")
    assert native.stdout.startswith("101\nearly\n200\n300\n")


# What flags include.


def test_functions_of_an_included_file(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.h").write_text(
        "int twice(int n) { return 2 * n; }\nstatic int thrice(int n) { return 3 * n; }\n"
    )
    result = forkrepl("-include", "mine.h", input="thrice(5)\ntwice(4)\ntwice(5)\n")
    assert (result.stdout, result.stderr) == ("(int) 15\n(int) 8\n(int) 10\n", "")


def test_variables_of_an_included_file(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.h").write_text(
        "int i = 2;\nstatic int s = i + 1;\nstatic auto l = [] { static int n = 0; return ++n; };\n"
    )
    result = forkrepl("-include", "mine.h", input="i = 50;\ns\nl()\nl()\n")
    assert (result.stdout, result.stderr) == ("(int) 3\n(int) 1\n(int) 2\n", "")


def test_a_precompiled_header_that_does_not_fit_says_how_to_make_one(
    forkrepl: Run, tmp_path: Path
) -> None:
    (tmp_path / "mine.h").write_text("inline int twice(int n) { return 2 * n; }\nint four();\n")
    subprocess.run(
        ["clang++-22", "-x", "c++-header", "mine.h", "-o", "mine.pch"], cwd=tmp_path, check=True
    )
    use = ("--Xcc=-include-pch", "--Xcc=mine.pch", "-std=c++20")
    result = forkrepl(*use, input="twice(4)\n")
    assert result.returncode == 1
    assert result.stderr.startswith("forkrepl: error: the precompiled header cannot be used: ")
    command = result.stderr.split("is made by: ")[1].strip()
    assert command.endswith("-x c++-header HEADER -o mine.pch")

    made = command.replace("HEADER", "mine.h")
    subprocess.run(made, shell=True, cwd=tmp_path, check=True)
    result = forkrepl(*use, input="twice(4)\nint four() { return twice(2); }\nfour()\n")
    assert (result.stdout, result.stderr) == ("(int) 8\n(int) 4\n", "")

    (tmp_path / "mine.h").write_text("int other;\n")
    result = forkrepl(*use, input="twice(4)\n")
    assert "mine.h' has been modified since the precompiled header" in result.stderr
    assert "is made by: " in result.stderr


def test_a_precompiled_header_that_is_missing(forkrepl: Run) -> None:
    result = forkrepl("--Xcc=-include-pch", "--Xcc=nosuch.pch", input="1\n")
    assert result.returncode == 1
    assert "nosuch.pch" in result.stderr
    assert "signal" not in result.stderr
