"""Objects, archives and libraries before FILE, or instead of it: they are loaded first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.libraries import archive, compile_object
from tests.support.program import Run

COUNT = """
#include <cstdio>
extern "C" int step(int);
extern "C" int count(int n) { static int all = 0; return all = step(all) + n - 1; }
static struct Told {
  Told() { std::puts("comes"); std::fflush(stdout); }
  ~Told() { std::puts("goes"); std::fflush(stdout); }
} told;
"""
STEP = 'extern "C" int step(int n) { return n + 1; }'
THROWS = "static int n = [] { throw 1; return 2; }();"
USE = 'extern "C" int count(int);\n'
PROGRAM = USE + '#include <cstdio>\nint main() { std::printf("%d\\n", count(2) + count(3)); }\n'


@pytest.fixture
def objects(tmp_path: Path) -> list[Path]:
    """One that needs the other."""
    return [
        compile_object(tmp_path, "count.cpp", COUNT),
        compile_object(tmp_path, "step.cpp", STEP),
    ]


def test_before_inputs(forkrepl: Run, objects: list[Path]) -> None:
    done = forkrepl(*objects, "-c", f"{USE}count(2)\ncount(3)")
    assert (done.stdout, done.stderr) == ("comes\n(int) 2\n(int) 5\ngoes\n", "")


def test_before_a_program(forkrepl: Run, objects: list[Path], tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text(PROGRAM)
    done = forkrepl(*objects, "program.cpp")
    assert (done.stdout, done.stderr, done.returncode) == ("comes\n7\ngoes\n", "", 0)


def test_alone_before_a_session(forkrepl: Run, objects: list[Path]) -> None:
    """After a crash they are there as they were."""
    done = forkrepl(*objects, input=f"{USE}count(2)\n*(volatile int *)8\ncount(3)\n")
    assert done.stdout == "comes\n(int) 2\n(int) 5\ngoes\n"


def test_with_what_an_archive_has(forkrepl: Run, objects: list[Path], tmp_path: Path) -> None:
    made = archive(tmp_path / "libstep.a", objects[1])
    for words in ([objects[0], made], [made, objects[0]]):
        done = forkrepl(*words, "-c", f"{USE}count(2)")
        assert (done.stdout, done.stderr) == ("comes\n(int) 2\ngoes\n", "")


def test_what_is_missing_is_told(forkrepl: Run, objects: list[Path]) -> None:
    done = forkrepl(objects[0], "-c", "1")
    assert (done.stdout, done.returncode) == ("", 1)
    assert "count.o" in done.stderr
    assert "step" in done.stderr


def test_an_initializer_that_throws_is_told(forkrepl: Run, tmp_path: Path) -> None:
    done = forkrepl(compile_object(tmp_path, "throws.cpp", THROWS), "-c", "1")
    assert (done.stdout, done.returncode) == ("", 1)
    assert "throws.o: an initializer threw int" in done.stderr
