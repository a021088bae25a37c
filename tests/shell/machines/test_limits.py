"""Limits of a shell (``ulimit``): it works within them, or says which one is too low."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.machines import with_limits
from tests.support.program import Run, values

INPUTS = """\
int n = 5;
n
n = 6; *(volatile int *)0;
n
++n
%rewind 1
n
"""


@pytest.mark.parametrize("limit", ["-n 20", "-v 500000", "-f 0"])
def test_a_session_works(forkrepl: Run, limit: str) -> None:
    result = forkrepl(input=INPUTS, wrapper=with_limits(limit), timeout=60)
    assert values(result.stdout) == ["5", "5", "6", "5"]
    assert result.stderr.endswith("rolled back: memory and declarations are as before this input\n")


def test_too_few_open_files(forkrepl: Run) -> None:
    """For every number: it works, or says so, and never hangs."""
    for most in (6, 10, 13, 16, 18):
        result = forkrepl(input="int n = 5;\nn\n", wrapper=with_limits(f"-n {most}"))
        if values(result.stdout) != ["5"]:
            assert result.returncode == 1
        if result.returncode:
            assert "forkrepl: error: " in result.stderr or "cannot reserve" in result.stderr
            assert f"the limit of open files is {most} (ulimit -n)" in result.stderr


def test_a_file_that_cannot_be_compiled(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text("int main() { return 3; }\n")
    result = forkrepl("program.cpp", wrapper=with_limits("-f 0"))
    assert (result.returncode, result.stdout) == (1, "")
    assert "the limit of the size of files is 0 KiB (ulimit -f)" in result.stderr
    assert len(result.stderr.splitlines()) == 1
