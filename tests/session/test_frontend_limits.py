"""How long Clang may take, and how much memory; and Ctrl-C while it is busy."""

from __future__ import annotations

import os
import re
import resource
from contextlib import suppress
from pathlib import Path

import pytest

from repl import native_programs
from repl.clang.frontend import Frontend
from repl.configuration.session_options import SessionOptions
from repl.errors import CompileError
from repl.input.source import Source
from repl.session.live_session import LiveSession
from tests.support.program import OpenShell, Run, Shell

FOREVER = (
    "constexpr long forever(long n) { for (long i = 0; i < 1L << 40; ++i) n += i; return n; }\n"
    "constexpr long sum = forever(0);\n"
)
STEPS = "--Xcc=-fconstexpr-steps=2147483647"


def test_endless_evaluation(forkrepl: Run) -> None:
    result = forkrepl("--parse-timeout=2", STEPS, input=f"int n = 42;\n{FOREVER}n\n")
    assert result.stdout == "(int) 42\n"
    assert result.stderr == (
        "-:3: error: Clang did not finish within 2 s (--parse-timeout=SECONDS changes that)\n"
    )
    assert result.returncode == 1


def test_endless_evaluation_in_a_script(forkrepl: Run, tmp_path: Path) -> None:
    # Here it is begun while the input before it is compiled.
    (tmp_path / "script.cpp").write_text(f"int n = 42;\nn\n{FOREVER}n\n")
    result = forkrepl("--parse-timeout=2", STEPS, "script.cpp")
    assert result.stdout == "(int) 42\n"
    assert result.stderr.startswith("script.cpp:4: error: Clang did not finish within 2 s")
    assert result.returncode == 1


def test_include_that_nobody_writes_to(forkrepl: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.h")
    result = forkrepl("--parse-timeout=2", input='int n = 42;\n#include "pipe.h"\nn\n')
    assert result.stdout == "(int) 42\n"
    assert "did not finish within 2 s" in result.stderr


def test_templates_that_double(forkrepl: Run) -> None:
    code = (
        "int n = 42;\n"
        "template <int N, class... T> struct D : D<N - 1, T..., char>, D<N - 1, T..., int> {};\n"
        "template <class... T> struct D<0, T...> {};\nD<40> d;\nn\n"
    )
    result = forkrepl("--parse-timeout=2", input=code)
    assert result.stdout == "(int) 42\n"
    assert "-:4: error: Clang did not finish within 2 s" in result.stderr


def processor_ticks(session: int) -> int:
    """Of the busiest frontend process of a terminal session."""
    ticks = [0]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            _, name, fields = re.split(r"[()]", stat.read_text())
            numbers = fields.split()
            if name.startswith("forkrepl-front") and int(numbers[3]) == session:
                ticks.append(int(numbers[11]))
    return max(ticks)


def test_interrupt_while_clang_is_busy(open_shell: OpenShell) -> None:
    shell = open_shell("-q", STEPS)
    shell.run("int n = 42;")
    function, variable = FOREVER.splitlines()
    shell.run(function)
    interrupt_parse(shell, variable)
    assert shell.run("n") == "(int) 42\n"
    # The program's own handler gets it too.
    shell.run("#include <signal.h>")
    shell.run("void handler(int) { n = 43; }")
    shell.run("signal(SIGINT, handler);")
    interrupt_parse(shell, variable)
    assert shell.run("n") == "(int) 43\n"
    assert shell.leave() == 0


def interrupt_parse(shell: Shell, line: str) -> None:
    """Ctrl-C when Clang has been busy with this line for a while."""
    before = processor_ticks(shell.child.pid)
    shell.type(line)
    while processor_ticks(shell.child.pid) < before + 20:  # the test's time limit ends it
        assert shell.child.isalive()
    shell.child.sendintr()
    assert shell.wait_for_next_prompt().endswith("interrupted\r\n")


def test_memory() -> None:
    flags = ["-ftemplate-depth=100000000"]
    with Frontend(native_programs.frontend(), flags, memory_limit=500_000_000) as frontend:
        frontend.parse(Source("template <int N> struct A : A<N + 1> { char c[N + 1]; };", "In"))
        with pytest.raises(CompileError) as error:
            frontend.parse(Source("A<0> a;", "In"))
        assert str(error.value) == (
            "In:1: error: Clang needs more memory for this input than it may have"
        )
        assert frontend.parse(Source("int n;", "In")).bitcode


def test_memory_of_a_session() -> None:
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with LiveSession(SessionOptions()) as session:
        session.wait_until_ready()
        children = Path("/proc/self/task").glob("*/children")
        pids = [int(pid) for each in children for pid in each.read_text().split()]
        limits = [resource.prlimit(pid, resource.RLIMIT_DATA) for pid in pids]
    assert (machine // 2, machine // 2) in limits


@pytest.mark.parametrize("seconds", ["-1", "x", "nan", "1e6", ""])
def test_no_number_of_seconds(forkrepl: Run, seconds: str) -> None:
    result = forkrepl(f"--parse-timeout={seconds}", "-c", "1")
    assert result.returncode == 2
    assert f"'{seconds}' is no number of seconds" in result.stderr


def test_no_limit(forkrepl: Run) -> None:
    assert forkrepl("--parse-timeout=0", "-c", "6 * 7\n").stdout == "(int) 42\n"
    assert forkrepl("--parse-timeout=999999", "-c", "6 * 7\n").stdout == "(int) 42\n"


def test_errors_without_end() -> None:
    """Clang takes quadratic time for the declarations after its last error."""
    with Frontend(native_programs.frontend(), [], redefinition=True, parse_timeout=20) as frontend:
        frontend.parse(Source("int x = 0; int kept = 1;", "In"))
        with pytest.raises(CompileError, match="redefinition of 'x'"):
            frontend.parse(Source("int x = 1;\n" * 32_768, "In"))
        with pytest.raises(CompileError, match="too many errors"):
            frontend.parse(Source("undeclared = 1;\n" * 100, "In"))
        assert frontend.parse(Source("x = kept;", "In")).bitcode


def test_an_input_that_redefines_thousands() -> None:
    text = "".join(f"int v{number} = {number};\n" for number in range(2_000))
    with Frontend(native_programs.frontend(), [], redefinition=True) as frontend:
        frontend.parse(Source(text, "In"))
        assert frontend.parse(Source(text, "In")).bitcode
