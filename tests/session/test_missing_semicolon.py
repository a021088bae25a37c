"""A declaration without `;` at the end of an input is accepted, and its value is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Run, Shell

_CASES = {
    "int a = 10": "(int) 10\n",
    "int a = 10 // ten": "(int) 10\n",
    "int a = 1, b = 2": "(int) 2\n",
    "auto a = 2.5": "(double) 2.5\n",
    "int a": "(int) 0\n",
    "int t[] = {1, 2}": "(int[2]) { 1, 2 }\n",
    "struct P { int x; } p{4}": "(P) { .x = 4 }\n",
    "struct P { int x; }": "",
    "typedef int number": "",
    "using number = int": "",
    "extern int elsewhere": "",
    "namespace N {} using namespace N": "",
    "int n = 0; do n++; while (n < 3)": "",
    "static const long n = 6": "(const long) 6\n",
}


@pytest.mark.parametrize("code", _CASES)
def test_end_of_an_input(forkrepl: Run, code: str) -> None:
    result = forkrepl("-c", code)
    assert (result.stdout, result.stderr, result.returncode) == (_CASES[code], "", 0)


def test_classes_of_the_library(shell: Shell) -> None:
    assert shell.run("#include <vector>") == ""
    assert shell.run("auto v = std::vector{1, 2}") == "(std::vector<int>) { 1, 2 }\n"
    assert shell.run("v.size()") == "(size_t) 2\n"


def test_redefinition_and_undo(shell: Shell) -> None:
    assert shell.run("double a = 2.5") == "(double) 2.5\n"
    assert shell.run("int a = 10") == "(int) 10\n"
    assert shell.run("a + 1") == "(int) 11\n"
    shell.run("%undo 2")
    assert shell.run("a") == "(double) 2.5\n"
    assert "undeclared identifier 'nosuch'" in shell.run("nosuch")
    assert shell.run("a") == "(double) 2.5\n"


def test_what_is_saved_is_a_program(forkrepl: Run, tmp_path: Path) -> None:
    forkrepl(input="int a = 10\nint b = 2 // two\nstruct P { int x; }\n%save saved.cpp\n")
    result = forkrepl("link", "saved.cpp")
    assert (result.stderr, result.returncode) == ("", 0)


def test_c(forkrepl: Run) -> None:
    result = forkrepl("-xc", input="struct p { int x; } s = {3}\n")
    assert (result.stdout, result.stderr) == ("(struct p) { .x = 3 }\n", "")


@pytest.mark.parametrize(
    "code",
    ["int f()", "struct P", "int a = nosuch", "auto a", "int 3", "int a = 1 int b = 2 int c"],
)
def test_other_mistakes_stay(forkrepl: Run, code: str) -> None:
    result = forkrepl(input=code + "\n")
    assert ": error: " in result.stderr
    assert result.returncode == 1


def test_a_line_that_goes_on(forkrepl: Run, tmp_path: Path) -> None:
    code = "int a = 10\n    + 5;\na\nint f(int n)\n{\n    return n;\n}\nf(3)\n"
    (tmp_path / "script.cpp").write_text(code)
    for result in forkrepl("script.cpp"), forkrepl(input=code):
        assert (result.stdout, result.stderr) == ("(int) 15\n(int) 3\n", "")
