"""``-fopenmp``: its library, and its pragmas in files, in sessions and after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from repl.clang.options import gathering
from repl.command_line.arguments import parse
from runtime.errors import RuntimeFailure
from tests.support.program import OpenShell, Run

PROGRAM = """\
#include <cstdio>
#include <omp.h>
int main() {
  long sum = 0;
#pragma omp parallel for reduction(+ : sum) num_threads(4)
  for (int i = 0; i < 1000; ++i) sum += i;
  printf("%ld %d\\n", sum, omp_in_parallel());
}
"""
INPUTS = """\
#include <omp.h>
long sum = 0;
#pragma omp parallel for \\
    reduction(+ : sum) // of all
for (int i = 0; i < 1000; ++i)
  sum += i;
sum
int n[4] = {};
#pragma omp parallel num_threads(4)
#pragma omp critical(name)
{ n[omp_get_thread_num()] += omp_get_num_threads(); }
n
int twice = 0;
#pragma omp threadprivate(twice)
#pragma omp declare reduction(join : int : omp_out += omp_in)
#pragma omp parallel sections
{
#pragma omp section
  n[0] = 5;
#pragma omp section
  n[1] = 6;
}
for (int i = 0; i < 2; ++i)
#pragma omp simd
  for (int j = 0; j < 2; ++j)
    n[2 + j]++;
n
"""
SHOWN = "(long) 499500\n(int[4]) { 4, 4, 4, 4 }\n(int[4]) { 5, 6, 6, 6 }\n"


@pytest.fixture
def _has_library() -> None:
    try:
        parse(["-fopenmp"])
    except SystemExit:
        pytest.skip("libomp is not installed: .ci/setup --for-tests")


@pytest.mark.usefixtures("_has_library")
def test_programs_and_inputs(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text(PROGRAM)
    for command in ([], ["link"]):
        result = forkrepl(*command, "-fopenmp", "program.cpp")
        assert (result.stdout, result.stderr) == ("499500 0\n", "")
    (tmp_path / "inputs.cpp").write_text(INPUTS)
    result = forkrepl("-fopenmp", "inputs.cpp")
    assert (result.stdout, result.stderr) == (SHOWN, "")
    result = forkrepl("-fopenmp", input=INPUTS)
    assert (result.stdout, result.stderr) == (SHOWN, "")


@pytest.mark.usefixtures("_has_library")
def test_a_session_that_goes_back(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "-fopenmp")
    shell.run("int n[4] = {}; int *p = nullptr;")
    # The directive alone is not complete: the statement follows it.
    loop = "#pragma omp parallel for num_threads(4)\nfor (int i = 0; i < 4; ++i) n[i]++;"
    shell.run(loop)
    assert shell.run("n") == "(int[4]) { 1, 1, 1, 1 }\n"
    assert "SIGSEGV" in shell.run("*p")
    # The library's threads did not come with the process that took over: it starts others.
    shell.run(loop)
    assert shell.run("n") == "(int[4]) { 2, 2, 2, 2 }\n"
    shell.run("%rewind 2")
    shell.run(loop)
    assert shell.run("n") == "(int[4]) { 2, 2, 2, 2 }\n"


def test_wrong_directives(forkrepl: Run) -> None:
    text = "int n;\n#pragma omp parallel for\nn = 1;\nn = 2;\nn\n"
    result = forkrepl("-fopenmp", "-i", input=text)
    assert ":2:" in result.stderr or ":3:" in result.stderr
    assert "must be a for loop" in result.stderr
    assert result.stdout == "(int) 2\n"
    # Without the option they say nothing, as natively.
    assert forkrepl(input=text).stdout == "(int) 2\n"


def test_a_missing_library_is_told_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str, folders: Sequence[str]) -> list[str]:
        raise RuntimeFailure("no library")

    monkeypatch.setattr(gathering, "find_library", nothing)
    with pytest.raises(SystemExit) as ended:
        parse(["-fopenmp"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "-fopenmp needs the library libomp, which is not installed: apt-get install" in said
    parse(["-fopenmp", "-fno-openmp"])
    parse(["-fopenmp-simd"])
