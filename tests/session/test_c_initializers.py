"""C at file scope: initializers that are not constant run, as in C++."""

from __future__ import annotations

import pytest

from tests.support.program import OpenShell, Run
from tests.support.together import Together, texts

_CASES = {
    "a variable": ("int a = 2;\nint b = a + 1;\nb", "(int) 3"),
    "const": ("int a = 2;\nconst int b = a + 1;\nb", "(const int) 3"),
    "static": ("int a = 2;\nstatic int b = a + 1;\nb++;\nb", "(int) 4"),
    "extern": ("int a = 2;\nextern int b = a + 1;\nb", "(int) 3"),
    "a call": ("int f(void) { return 7; }\nint b = f();\nb", "(int) 7"),
    "two in one declaration": ("int a = 2;\nint b = a + 1, c = b * 2;\nc", "(int) 6"),
    "an array": ("int a = 2;\nint t[3] = {a, a + 1};\nt", "(int[3]) { 2, 3, 0 }"),
    "an array without a size": ("int a = 2;\nint t[] = {a, 5};\nt", "(int[2]) { 2, 5 }"),
    "a struct": (
        'int a = 2;\nstruct p { int x, y; char c[3]; } s = {a, .c = "hi"};\ns',
        '(struct p) { .x = 2, .y = 0, .c = "hi" }',
    ),
    "an array of structs": (
        "int a = 2;\nstruct p { int x, y; } s[2] = {{a, 1}, {.y = a}};\ns",
        "(struct p[2]) { { .x = 2, .y = 1 }, { .x = 0, .y = 2 } }",
    ),
    "a struct that a function returns": (
        "struct p { int x; };\n"
        "struct p f(void) { struct p s = {4}; return s; }\nstruct p q = f();\nq",
        "(struct p) { .x = 4 }",
    ),
    "braces": ("int a = 2;\nint b = {a};\nb", "(int) 2"),
    "a complex number": (
        "double a = 2;\n_Complex double c = a + 1.0i;\n__real__ c",
        "(double) 2.0",
    ),
    "bool": ("int a = 2;\n_Bool b = a;\nb", "(_Bool) true"),
    "a later use": (
        "int a = 2;\nint b = a + 1;\nint f(void) { return b; }\nint c = f() + b;\nc",
        "(int) 6",
    ),
    "in one input": (
        "int a = 2; int b = a + 1; int f(void) { return b; } int c = f();\nc",
        "(int) 3",
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_value(together: Together, case: str) -> None:
    result = together(texts(_CASES), case, "-xc", "--Xcc=-w")
    assert (result.stdout, result.stderr) == (_CASES[case][1] + "\n", "")


def test_the_heap(forkrepl: Run) -> None:
    code = '#include <stdlib.h>\n#include <string.h>\nchar *p = malloc(9);\nstrcpy(p, "heap");\np\n'
    assert forkrepl("-xc", input=code).stdout.splitlines()[-1] == '(char *) "heap"'


_ERRORS = {
    code: f"{code}\n7\n"
    for code in (
        "int f(int a) { static int n = a; return n; }",
        "int a = 1; int *p = &(int){a};",
        "int a = 1; _Thread_local int n = a;",
        "int a = 1; static const int n = a;",
        "int a = 1; struct f { int n; int d[]; } s = {1, {a, a}};",
    )
}


@pytest.mark.parametrize("code", _ERRORS)
@pytest.mark.parametrize("flag", ["-Wall", "--Xcc=-w", "-Werror"])
def test_what_stays_an_error(together: Together, code: str, flag: str) -> None:
    result = together(_ERRORS, code, "-xc", flag)
    assert "error: initializer element is not a compile-time constant" in result.stderr
    assert result.stdout == "(int) 7\n"


def test_undo_and_redefinition(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", "-xc")
    shell.run("int a = 2;")
    shell.run("int b = a + 1;")
    assert shell.run("int b = a * 10") == "(int) 20\n"
    assert shell.run("double b = a / 4.0") == "(double) 0.5\n"
    shell.run("%undo")
    assert shell.run("b") == "(int) 20\n"
    assert "undeclared identifier 'nosuch'" in shell.run("int c = nosuch;")
    assert shell.run("a + b") == "(int) 22\n"
