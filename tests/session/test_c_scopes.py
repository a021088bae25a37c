"""In C, a name of an inner scope ends with its scope, in whatever kind of scope it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run
from tests.support.together import Together, texts

# What is typed, line by line, and the values that C gives it.
_CASES = {
    "a parameter": ("int n = 5;\nint sq(int n) { return n * n; }\nsq(n)", "(int) 25"),
    "a parameter of a prototype": ("int n = 5;\nint f(int n);\nn", "(int) 5"),
    "a K&R parameter": (
        "int n = 5;\nint f(n) int n; { return n + 1; }\nn * f(1)",
        "(int) 10",
    ),
    "a local variable": ("int n = 5;\nint f(void) { int n = 1; return n; }\nn", "(int) 5"),
    "a block in a block": (
        "int f(void) { int n = 1; { int n = 2; { int n = 3; } } return n; }\nf()",
        "(int) 1",
    ),
    "two blocks side by side": (
        "int f(void) { int s = 0; { int n = 1; s += n; } { double n = 2; s += n; } return s; }\n"
        "f()",
        "(int) 3",
    ),
    "a static variable": (
        "static int n = 7;\nint f(void) { static int n; return ++n; }\nf() + f() + n",
        "(int) 10",
    ),
    "a variable of for": (
        "int i = 5;\nint f(void) { for (int i = 0; i < 3; i++); return i; }\nf() + i",
        "(int) 10",
    ),
    "a variable of for at top level": (
        "int i = 5;\nfor (int i = 0; i < 3; i++);\ni",
        "(int) 5",
    ),
    "a block at top level": ("int n = 5;\n{ int n = 1; n++; }\nn", "(int) 5"),
    "a local struct": (
        "struct s { char c[3]; };\n"
        "int f(void) { struct s { char c[9]; }; return sizeof(struct s); }\n"
        "f() * 10 + (int)sizeof(struct s)",
        "(int) 93",
    ),
    "a local enumeration": (
        "enum { red = 1, blue };\nint f(void) { enum { blue = 9 }; return blue; }\nf() * 10 + blue",
        "(int) 92",
    ),
    "a local typedef": (
        "typedef char t;\nint f(void) { typedef double t; return sizeof(t); }\n"
        "f() * 10 + (int)sizeof(t)",
        "(int) 81",
    ),
    "a tag in a parameter list": (
        "struct s { char c[3]; };\nint f(struct s { char c[9]; } *p);\n(int)sizeof(struct s)",
        "(int) 3",
    ),
    "an enumerator in a parameter list": (
        "enum { one = 1 };\nint f(enum e { one = 5 } p) { return one; }\n(int)one",
        "(int) 1",
    ),
    "a function that a block declares": (
        "int n = 5;\nint f(void) { extern int n; { int n = 1; n++; } return n; }\nf()",
        "(int) 5",
    ),
    "a local name of a global type": (
        "typedef int t;\nint f(void) { int t = 4; return t; }\nt g = 2;\nf() + g",
        "(int) 6",
    ),
    "a label in two functions": (
        "int f(int n) { if (n) goto out; return 1; out: return 2; }\n"
        "int g(int n) { if (n) goto out; return 3; out: return 4; }\nf(1) * 10 + g(1)",
        "(int) 24",
    ),
    "a local label": (
        "int f(void) { { __label__ out; goto out; out:; } "
        "{ __label__ out; goto out; out: return 3; } }\n"
        ""
        "f()",
        "(int) 3",
    ),
    "a member": ("struct s { int n; };\nint n = 5;\nn", "(int) 5"),
    "the name of its own function": (
        "int f(void) { int f = 3; return f; }\nf() + f()",
        "(int) 6",
    ),
    "all in one input": (
        "int n = 5; int f(int n) { { int n = 1; } return n; } int g(void) { return n; }\n"
        "f(2) * 10 + g()",
        "(int) 25",
    ),
}


@pytest.mark.parametrize("case", _CASES)
def test_piped(together: Together, case: str) -> None:
    result = together(texts(_CASES), case, "-xc", "--Xcc=-w")
    assert (result.stdout, result.stderr) == (_CASES[case][1] + "\n", "")


@pytest.mark.parametrize("case", _CASES)
def test_file_of_statements(forkrepl: Run, tmp_path: Path, case: str) -> None:
    code, value = _CASES[case]
    (tmp_path / "scopes.c").write_text(code + "\n")
    result = forkrepl("--Xcc=-w", "scopes.c")
    assert (result.stdout, result.stderr) == (value + "\n", "")


def test_a_name_of_an_inner_scope_is_unknown_outside(forkrepl: Run) -> None:
    result = forkrepl("-xc", input="void f(int hidden) { int inner; }\nhidden;\ninner;\n")
    assert "undeclared identifier 'hidden'" in result.stderr
    assert "undeclared identifier 'inner'" in result.stderr


def test_undo_and_redefinition(forkrepl: Run) -> None:
    code = (
        "int n = 5;\nint f(int n) { return n; }\n"
        "double n = 2.5;\nint f(double n) { return n * 2; }\n"
        "f(n)\n%undo 3\nf(n)\n"
    )
    result = forkrepl("-xc", input=code)
    assert (result.stdout, result.stderr) == ("(int) 5\n(int) 5\n", "")


def test_after_an_error_in_an_inner_scope(forkrepl: Run) -> None:
    code = (
        "int n = 5;\nint f(int n) { { int m; return nosuch; } }\n"
        "int g(int m) { return m + n; }\ng(n)\n"
    )
    result = forkrepl("-xc", input=code)
    assert result.stdout == "(int) 10\n"


def test_headers_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell("-xc")
    assert shell.run("#include <stdio.h>") == ""
    assert shell.run("int n = 3;") == ""
    assert shell.run("int f(int n) { FILE *file = stdout; return n + (file != 0); }") == ""
    assert shell.run("f(n)") == "(int) 4\n"
