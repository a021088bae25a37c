"""``%time`` and ``%timeit``: what they print, and that code does what it does without."""

from __future__ import annotations

import re

import pytest

from tests.support.program import Run, Shell, piped

_PER_LOOP = re.compile(
    r"^(?:[\d.e+]+ [mun]?s ± [\d.e+]+ [mun]?s per loop \(mean ± std\. dev\. of (\d+) runs, "
    r"([\d,]+) loops? each, best [\d.e+]+ [mun]?s, at -O(\d)\)|no more than the loop itself .*)$"
)


def per_loop(line: str) -> tuple[str | None, ...]:
    match = _PER_LOOP.match(line)
    assert match, line
    return match.groups()


@pytest.mark.parametrize("language", ["c", "c++"])
def test_time(forkrepl: Run, language: str) -> None:
    script = (
        "#include <time.h>\nint n = 1;\n"
        "%time int m = 5;\n"
        "%time m\n"
        "%time { struct timespec t = {0, 20000000}; nanosleep(&t, 0); }\n"
        "%time missing\n%time\nm\n"
    )
    result = forkrepl("-x", language, input=script)
    lines = result.stdout.splitlines()
    assert sum(line.startswith("wall time: ") for line in lines) == 3
    assert sum(line.startswith("compiling and linking: ") for line in lines) == 3
    assert lines.count("(int) 5") == 2  # also what %time declares stays
    sleeping = [line.split()[2:4] for line in lines if line.startswith("wall time: ")][-1]
    assert float(sleeping[0]) >= {"ms": 20, "s": 0.02}[sleeping[1].rstrip(",")]
    assert "-:6:1: error: use of undeclared identifier 'missing'" in result.stderr.replace(
        "-:6:7:", "-:6:1:"
    )
    assert "%time needs code; usage: %time CODE" in result.stderr


@pytest.mark.parametrize("language", ["c", "c++"])
def test_timeit(forkrepl: Run, language: str) -> None:
    script = (
        "int calls = 0;\nint f(int n) { ++calls; return n; }\nvoid g(void) { ++calls; }\n"
        "%timeit -n 10 -r 3 f(4)\n"
        "calls\n"
        "%timeit -r 2 -n 5 g()\n"
        "calls\n"
        "%timeit -n 2 -r 1 int q = f(3); calls += q;\n"
        "calls\n"
        "%timeit -n 1 break;\n%timeit -n 1 f(\n%timeit\n%timeit -n\n%timeit -r 0 f(1)\n"
        "%timeit f(nosuch)\n"
        "%undo\n"  # takes back `calls`: no helper has stayed in the session
        "g();\n"
    )
    result = forkrepl("-x", language, input=script)
    lines = result.stdout.splitlines()
    assert per_loop(lines[0]) == ("3", "10", "0")
    assert lines[1] == "(int) 30"
    assert per_loop(lines[2]) == ("2", "5", "0")
    assert lines[3] == "(int) 40"
    assert "per loop (1" not in lines[4]
    assert lines[5] == "(int) 48"  # once to each loop: f and the 3 that it returns
    for message in (
        "%timeit: the code has left the loop",
        "%timeit: the code ends where a ')' is missing",
        "%timeit needs code; usage: %timeit [-n N] [-r R] CODE",
        "%timeit needs a number after -n",
        "can do up to 1000 runs",
        "use of undeclared identifier 'nosuch'",
    ):
        assert message in result.stderr


def test_loops_are_chosen_and_the_code_is_not_optimised_away(forkrepl: Run) -> None:
    output, _ = piped(
        forkrepl,
        "%opt 2",
        "double third(double x) { return x / 3; }",
        "double d = 2;",
        "%timeit -r 2 third(d)",
    )
    runs, loops, level = per_loop(output.splitlines()[-1])
    assert (runs, level) == ("2", "2")
    assert int(str(loops).replace(",", "")) >= 1000


def test_an_exception_and_a_crash(shell: Shell) -> None:
    shell.run("int n = 1;")
    assert "uncaught exception of type int" in shell.run("%timeit -n 1 throw 1;")
    assert "SIGILL" in shell.run("%timeit -n 1 -r 1 n = 7; __builtin_trap();")
    assert "SIGILL" in shell.run("%time __builtin_trap();")
    assert shell.run("n") == "(int) 1\n"
    shell.type("%time for (;;) {")
    assert "SIGINT" not in shell.child.before
    shell.type("n = 3; break; }")
    assert "wall time" in shell.output()
    assert shell.run("n") == "(int) 3\n"
