"""Programs that were compiled before: found again, and only if nothing has changed.

An entry that was used has a new time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from repl.caching.entries import Entries, key_of
from repl.caching.stamps import Dependencies
from tests.support.program import PROGRAM, Run, user_environment

PROGRAM_TEXT = """#include <cstdio>
#include "mine.h"
int main(int argc, char **argv) { printf("%d %d %s\\n", VALUE, argc, argv[argc - 1]); }
"""


class Program:
    """A program with a header, and the cache in which it may be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "program"
        self.folder.mkdir()
        self.file = self.folder / "program.cpp"
        self.file.write_text(PROGRAM_TEXT)
        self.header = self.folder / "mine.h"
        self.header.write_text("#define VALUE 1\n")
        self.cache = folder / "cache"
        for each in (self.file, self.header):  # not just now
            os.utime(each, (time.time() - 60,) * 2)

    def write(self, path: Path, text: str) -> None:
        path.write_text(text)
        os.utime(path, (time.time() - 30,) * 2)

    def run(self, forkrepl: Run, *options: str, argument: str = "x") -> str:
        """Its output."""
        result = forkrepl(*options, str(self.file), argument, XDG_CACHE_HOME=str(self.cache))
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    @property
    def entries(self) -> list[Path]:
        folder = self.cache / "forkrepl" / "programs"
        return sorted(folder.iterdir()) if folder.exists() else []


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


def test_a_second_run_needs_no_clang(program: Program, forkrepl: Run) -> None:
    assert program.run(forkrepl) == "1 2 x\n"
    assert len(program.entries) == 1
    for path in program.entries:
        os.utime(path, (0, 0))
    assert program.run(forkrepl, argument="y") == "1 2 y\n"
    assert [path.stat().st_mtime > 0 for path in program.entries] == [True]


def test_warnings_are_told_again(program: Program, forkrepl: Run) -> None:
    program.write(program.file, "int main() { int n = 1 / 0; return 0; }\n")
    results = [forkrepl(str(program.file), XDG_CACHE_HOME=str(program.cache)) for _ in range(2)]
    assert "division by zero" in results[0].stderr
    assert results[0].stderr == results[1].stderr


def edit_text(program: Program) -> None:
    program.write(program.file, PROGRAM_TEXT.replace("VALUE,", "VALUE + 8,"))


def edit_header(program: Program) -> None:
    program.write(program.header, "#define VALUE 9\n")


CHANGES: dict[str, Callable[[Program], None]] = {"text": edit_text, "header": edit_header}


@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_counts(program: Program, forkrepl: Run, change: str) -> None:
    assert program.run(forkrepl) == "1 2 x\n"
    CHANGES[change](program)
    assert program.run(forkrepl) == "9 2 x\n"
    assert program.run(forkrepl) == "9 2 x\n"


def test_a_header_that_is_found_earlier_now(program: Program, forkrepl: Run) -> None:
    (program.folder / "first").mkdir()
    (program.folder / "second").mkdir()
    program.write(program.folder / "second" / "mine.h", "#define VALUE 2\n")
    program.header.unlink()
    folders = [f"-I{program.folder / name}" for name in ("first", "second")]
    assert program.run(forkrepl, *folders) == "2 2 x\n"
    program.write(program.folder / "first" / "mine.h", "#define VALUE 3\n")
    assert program.run(forkrepl, *folders) == "3 2 x\n"
    program.write(program.header, "#define VALUE 4\n")  # beside the program
    assert program.run(forkrepl, *folders) == "4 2 x\n"


def test_a_header_that_is_asked_for_and_comes(program: Program, forkrepl: Run) -> None:
    text = (
        '#if __has_include("more/mine.h")\n#include "more/mine.h"\n#else\n#define VALUE 1\n#endif\n'
    )
    program.write(program.file, PROGRAM_TEXT.replace('#include "mine.h"\n', text))
    (program.folder / "more").mkdir()
    assert program.run(forkrepl) == "1 2 x\n"
    program.write(program.folder / "more" / "mine.h", "#define VALUE 5\n")
    assert program.run(forkrepl) == "5 2 x\n"


