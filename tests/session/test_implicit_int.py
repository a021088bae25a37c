"""In C89 a function may leave out its type: also as an input, where it looks like a call."""

from __future__ import annotations

import pytest

from tests.support.program import OpenShell, Run
from tests.support.together import Together

_CASES = {
    "on one line": "twice(n) { return n * 2; }\ntwice(4)",
    "its parameter has a type": "twice(n) int n; { return n * 2; }\ntwice(4)",
    "its parameter has a type of the user's": (
        "typedef short T;\ntwice(n)\nT n;\n{ return n * 2; }\ntwice(4)"
    ),
    "over several lines": "twice (n)\n     int n;\n{\n  return n * 2;\n}\ntwice(4)",
    "two parameters": (
        "sum (p, n)\n  int *p, n;\n{\n  return p[0] + n;\n}\nint one = 1;\nsum(&one, 7)"
    ),
    "one that is a function": (
        "call (f)\n  int (*f)();\n{\n  return f();\n}\neight () { return 8; }\ncall(eight)"
    ),
    "one that is an array": (
        "last (a, n) int a[3]; { return a[n - 1]; }\nint k[] = {1, 8};\nlast(k, 2)"
    ),
    "in a branch of an #if": (
        "#if 1\nstruct S { int a; };\ntwice (n)\n{ return n * 2; }\n#else\nint x;\n#endif\ntwice(4)"
    ),
    "the first thing in a branch": "#if 1\ntwice(n) { return n * 2; }\n#endif\ntwice(4)",
    "two in a line": "one() { return 1; } seven() { return 7; }\none() + seven()",
    "after a variable": "int k = 6; two() { return 2; }\ntwo() + k",
    "calls of it": "id (n)\n{ return n; }\nid (1);\nid (2);\nint r = id (8);\nr",
    "a call before a block": (
        "int n = 8;\nid (n) { return n; }\nid (1);\n{ int m = 1; n = id (8); }\nn"
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_a_function_without_a_type(together: Together, name: str) -> None:
    result = together(_CASES, name, "-x", "c", "-std=gnu89", "--Xcc=-w")
    assert (result.stdout, result.stderr) == ("(int) 8\n", "")


def test_main(forkrepl: Run) -> None:
    result = forkrepl("-x", "c", "-std=gnu89", "-", input="main ()\n{\n  return 8;\n}\n")
    assert (result.stderr, result.returncode) == ("", 8)


def test_where_it_is_an_error_clang_says_so(forkrepl: Run) -> None:
    result = forkrepl("-x", "c", "-std=gnu17", input="main() { return 8; }\n")
    assert "expected ';' after expression" in result.stderr


def test_where_it_is_allowed(forkrepl: Run) -> None:
    result = forkrepl("-x", "c", "--Xcc=-Wno-implicit-int", "-", input="main() { return 8; }\n")
    assert (result.stderr, result.returncode) == ("", 8)


def test_a_macro_is_none(forkrepl: Run) -> None:
    text = "#define IF(n) if (n)\nint k = 0;\nIF (1) { k = 8; }\nk\n"
    result = forkrepl("-x", "c", "-std=gnu89", input=text)
    assert (result.stdout, result.stderr) == ("(int) 8\n", "")


def test_at_the_prompt(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "-x", "c", "-std=gnu89", "--Xcc=-w")
    shell.run("twice(n) { return n * 2; }")
    assert shell.run("twice(4)") == "(int) 8\n"
    assert shell.leave() == 0
