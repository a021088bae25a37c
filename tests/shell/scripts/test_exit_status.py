"""What the program tells whoever started it: the documented exit statuses."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.program import OpenShell, Run, Shell

CRASHES = [
    ("*(volatile int *)0 = 1;", signal.SIGSEGV),
    ("__builtin_trap();", signal.SIGILL),
    ("#include <cstdlib>\nabort();", signal.SIGABRT),
    ("#include <csignal>\nraise(SIGKILL);", signal.SIGKILL),
    ("#include <csignal>\nraise(SIGTERM);", signal.SIGTERM),
    ("#include <exception>\nstd::terminate();", signal.SIGABRT),
    ("volatile int zero = 0;\nint n = 1 / zero;", signal.SIGFPE),
    ("int deep(int n) { volatile char c[1000] = {}; return deep(n + 1) + c[0]; }\ndeep(0);",
     signal.SIGSEGV),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", 0),
        ("1 + 1", 0),
        ("int x = missing;", 1),
        ("void nowhere();\nnowhere();", 1),
        ("throw 42;", 1),
        ('#include <stdexcept>\nthrow std::runtime_error("reason");', 1),
        ("int main() { throw 42; }", 1),
        ("#include <cstdlib>\nexit(0);", 0),
        ("#include <cstdlib>\nexit(7);", 7),
        ("#include <cstdlib>\nexit(256 + 7);", 7),
        ("#include <cstdlib>\nint main() { exit(7); }", 7),
        ("#include <cstdlib>\nquick_exit(7);", 7),
        ("#include <unistd.h>\n_exit(7);", 7),
        ("#include <cstdlib>\nstruct A { ~A() { _Exit(7); } } a;", 7),
        ("int main() { return 0; }", 0),
        ("int main() {}", 0),
        ("int main() { return 7; }", 7),
        ("int main() { return -1; }", 255),
        ("int main() { return 7; }\nint x = missing;", 1),
        ("%nonsense", 1),
        ("%undo", 1),
        ("%lib nowhere", 1),
        ("%quit\nint x = missing;", 0),
    ],
)
def test_of_code(forkrepl: Run, code: str, status: int) -> None:
    assert forkrepl("-c", code).returncode == status


@pytest.mark.parametrize(("code", "number"), CRASHES)
def test_of_fatal_signals(forkrepl: Run, code: str, number: signal.Signals) -> None:
    result = forkrepl("-c", code)
    assert result.returncode == 128 + number
    assert number.name in result.stderr


@pytest.mark.parametrize(("code", "number"), CRASHES[:3])
def test_of_fatal_signals_in_main(
    forkrepl: Run, tmp_path: Path, code: str, number: signal.Signals
) -> None:
    *before, last = code.split("\n")
    lines = [*before, f"int main() {{ {last} }}", ""]
    (tmp_path / "script.cpp").write_text("\n".join(lines))
    assert forkrepl("script.cpp").returncode == 128 + number


def test_of_an_uncaught_exception_names_it(forkrepl: Run) -> None:
    result = forkrepl("-c", '#include <stdexcept>\nthrow std::runtime_error("the reason");')
    assert "std::runtime_error" in result.stderr
    assert "the reason" in result.stderr


def test_of_standard_input(forkrepl: Run) -> None:
    assert forkrepl(input="1\n").returncode == 0
    assert forkrepl(input="int x = missing;\n1\n").returncode == 1
    assert forkrepl(input="throw 1;\n1\n").returncode == 1
    assert forkrepl(input="#include <cstdlib>\nexit(7);\n").returncode == 7
    assert forkrepl(input="int main() { return 7; }\n").returncode == 7


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["-c"],
        ["-x", "cobol", "-c", "1"],
        ["-Ofoo", "-c", "1"],
        ["--color=purple", "-c", "1"],
    ],
)
def test_of_wrong_usage(forkrepl: Run, arguments: list[str]) -> None:
    result = forkrepl(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "forkrepl: error: " in result.stderr


def test_of_a_session_that_recovered(shell: Shell) -> None:
    assert "missing" in shell.run("int x = missing;")
    assert "int" in shell.run("throw 42;")
    assert "SIGSEGV" in shell.run("*(volatile int *)0 = 1;")
    assert "SIGABRT" in shell.run("__builtin_abort();")
    assert shell.run("1 + 1") == "(int) 2\n"
    assert shell.leave() == 0


@pytest.mark.parametrize("command", ["%quit", "%quit  "])
def test_of_a_session_that_quits(shell: Shell, command: str) -> None:
    shell.type(command)
    assert shell.wait() == 0


def test_of_a_session_whose_program_exits(open_shell: OpenShell) -> None:
    shell = open_shell("-q")
    shell.run("#include <cstdlib>")
    shell.type("exit(7);")
    assert shell.wait() == 7


def test_of_a_script_that_quits_after_an_error(forkrepl: Run) -> None:
    assert forkrepl(input="missing\n%quit\n1\n").returncode == 1


def test_of_a_script_that_ends_too_early(forkrepl: Run) -> None:
    """What comes before the unfinished input runs all the same."""
    result = forkrepl("-c", "int n = 42;\nn\nint g() {\n")
    assert (result.returncode, result.stdout) == (1, "(int) 42\n")
    assert "-c:3:10: error: expected '}'" in result.stderr