def test_other_flags_and_folders(program: Program, forkrepl: Run) -> None:
    program.run(forkrepl)
    program.run(forkrepl, "-O2")
    program.run(forkrepl, "-DMORE=1")
    assert len(program.entries) == 3
    forkrepl(str(program.file), XDG_CACHE_HOME=str(program.cache), CPATH="/usr/include")
    assert len(program.entries) == 4


def test_the_time_of_day_is_not_kept(program: Program, forkrepl: Run) -> None:
    program.write(program.file, PROGRAM_TEXT.replace('"%d', '__TIME__ "%d'))
    program.run(forkrepl)
    assert program.entries == []


def test_a_header_that_was_just_written_is_not_believed(program: Program, forkrepl: Run) -> None:
    program.header.write_text("#define VALUE 7\n")
    os.utime(program.header, (time.time() + 60,) * 2)
    assert program.run(forkrepl) == "7 2 x\n"
    assert program.entries == []


def flip(path: Path) -> None:
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 0xFF
    path.write_bytes(contents)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILERS: dict[str, Callable[[Path], object]] = {
    "a flipped byte": flip,
    "cut": lambda path: os.truncate(path, 100),
    "empty": lambda path: os.truncate(path, 0),
    "garbage": lambda path: path.write_bytes(b"\x81\xa1x" * 100),
    "a folder": make_folder,
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_damaged_entry(program: Program, forkrepl: Run, spoiler: str) -> None:
    program.run(forkrepl)
    SPOILERS[spoiler](program.entries[0])
    assert program.run(forkrepl) == "1 2 x\n"
    assert program.run(forkrepl) == "1 2 x\n"


def test_without_the_cache(program: Program, forkrepl: Run) -> None:
    assert program.run(forkrepl, "--no-cache") == "1 2 x\n"
    assert program.entries == []


def test_a_folder_that_others_can_write_to(program: Program, forkrepl: Run) -> None:
    program.run(forkrepl)
    folder = program.entries[0].parent
    folder.chmod(0o777)
    program.entries[0].write_bytes(b"not to be read")
    assert program.run(forkrepl) == "1 2 x\n"
    assert program.entries[0].read_bytes() == b"not to be read"


def test_a_cache_that_cannot_be_made(program: Program, forkrepl: Run) -> None:
    program.cache.write_text("in the way\n")
    assert program.run(forkrepl) == "1 2 x\n"


FULL_DISK = """
import pathlib, resource, sys
from repl.caching.entries import Entries
from repl.caching.stamps import Dependencies
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
entries = Entries(pathlib.Path(sys.argv[1]), 1 << 20)
entries.store("small", bytes(1000), Dependencies({}, {}))
entries.store("large", bytes(10000), Dependencies({}, {}))
print(entries.find("small") == bytes(1000), entries.find("large"))
"""


def test_a_full_disk(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    command = [sys.executable, "-c", FULL_DISK, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "True None\n"
    assert [path.name for path in folder.iterdir()] == ["small"]


def test_the_oldest_go_first(tmp_path: Path) -> None:
    entries = Entries(tmp_path / "cache", 5000)
    for number in range(6):
        entries.store(key_of(number), bytes(1500), Dependencies({}, {}))
        os.utime(tmp_path / "cache" / key_of(number), (number, number))
    assert entries.find(key_of(0)) is None
    assert entries.find(key_of(5)) == bytes(1500)


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    entries = Entries(tmp_path / "cache", 1000)
    entries.store(key_of(1), bytes(1500), Dependencies({}, {}))
    (tmp_path / "cache" / "users.txt").write_bytes(bytes(1500))
    entries.store(key_of(2), bytes(1500), Dependencies({}, {}))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["users.txt"]


def test_two_at_once(program: Program, tmp_path: Path) -> None:
    environment = user_environment(tmp_path) | {"XDG_CACHE_HOME": str(program.cache)}
    runs = [
        subprocess.Popen(
            [PROGRAM, program.file, "x"], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [run.communicate()[0] for run in runs] == ["1 2 x\n"] * 3
    assert len(program.entries) == 1
