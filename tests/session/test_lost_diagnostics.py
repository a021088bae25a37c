"""A mistake is told as Clang tells it, whatever becomes of Clang afterwards."""

from __future__ import annotations

import pytest

from tests.support.program import OpenShell, Run, Shell
from tests.support.together import Together

_CASES = {
    "an unnamed namespace": (
        "namespace { int z = nosuch; }",
        "-:2:21: error: use of undeclared identifier 'nosuch'",
    ),
    "a using-directive": (
        "namespace N { int n; } using namespace N; int m = nosuch;",
        "-:2:51: error: use of undeclared identifier 'nosuch'",
    ),
    "a using-directive behind the mistake": (
        "namespace N { int n; } int m = nosuch; using namespace N;",
        "-:2:32: error: use of undeclared identifier 'nosuch'",
    ),
    "a statement in a namespace": (
        "namespace N { int n = 1; n = 2; }",
        "-:2:26: error: a statement cannot be in a namespace",
    ),
    "a statement in a namespace in a namespace": (
        "namespace N { namespace { int n = 1; for (;;) n = 2; } }",
        "-:2:38: error: a statement cannot be in a namespace",
    ),
    "a statement in extern C": (
        'extern "C" { int abs(int); abs(3); }',
        "-:2:28: error: a statement cannot be in a linkage specification",
    ),
    "an alias of something unknown": (
        'void f() __attribute__((alias("nosuch")));',
        "error: alias must point to a defined variable or function",
    ),
    "an ifunc of something unknown": (
        'void f() __attribute__((ifunc("nosuch")));',
        "error: ifunc must point to a defined function",
    ),
}


_INPUTS = {case: f"int before = 7;\n{code}\nbefore\n" for case, (code, _) in _CASES.items()}


@pytest.mark.parametrize("case", _CASES)
def test_error(together: Together, case: str) -> None:
    result = together(_INPUTS, case)
    assert _CASES[case][1] in result.stderr
    assert "crash" not in result.stderr
    assert (result.stdout, result.status) == ("(int) 7\n", 1)


def test_the_first_program_of_a_student(shell: Shell) -> None:
    assert shell.run("#include <iostream>") == ""
    output = shell.run("using namespace std; int start() { cot << 1; return 0; }")
    assert "use of undeclared identifier 'cot'; did you mean 'cout'?" in output


def test_redefinition_beside_a_using_directive(shell: Shell) -> None:
    assert shell.run("namespace N { int n = 1; } int x = 1;") == ""
    assert shell.run("using namespace N; double x = 2.5; namespace { int y = 3; }") == ""
    assert shell.run("x + y") == "(double) 5.5\n"


# Where Clang has come to the end of the input: behind the last token.
_ENDS = {
    "1 +": "-:1:4: error: expected expression\n    1 | 1 +\n      |    ^",
    "~": "-:1:2: error: expected expression\n    1 | ~\n      |  ^",
    "-1 +": "-:1:5: error: expected expression\n    1 | -1 +\n      |     ^",
    "if (1)": "-:1:7: error: expected ",
    "1 + // one": "-:1:4: error: expected expression\n    1 | 1 + // one\n      |    ^",
}


@pytest.mark.parametrize("code", _ENDS)
def test_an_error_at_the_end_has_a_place(forkrepl: Run, code: str) -> None:
    result = forkrepl(input=code + "\n")
    assert result.stderr.startswith(_ENDS[code])


def test_a_missing_brace_names_the_opening_one(forkrepl: Run) -> None:
    result = forkrepl(
        input="int f() {\n    int n = 1;\n    if (n) {\n        n++;\n    return n;\n}\n"
    )
    assert "-:6:2: error: expected '}'" in result.stderr
    assert "-:1:9: note: to match this '{'" in result.stderr


@pytest.mark.parametrize(
    ("code", "missing", "opening"),
    [
        ("int n = (1 + 2;\n", "')'", ""),
        ("int t[] = {1, 2\n", "'}'", "'{'"),
        ("struct S {\n    int n;\n", "'}'", "'{'"),
        ("namespace N {\n    int n;\n", "'}'", "'{'"),
        ("int t[3] = {}; t[1\n", "']'", "'['"),
        ("void f(\n", "", ""),
        ("auto f = [&\n", "", ""),
        ("template <class T, int (*F)(\n", "", ""),
        ("enum E { one,\n", "'}'", "'{'"),
        ("int n = sizeof(\n", "", ""),
        ("switch (1) { case 1:\n", "'}'", ""),
    ],
)
def test_a_missing_bracket_is_an_error(
    forkrepl: Run, code: str, missing: str, opening: str
) -> None:
    result = forkrepl(input=code)
    assert "error:" in result.stderr
    assert f"expected {missing}" in result.stderr
    assert not opening or f"to match this {opening}" in result.stderr
    assert result.returncode == 1


def test_a_crash_says_what_clang_was_at(forkrepl: Run) -> None:
    code = "int before = 7;\nvoid wrong() {\n#pragma clang __debug crash\n}\nbefore\n"
    result = forkrepl(input=code)
    assert "-:2: error: Clang crashed on this input\n" in result.stderr
    assert "  at -:2:14: in compound statement" in result.stderr
    assert "  at -:2:14: parsing function body 'wrong'\n" in result.stderr
    assert "FORKREPL_DEBUG=1" in result.stderr
    assert result.stdout == "(int) 7\n"


def test_the_errors_before_a_crash_are_told(forkrepl: Run) -> None:
    result = forkrepl(input="{ int n = nosuch;\n#pragma clang __debug crash\n}\n7\n")
    assert "-:1:11: error: use of undeclared identifier 'nosuch'" in result.stderr
    assert result.stdout == "(int) 7\n"


def test_a_lambda_in_a_loop_meets_a_constrained_template(forkrepl: Run) -> None:
    code = (
        "#include <algorithm>\n#include <ranges>\n#include <vector>\n"
        "std::vector<int> v{3, 1, 2};\n"
        "for (int i = 0; i < 2; i++) {\n"
        "    std::ranges::sort(v, [i](int a, int b) { return a + i < b + i; });\n}\n"
        "for (int n : v | std::views::transform([](int n) { return n * 2; })) v[0] += n;\n"
        "v\n"
    )
    result = forkrepl("-std=c++20", input=code, timeout=60)
    assert (result.stdout, result.stderr) == ("(std::vector<int>) { 13, 2, 3 }\n", "")


def test_using_namespace_without_semicolon(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet")
    shell.run("#include <vector>")
    assert shell.run("using namespace std") == ""
    assert shell.run("vector<int>{1}") == "(std::vector<int>) { 1 }\n"
