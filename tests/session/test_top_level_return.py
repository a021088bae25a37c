"""A `return` outside of functions ends its input; in a script, the script with that status."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run, Shell

# A script, its exit status, and what it prints (p prints a number).
_SCRIPTS = {
    "a number": ("return 5;\np(1);\n", 5, ""),
    "no value": ("p(1);\nreturn;\np(2);\n", 0, "1"),
    "a condition that holds": ("int k = 1;\nif (k) return 7;\np(1);\n", 7, ""),
    "a condition that does not": ("int k = 0;\nif (k) return 7;\np(1);\n", 0, "1"),
    "an else": ("int k = 0;\nif (k) p(1); else return 4;\np(2);\n", 4, ""),
    "a block": ("{\n    p(1);\n    return 3;\n    p(2);\n}\np(3);\n", 3, "1"),
    "a local variable": ("{\n    int n = 6;\n    return n + 1;\n}\n", 7, ""),
    "an endless loop": ("for (int i = 0;; i++)\n    if (i == 8) return i;\n", 8, ""),
    "a switch": ("switch (3) {\n    case 3: return 9;\n    default: p(1);\n}\np(2);\n", 9, ""),
    "a character": ("return 'A';\n", 65, ""),
    "a wide number": ("return 258L;\n", 2, ""),
    "no semicolon": ("return 6", 6, ""),
    "a variable of the same input": ("int n = 1; return n; int m = (p(1), 2);\n", 1, ""),
    "another statement of the same input": ("p(1); return 2; p(3);\n", 2, "1"),
}
_PRINT = 'extern {0} int printf(const char *, ...);\nvoid p(int n) {{ printf("%d", n); }}\n'


@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("case", _SCRIPTS)
def test_script(forkrepl: Run, tmp_path: Path, case: str, language: str) -> None:
    code, status, printed = _SCRIPTS[case]
    if language == "c" and "(p(1), 2)" in code:
        pytest.skip("void is no value in a constant of C")
    code = _PRINT.format('"C"' if language == "c++" else "") + code
    name = "script.c" if language == "c" else "script.cpp"
    (tmp_path / name).write_text(code)
    for result in forkrepl(name), forkrepl(f"-x{language}", input=code):
        assert (result.stdout, result.stderr, result.returncode) == (printed, "", status)


def test_code_option(forkrepl: Run) -> None:
    assert forkrepl("-c", "return 5;").returncode == 5


def test_what_is_not_an_integer_is_no_status(forkrepl: Run) -> None:
    assert forkrepl("-c", "return 2.5;").returncode == 0


def test_objects_of_the_block_are_destroyed_first(forkrepl: Run) -> None:
    code = (
        "#include <cstdio>\n"
        'struct Last { ~Last() { std::puts("global"); } } last;\n'
        'struct Loud { ~Loud() { std::puts("local"); } operator int() { return 4; } };\n'
        "{\n    Loud loud;\n    return Loud() + 1;\n}\n"
    )
    result = forkrepl(input=code)
    assert (result.stdout, result.returncode) == ("local\nlocal\nglobal\n", 5)


def test_in_a_session_the_value_is_shown_and_the_session_goes_on(shell: Shell) -> None:
    assert shell.run("return 5;") == "(int) 5\n"
    assert shell.run("int k = 3;") == ""
    assert shell.run("if (k > 2) return k * 1.5; k = 0;") == "(double) 4.5\n"
    assert shell.run("k") == "(int) 3\n"
    assert shell.run("{ if (k) return; k = 8; }") == ""
    assert shell.run("k") == "(int) 3\n"
    assert shell.run("#include <string>") == ""
    assert shell.run('{ std::string s = "local"; return s + "!"; }') == '(std::string) "local!"\n'
    assert shell.run("_.size()") == "(std::size_t) 6\n"
    assert shell.leave() == 0


def test_after_a_file_the_session_goes_on(open_shell: OpenShell, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text("int n = 4;\n")
    shell = open_shell("--quiet", "-i", "script.cpp")
    assert shell.run("return n;") == "(int) 4\n"


def test_of_a_session_in_c(open_shell: OpenShell) -> None:
    shell = open_shell("--quiet", "-xc")
    assert shell.run("struct point { int x, y; } p = {1, 2};") == ""
    assert (
        shell.run("for (;;) { if (p.x++ > 5) return p; }") == "(struct point) { .x = 7, .y = 2 }\n"
    )


def test_two_types_in_one_input(shell: Shell) -> None:
    shell.run("int k = 1;")
    assert "a value of type 'double' in an input that may end with one of type 'int'" in shell.run(
        "{ if (k) return 1; return 2.5; }"
    )
    assert shell.run("k") == "(int) 1\n"


def test_functions_and_lambdas_return_as_ever(shell: Shell) -> None:
    assert shell.run("int f(int n) { if (n) return 1; return 2; }") == ""
    assert shell.run("auto l = [](int n) { return n * 2; };") == ""
    assert shell.run("f(0) + l(4)") == "(int) 10\n"
    assert shell.run("[] { return 3; }()") == "(int) 3\n"
    assert (
        shell.run("{ struct S { int g() { return 4; } } s; return s.g() + f(1); }") == "(int) 5\n"
    )
    assert shell.run("return [] { return 6; }() + l(1);") == "(int) 8\n"


def test_undo(shell: Shell) -> None:
    shell.run("int n = 1;")
    assert shell.run("{ n = 2; return n; }") == "(int) 2\n"
    assert shell.run("%undo 2") is not None
    assert "undeclared identifier 'n'" in shell.run("n")
