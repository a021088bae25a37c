"""``--perf``: the file that tells perf which functions are where."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runtime.errors import ExecutorError
from tests.support.program import Run
from tests.support.runtime import compile_source, make_object, running_program

SNIPPETS = """\
extern "C" int getpid();
namespace shapes { struct Square { int side; int area(); }; }
int shapes::Square::area() { return side * side; }
shapes::Square{3}.area()
getpid()
"""
PRINT_PID = """
#include <stdio.h>
#include <unistd.h>
static int twice(int n) { return 2 * n; }
int (*volatile call)(int) = twice;
int main(void) { printf("%d\\n", getpid()); return call(0); }
"""


@pytest.fixture
def map_file() -> Iterator[list[Path]]:
    """Put paths in; they are removed at the end."""
    paths: list[Path] = []
    yield paths
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()


def map_of(pid: int) -> Path:
    return Path(f"/tmp/perf-{pid}.map")  # where perf looks, whatever TMPDIR is


def entries(path: Path) -> dict[str, tuple[int, int]]:
    """Of each function: its start and its size. Checks the format."""
    found = {}
    for line in path.read_text().splitlines():
        match = re.fullmatch(r"([0-9a-f]+) ([0-9a-f]+) (.*)", line)
        assert match is not None, line
        found[match[3]] = (int(match[1], 16), int(match[2], 16))
    return found


def test_snippets(forkrepl: Run, tmp_path: Path, map_file: list[Path]) -> None:
    (tmp_path / "script.cpp").write_text(SNIPPETS)
    result = forkrepl("--perf", "script.cpp")
    assert result.returncode == 0, result.stderr
    path = map_of(int(result.stdout.split()[-1]))
    map_file.append(path)
    status = path.lstat()
    assert stat.filemode(status.st_mode) == "-rw-------"
    assert status.st_uid == os.getuid()
    assert "shapes::Square::area() [script.cpp:2 to script.cpp:3]" in entries(path)


def test_linked_programs(forkrepl: Run, tmp_path: Path, map_file: list[Path]) -> None:
    main = make_object(tmp_path / "main.o", PRINT_PID)
    result = forkrepl("link", "--perf", main)
    assert result.returncode == 0, result.stderr
    path = map_of(int(result.stdout))
    map_file.append(path)
    found = entries(path)
    assert set(found) == {f"main [{main}]", f"twice [{main}]"}
    (first, first_size), (second, second_size) = sorted(found.values())
    assert first + first_size <= second
    assert min(first_size, second_size) > 0


def test_nothing_is_written_without_it(forkrepl: Run, tmp_path: Path) -> None:
    result = forkrepl("link", make_object(tmp_path / "main.o", PRINT_PID))
    assert not map_of(int(result.stdout)).exists()


def test_shared_memory_is_refused(forkrepl: Run, tmp_path: Path) -> None:
    main = make_object(tmp_path / "main.o", PRINT_PID)
    for memory in ("shared", "in-process"):
        result = forkrepl("link", "--perf", f"--memory={memory}", main)
        assert result.returncode == 2
        assert "--perf needs --memory=stream" in result.stderr


def test_lines_are_appended_and_an_old_file_goes(map_file: list[Path]) -> None:
    with running_program() as program:
        path = map_of(program.process.pid)
        map_file.append(path)
        path.write_text("of an earlier process with the same number\n")
        path.chmod(0o644)
        program.process.append_perf_map(b"1 2 one\n")
        program.process.append_perf_map(b"3 4 two\n")
        assert path.read_text() == "1 2 one\n3 4 two\n"
        assert stat.filemode(path.stat().st_mode) == "-rw-------"


@pytest.mark.parametrize("when", ["before", "later"])
@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "folder", "fifo"])
def test_what_is_no_file_of_ours_is_left_alone(map_file: list[Path], kind: str, when: str) -> None:
    with running_program() as program, tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = map_of(program.process.pid)
        victim = Path(folder, "victim")
        victim.write_text("precious")
        if when == "later":
            program.process.append_perf_map(b"1 2 one\n")
            path.unlink()
        if kind == "symbolic link":
            path.symlink_to(victim)
        elif kind == "hard link":
            path.hardlink_to(victim)
        elif kind == "folder":
            path.mkdir()
        else:
            os.mkfifo(path)
        try:
            with pytest.raises(ExecutorError, match=f"{path} cannot be written"):
                program.process.append_perf_map(b"5 6 three\n")
            assert victim.read_text() == "precious"
            program.load(compile_source("int still_works;", "-fPIC"))
        finally:
            path.rmdir() if kind == "folder" else path.unlink()
