"""Symbols that nothing defines: all are named at once, and the session goes on."""

from __future__ import annotations

import pytest

from tests.support.program import Run, Shell

DECLARATIONS = """\
void plain();
namespace deep::inside { int function(int, const char *); }
struct Thing { static long count; void method() const; };
extern "C" int c_function(void);
extern int variable;
template <class T> T generic(T);
"""
USE = """\
int used = [] {
    plain();
    Thing::count = 1;
    Thing().method();
    return deep::inside::function(1, "") + c_function() + variable + generic(1);
}();
"""
NAMES = [
    "plain()",
    "deep::inside::function(int, char const*)",
    "Thing::count",
    "Thing::method() const",
    "c_function",
    "variable",
    "int generic<int>(int)",
]


def test_all_are_reported_together_and_demangled(forkrepl: Run) -> None:
    result = forkrepl(input=DECLARATIONS + USE + "int after = 42;\nafter\n")
    for name in NAMES:
        assert any(line.strip() == name for line in result.stderr.splitlines()), name
    assert "_Z" not in result.stderr
    assert result.stdout == "(int) 42\n"
    assert result.returncode == 1


def test_input_that_failed_can_be_defined_again(forkrepl: Run) -> None:
    result = forkrepl(
        input="int later(int);\nint n = later(1);\n"
        "int later(int n) { return n + 1; }\nint n = later(41);\nn\n"
    )
    assert "later(int)" in result.stderr
    assert result.stderr.count("undefined symbol") == 1
    assert result.stdout == "(int) 42\n"


def test_nothing_of_the_input_takes_effect(forkrepl: Run) -> None:
    declarations = "#include <cstdio>\nvoid missing();\n"
    result = forkrepl(input=declarations + 'int n = 1; puts("ran"); missing();\nn\n')
    assert result.stdout == ""
    assert "undeclared identifier 'n'" in result.stderr


def test_weak_symbol_may_be_missing(forkrepl: Run) -> None:
    code = "__attribute__((weak)) void maybe();\nint there() { return maybe ? 1 : 2; }\nthere()\n"
    result = forkrepl("-c", code)
    assert (result.stdout, result.stderr) == ("(int) 2\n", "")


@pytest.mark.parametrize("name", ["missing_function", "printf_but_not_quite"])
def test_in_c(forkrepl: Run, name: str) -> None:
    result = forkrepl("-x", "c", "-c", f"int {name}(int);\n{name}(1)\n")
    assert result.returncode == 1
    assert result.stderr.rstrip().endswith(name)


def test_interactively(shell: Shell) -> None:
    shell.run("void missing(); int kept = 42;")
    assert "missing()" in shell.run("missing();")
    assert shell.run("kept") == "(int) 42\n"
    # A library that has it helps.
    shell.run('extern "C" double cbrt(double);')
    shell.run("%lib m")
    assert shell.run("cbrt(27) > 2.9") == "(bool) true\n"
    assert shell.leave() == 0
