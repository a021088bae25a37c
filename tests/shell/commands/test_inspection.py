"""``%type``, ``?NAME``, ``%vars`` and ``%who``."""

from __future__ import annotations

import pytest

from tests.support.program import OpenShell, Run, Shell, piped

CXX = """\
#include <vector>
#include <utility>
/** Twice a number. */ int twice(int n) { return 2 * n; }
double twice(double d) { return 2 * d; }
int x = 1; x = 5;
struct Base {};
struct P : Base { int a; double b; int sum() const; private: int secret; };
const int k = 42;
int &ref = x;
namespace n { int deep = 7; }
thread_local int tl = 3;
#define WIDE(a) ((a) << 2)
enum class E { one, two };
P p;
"""


def test_type(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        CXX,
        "%type x + 1.5",
        "%type (x);",
        "%type std::move(p)",
        "%type twice(1) // a comment",
        "%type P",
        "%type p.b",
        "%type ++x",
        "%type E::one",
        "%type missing",
        "%type f(",
        "%type",
        "x",
    )
    assert output.splitlines() == [
        *("double", "    prvalue, 8 bytes"),
        *("int", "    lvalue, 4 bytes"),
        *("P", "    xvalue, 24 bytes"),
        *("int", "    prvalue, 4 bytes"),
        *("P", "    24 bytes"),
        *("double", "    lvalue, 8 bytes"),
        *("int", "    lvalue, 4 bytes"),
        *("E", "    prvalue, 4 bytes"),
        "(int) 5",  # nothing was run
    ]
    assert "%type:1:1: error: use of undeclared identifier 'missing'" in errors
    assert "%type: the expression ends where a ')' is missing" in errors
    assert "%type needs an expression or a type; usage: %type EXPRESSION" in errors


def test_what_a_name_is(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        CXX,
        *("?twice", "!echo ---", "?P", "!echo ---", "?x", "!echo ---", "?std::vector"),
        *("!echo ---", "?WIDE", "!echo ---", "?n::deep", "?nothing", "?a+b", "?"),
    )
    functions, structure, variable, template, macro, deep = output.split("---\n")
    assert functions.count("declared: -:") == 2
    assert "int twice(int n)\n    Twice a number.\n" in functions
    assert "double twice(double d)" in functions
    assert "size: 24 bytes" in structure
    assert "bases: Base" in structure
    assert "    int a\n    double b\n    int sum() const\n" in structure
    assert "secret" not in structure
    assert variable == "int x\n  value: 5\n  type: int\n  size: 4 bytes\n  declared: -:5\n"
    assert "class vector" in template
    assert "more members: ?std::vector 2\n  declared: /usr/" in template
    assert macro == "#define WIDE(a) ((a) << 2)\n  declared: -:12\n"
    assert "value: 7" in deep
    assert "nothing is called nothing here" in errors
    assert "? takes a name, not 'a+b'" in errors
    assert "? needs a name; usage: ?NAME" in errors


def test_variables(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        CXX,
        *("%vars", "%vars x ref", "%vars nope", "%who", "int missing2 = ;"),
        *("double x = 2.5;", "%undo", "double x = 2.5;", "%vars x", "%undo", "%vars x"),
    )
    lines = [line.split() for line in output.splitlines()]
    assert lines[0] == ["name", "type", "size", "value", "input"]
    assert ["x", "int", "4", "5", "-:5"] in lines
    assert ["k", "const", "int", "4", "42", "-:8"] in lines  # has no memory
    assert ["ref", "int", "&", "4", "5", "-:9"] in lines
    assert ["n::deep", "int", "4", "7", "-:10"] in lines
    assert "variables: x k ref n::deep tl p" in output
    assert "functions: twice\n" in output
    assert "types: Base P E\n" in output
    assert "no input in force declares a variable nope" in errors
    assert ["x", "double", "8", "2.5"] in [line[:4] for line in lines]
    assert lines[-1] == ["x", "int", "4", "5", "-:5"]


def test_c(forkrepl: Run) -> None:
    script = (
        "struct P { int a; };\nstruct P p = {3};\nint n = 7;\nint *q = &n;\n"
        "%type p.a\n%type struct P\n%type n + 1L\n%vars n\n?n\n%who\nn\n"
    )
    result = forkrepl("-x", "c", input=script)
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        *("int", "    lvalue, 4 bytes", "struct P", "    4 bytes", "long", "    prvalue, 8 bytes"),
        *("name  type  size  value  input", "n     int      4  7      -:3"),
        *("int n", "  value: 7", "  type: int", "  size: 4 bytes", "  declared: -:3"),
        *("variables: p n q", "types: P", "(int) 7"),
    ]


def test_values_are_cut_to_the_width(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", COLUMNS="40")
    shell.child.setwinsize(24, 40)
    shell.run('const char *text = "0123456789012345678901234567890123456789";')
    lines = shell.run("%vars").splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert "..." in lines[1]
    assert lines[1].endswith("In[1]")


def test_after_a_crash_values_are_as_before(shell: Shell) -> None:
    shell.run("int n = 1;")
    assert "SIGSEGV" in shell.run("n = 2; *(volatile int *)8 = 1;")
    assert "n     int      4  1" in shell.run("%vars")
    assert shell.run("%type n") == "int\n    lvalue, 4 bytes\n"
    assert shell.leave() == 0


@pytest.mark.parametrize("command", ["%vars", "%who"])
def test_nothing_is_declared(forkrepl: Run, command: str) -> None:
    result = forkrepl(input=f"{command}\n")
    assert result.stderr == ""
    assert result.stdout in ("no variables\n", "nothing is declared\n")


def test_values_of_structured_bindings(forkrepl: Run) -> None:
    output, errors = piped(
        forkrepl,
        "#include <utility>",
        "auto [a, b] = std::pair(1, 2.5);",
        "struct B { long first = 3; }; struct S : B { int i = 4; int c : 3; int n[2] = {5, 6}; };",
        "struct T { char c; int i; unsigned f : 3; } t{'x', 7, 5};",
        "auto &[tc, ti, tf] = t;",
        "int raw[2] = {8, 9}; auto [r0, r1] = raw;",
        "auto &[x0, x1] = raw;",
        "t.i = 70; raw[1] = 90; a = 10;",
        "%vars",
        "?ti",
    )
    assert errors == ""
    table = {line.split()[0]: line for line in output.splitlines() if line}
    for name, shown in {
        "a": "int        4  10 ",
        "b": "double     8  2.5 ",
        "tc": "char       1  'x' ",
        "ti": "int        4  70 ",
        "tf": "<a bit-field",
        "r1": "int        4  9 ",
        "x1": "int        4  90 ",
    }.items():
        assert " ".join(shown.split()) in " ".join(table[name].split()), table[name]
    assert "  value: 70\n" in output
