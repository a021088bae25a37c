"""argc and argv in a file of statements, piped, and with -c."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Run

_CODE = "argc\nargv[argc - 1]\nargv[argc] == 0\n"


@pytest.mark.parametrize("language", ["c", "c++"])
def test_names(forkrepl: Run, tmp_path: Path, language: str) -> None:
    name = "script.c" if language == "c" else "script.cpp"
    (tmp_path / name).write_text(_CODE)
    truth = "(int) 1" if language == "c" else "(bool) true"
    printed = f'(int) 3\n(char *) "two"\n{truth}\n'
    assert forkrepl(name, "one", "two").stdout == printed
    assert forkrepl(f"-x{language}", "-", "one", "two", input=_CODE).stdout == printed
    assert forkrepl(f"-x{language}", "-c", _CODE, "one", "two").stdout == printed


def test_functions_see_them(forkrepl: Run) -> None:
    code = "int last() { return argv[argc - 1][0]; }\nint n = argc;\nchar(last())\nn"
    assert forkrepl("-c", code, "x").stdout == "(char) 'x'\n(int) 2\n"


def test_names_of_the_users_own_come_first(forkrepl: Run) -> None:
    code = "int f(int argc) { return argc; }\nf(9)\nint argc = 7;\nargc\n"
    code += 'const char *argv = "mine";\nargv\n'
    assert forkrepl(input=code).stdout == '(int) 9\n(int) 7\n(const char *) "mine"\n'
