"""``forkrepl link --times``: the stages, and the passes of the linker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.program import Run
from tests.support.runtime import make_object

STAGES = ["compile_ms", "read_ms", "link_ms", "run_ms"]
PASSES = [
    "build",
    "discard_groups",
    "resolve",
    "reach",
    "lay_out",
    "allocate",
    "addresses",
    "copy",
    "tables",
    "relocate",
    "finalize",
    "register",
    "export",
]


@pytest.fixture
def program(tmp_path: Path) -> list[Path]:
    """A source and an object; the program ends by itself, with status 4."""
    source = tmp_path / "main.c"
    source.write_text("#include <stdlib.h>\nint f(void); int main(void) { exit(f()); }")
    return [source, make_object(tmp_path / "f.o", "int f(void) { return 4; }")]


@pytest.mark.parametrize("memory", ["shared", "stream"])
def test_one_line_of_json(forkrepl: Run, program: list[Path], memory: str) -> None:
    result = forkrepl("link", "--times=json", f"--memory={memory}", *program)
    assert result.returncode == 4
    assert result.stderr.count("\n") == 1
    times = json.loads(result.stderr)
    passes = times.pop("passes_ms")
    assert list(times) == STAGES
    assert list(passes) == PASSES
    assert all(spent >= 0 for spent in [*times.values(), *passes.values()])
    assert sum(passes.values()) <= times["link_ms"]


def test_table(forkrepl: Run, program: list[Path]) -> None:
    result = forkrepl("link", *program, "--times")
    assert result.returncode == 4
    rows = dict(line.rsplit(maxsplit=1) for line in result.stderr.splitlines())
    names = [name.strip().replace(" ", "_") for name in rows]
    assert names == [*STAGES[:3], *PASSES, "run_ms"]
    assert all(float(spent) >= 0 for spent in rows.values())


def test_nothing_is_compiled(forkrepl: Run, tmp_path: Path) -> None:
    main = make_object(tmp_path / "main.o", "int main(void) { return 0; }")
    times = json.loads(forkrepl("link", "--times=json", main).stderr)
    assert times["compile_ms"] == 0


def test_a_failed_link_tells_how_far_it_came(forkrepl: Run, tmp_path: Path) -> None:
    main = make_object(tmp_path / "main.o", "int f(void); int main(void) { return f(); }")
    result = forkrepl("link", "--times=json", main)
    assert result.returncode == 1
    line, error = result.stderr.splitlines()
    assert list(json.loads(line)["passes_ms"]) == ["build", "discard_groups"]
    assert "undefined symbol: f" in error


def test_no_times_unless_asked_for(forkrepl: Run, program: list[Path]) -> None:
    assert forkrepl("link", *program).stderr == ""
