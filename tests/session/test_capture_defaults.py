"""[&] and [=] where there is nothing to capture."""

from __future__ import annotations

import pytest

from tests.support.program import Run
from tests.support.together import Together, texts

_CASES = {
    "by reference": ("int n = 1;\nauto f = [&](int x) { return x + n; };\nn = 5;\nf(1)", "(int) 6"),
    "by value": ("int n = 1;\nauto f = [=](int x) { return x + n; };\nn = 5;\nf(1)", "(int) 6"),
    "without parameters": ("int n = 1;\nauto f = [&] { return n; };\nf()", "(int) 1"),
    "mutable": ("int n = 1;\nauto f = [=]() mutable { return ++n; };\nf()", "(int) 2"),
    "a template": ("int n = 1;\nauto f = [&](auto x) { return x + n; };\nf(1.5)", "(double) 2.5"),
    "in a namespace": ("namespace N { int n = 1; auto f = [&] { return n; }; }\nN::f()", "(int) 1"),
    "called at once": ("int n = 1;\nint m = [&] { return n + 1; }();\nm", "(int) 2"),
    "one in another": (
        "int n = 1;\nauto f = [&](int x) { return [&] { return x + n; }(); };\nf(2)",
        "(int) 3",
    ),
    "in a statement": ("int s = 0;\nfor (int i = 0; i < 3; i++) [&] { s += i; }();\ns", "(int) 3"),
    "two": (
        "auto f = [&] { return 1; }, g = f;\nauto h = [=] { return 2; };\nf() + g() + h()",
        "(int) 4",
    ),
    "not a lambda": ("int t[3] = {1, 2, 3};\nint n = 1;\nint *p = &t[n];\n*p + t[*&n]", "(int) 4"),
}


@pytest.mark.parametrize("case", _CASES)
def test_value(together: Together, case: str) -> None:
    result = together(texts(_CASES), case)
    assert (result.stdout, result.stderr) == (_CASES[case][1] + "\n", "")


@pytest.mark.parametrize(
    "code", ["auto f = [&, this] {};", "auto f = [this] {};", "auto f = [&] { return this; };"]
)
def test_there_is_no_this(forkrepl: Run, code: str) -> None:
    result = forkrepl(input=f"{code}\n7\n")
    assert "'this'" in result.stderr
    assert result.stdout == "(int) 7\n"
