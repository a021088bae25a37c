"""A program whose machine code two processes make does, and says, what it does natively."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.divided import Divided
from tests.support.program import Run
from tests.tables.divided_table import ROWS
from tests.tables.program_table import CXX, Row
from tests.tables.suite_table import Program, compare

# LLVM checks what is left of the module in each of the processes.
CHECKED = "-fverify-intermediate-code"
FLAGS = {
    "-O0": ("-O0",),
    "-O2": ("-O2",),
    "-Os, hidden": ("-Os", "-fvisibility=hidden", "-fdata-sections"),
    "-O1, instrumented": (
        "-O1",
        "-fstack-protector-all",
        "-fcf-protection",
        "-fno-pic",
        "-no-pie",
    ),
}


@pytest.fixture
def divided(tmp_path: Path) -> Divided:
    return Divided(tmp_path)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_as_natively(
    tmp_path: Path, divided: Divided, monkeypatch: pytest.MonkeyPatch, row: Row, flags: str
) -> None:
    path = tmp_path / f"program.{row.suffix}"
    path.write_text(row.text)
    monkeypatch.setenv("PYTHONPATH", divided.python_path)
    language = "c++" if row.suffix == CXX else "c"
    program = Program(path, language, (*FLAGS[flags], CHECKED, *row.flags))
    assert compare(program, ["file"], skips_crashes=False) == []
    assert divided.take_objects() == [2]


FRAMES = """void use(char *p) { *p = 1; }
int f0() { char a[F0]; use(a); return a[0]; }
int f1() { char a[F1]; use(a); return a[0]; }
int f2() { char a[F2]; use(a); return a[0]; }
int f3() { char a[F3]; use(a); return a[0]; }
int main() { int unused; return f0() + f1() + f2() + f3() - 4; }
"""


@pytest.mark.parametrize("large", ["0", "1", "2", "02", "13", "01", "0123"])
def test_warnings_of_the_back_end(
    forkrepl: Run, tmp_path: Path, divided: Divided, large: str
) -> None:
    sizes = [f"-DF{name}={900 if name in large else 10}" for name in "0123"]
    flags = ["-Wall", "-Wframe-larger-than=500", *sizes]
    (tmp_path / "program.cpp").write_text(FRAMES)
    expected = natively(tmp_path, flags)
    result = forkrepl(*flags, "program.cpp", PYTHONPATH=divided.python_path)
    assert (result.stderr, result.returncode) == (expected, 0)
    # f2 is in one half and the others are in the other: who knows what comes first?
    is_whole = divided.take_objects()[-1] == 1
    assert is_whole == (large in ("02", "0123"))


REJECTED = {
    "assembly": 'int f(int n) { asm("bogus %0" : "+r"(n)); return n; }\n',
    "a call": '__attribute__((error("never"))) int bad();\nint f(int n) { return bad() + n; }\n',
    "a warning": '__attribute__((warning("no"))) int poor(int n) { return n; }\n'
    "int f(int n) { return poor(n); }\n",
}


@pytest.mark.parametrize("name", REJECTED)
def test_errors_of_the_back_end(forkrepl: Run, tmp_path: Path, divided: Divided, name: str) -> None:
    others = "".join(f"int g{n}(int n) {{ return n * {n}; }}\n" for n in range(9))
    (tmp_path / "program.cpp").write_text(
        f"{others}{REJECTED[name]}int main() {{ return f(3) + g1(2); }}\n"
    )
    expected = natively(tmp_path, ["-Werror"])
    for path in ("", divided.python_path):
        result = forkrepl("-Werror", "program.cpp", PYTHONPATH=path)
        assert result.stderr == expected
        assert (result.returncode, result.stdout) == (1, "")


def natively(folder: Path, flags: list[str]) -> str:
    """What the compiler says."""
    command = ["clang++-22", *flags, "-c", "-o", "/dev/null", "program.cpp"]
    compiled = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    return compiled.stderr


def test_a_crash_is_reported_with_the_lines_of_both(
    forkrepl: Run, tmp_path: Path, divided: Divided
) -> None:
    calls = "".join(
        f"int f{n}(int *p) {{\n  int n = {n};\n  return f{n - 1}(p) + n;\n}}\n" for n in range(1, 3)
    )
    (tmp_path / "program.cpp").write_text(
        f"int f0(int *p) {{\n  return *p;\n}}\n{calls}int main() {{\n  return f2(nullptr);\n}}\n"
    )
    whole = forkrepl("--no-cache", "program.cpp")
    result = forkrepl("--no-cache", "program.cpp", PYTHONPATH=divided.python_path)
    assert divided.take_objects() == [2]
    assert result.stderr == whole.stderr
    assert all(f"program.cpp:{line}:" in result.stderr for line in (2, 6, 10, 13))


def test_both_objects_are_kept(forkrepl: Run, tmp_path: Path, divided: Divided) -> None:
    (tmp_path / "program.cpp").write_text(ROWS[-1].text)
    command, cache = ("-std=c++20", "program.cpp"), str(tmp_path / "cache")
    first = forkrepl(*command, XDG_CACHE_HOME=cache, PYTHONPATH=divided.python_path)
    assert divided.take_objects() == [2]
    again = forkrepl(*command, XDG_CACHE_HOME=cache)
    assert (again.stdout, again.returncode) == (first.stdout, 0)
    assert len(first.stdout.splitlines()) == 4


def test_one_at_the_prompt(forkrepl: Run, tmp_path: Path, divided: Divided) -> None:
    (tmp_path / "program.cpp").write_text(
        "static int n = 3;\nint f() { return n; }\nint g() { return 2; }\n"
        "int main() { return g(); }\n"
    )
    result = forkrepl("-i", "program.cpp", input="f() + g()\n", PYTHONPATH=divided.python_path)
    assert divided.take_objects() == [2]
    assert (result.stdout, result.stderr) == ("(int) 5\n", "")


def test_large_ones_if_there_are_two_processors(forkrepl: Run, tmp_path: Path) -> None:
    counted = Divided(tmp_path, is_forced=False)
    processors = sorted(os.sched_getaffinity(0))
    large = '#include <regex>\nint main() { return std::regex("(a)").mark_count() - 1; }\n'
    small = "int f() { return 1; }\nint main() { return f() - 1; }\n"
    for text, most in ((large, 2), (small, 1)):
        (tmp_path / "program.cpp").write_text(text)
        for allowed in (processors, processors[:1]):
            wrapper = ["taskset", "-c", ",".join(map(str, allowed))]
            command = ("--no-cache", "program.cpp")
            assert (
                forkrepl(*command, wrapper=wrapper, PYTHONPATH=counted.python_path).returncode == 0
            )
            assert counted.take_objects() == [min(most, len(allowed))]
