"""``%reset``: the program ends as by exit(0), and another begins."""

from __future__ import annotations

from tests.support.program import Run

PROGRAM = """#include <cstdio>
#include <cstdlib>
struct Noisy { const char *name; ~Noisy() { std::printf("%s is destroyed\\n", name); } };
Noisy first{"first"};
std::atexit([] { std::puts("handler"); });
Noisy second{"second"};
"""
TORN_DOWN = "second is destroyed\nhandler\nfirst is destroyed\n"


def test_everything_registered_runs_once_and_then_nothing_is_there(forkrepl: Run) -> None:
    result = forkrepl(input=PROGRAM + "%reset\nint first = 5;\nfirst\n")
    assert (result.stdout, result.stderr) == (TORN_DOWN + "(int) 5\n", "")
    assert result.returncode == 0


def test_macros_and_includes_are_gone_too(forkrepl: Run) -> None:
    result = forkrepl(input="#include <cstdio>\n#define N 3\n%reset\nint N = 4;\nN\nputs\n")
    assert result.stdout == "(int) 4\n"
    assert "use of undeclared identifier 'puts'" in result.stderr


def test_libraries_of_the_command_line_are_there_again(forkrepl: Run) -> None:
    script = 'extern "C" double cos(double);\ncos(0.0)\n'
    result = forkrepl("-l", "m", input=script + "%reset\n" + script)
    assert (result.stdout, result.stderr) == ("(double) 1.0\n" * 2, "")


def test_a_handler_that_crashes_costs_nothing_more(forkrepl: Run) -> None:
    result = forkrepl(
        input="#include <cstdlib>\nstd::atexit([] { *(volatile int *)0 = 1; });\n%reset\n6 * 7\n"
    )
    assert (result.stdout, result.returncode) == ("(int) 42\n", 128 + 11)
    assert "SIGSEGV" in result.stderr


def test_without_anything_typed_and_with_an_argument(forkrepl: Run) -> None:
    result = forkrepl(input="%reset\n%reset now\n1\n")
    assert result.stdout == "(int) 1\n"
    assert "%reset takes no argument" in result.stderr
