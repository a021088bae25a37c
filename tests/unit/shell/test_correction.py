"""The line that was meant."""

from __future__ import annotations

import pytest

from repl.errors import Diagnostic, Fix
from repl.input.source import Source
from repl.shell.correction import corrected, summary


def error(*fixes: Fix) -> Diagnostic:
    return Diagnostic("error", "wrong", fixes=fixes)


def fix(column: int, removed: str, text: str, line: int = 1, file: str = "In[1]") -> Fix:
    return Fix(file, line, column, removed, text)


INCLUDE = Fix("", 0, 0, "", "#include <vector>\n")


@pytest.mark.parametrize(
    ("text", "diagnostics", "meant"),
    [
        ("std::srot(v)", [error(fix(6, "srot", "sort"))], "std::sort(v)"),
        ("ab + ab", [error(fix(1, "ab", "abc")), error(fix(6, "ab", "x"))], "abc + x"),
        ("ab\nab", [error(fix(1, "ab", "abc", line=2))], "ab\nabc"),
        ("f(1", [error(fix(4, "", ")"))], "f(1)"),
        ("ä + ab", [error(fix(6, "ab", "x"))], "ä + x"),  # columns are bytes
        ("v", [error(INCLUDE), error(INCLUDE)], "#include <vector>\nv"),
        ("v + ab", [error(INCLUDE), error(fix(5, "ab", "x"))], "#include <vector>\nv + x"),
        ("v", [error(INCLUDE, fix(1, "", "std::"))], "#include <vector>\nstd::v"),
        ("(1)", [error(fix(1, "(", "["), fix(3, ")", "]"))], "[1]"),
        ("(1)", [error(fix(1, "(", "["), fix(9, ")", "]"))], None),  # a half is none
        ("ab", [error(fix(1, "xy", "abc"))], None),  # not what is there
        ("ab", [error(fix(1, "ab", "abc", file="a.h"))], None),
        ("ab", [error(fix(1, "ab", "abc", line=7))], None),
        ("ab", [error()], None),
    ],
)
def test_corrected(text: str, diagnostics: list[Diagnostic], meant: str | None) -> None:
    assert corrected(Source(text, "In[1]"), diagnostics) == meant


@pytest.mark.parametrize(
    ("text", "before", "line"),
    [
        ("std::sort(v)", "std::srot(v)", "std::sort(v)"),
        ("a\n  b\nc", "a\n  x\nc", "b ..."),
        ("#include <vector>\nv", "v", "#include <vector> ..."),
        ("x" * 50, "y", "x" * 26 + " ..."),
    ],
)
def test_summary(text: str, before: str, line: str) -> None:
    assert summary(text, before, 30) == line
