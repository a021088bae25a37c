"""Libraries that are searched for a symbol, for advice: any file may have their names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from random import Random

import pytest

from runtime.objects.dynamic_symbols import library_with
from tests.fuzz.damage import damaged
from tests.fuzz.time_limit import time_limit
from tests.support.runtime import open_descriptors


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A shared one that defines ``wanted``."""
    folder = tmp_path_factory.mktemp("library")
    source, made = folder / "library.c", folder / "library.so"
    source.write_text("int wanted(void) { return 1; } int other;")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", made, source], check=True)
    return made.read_bytes()


def find(folder: Path, symbol: str = "wanted") -> str:
    return library_with(symbol, [str(folder)], lambda: False)


def test_none_of_many_stays_open(tmp_path: Path, library: bytes) -> None:
    for number in range(50):
        (tmp_path / f"lib{number:02}.so").write_bytes(library)
    before = open_descriptors()
    assert find(tmp_path, "absent") == ""
    assert find(tmp_path) == "00"
    assert open_descriptors() == before


def test_what_is_no_library_is_passed_over(tmp_path: Path, library: bytes) -> None:
    os.mkfifo(tmp_path / "liba.so")
    os.mkfifo(tmp_path / "libb.a")
    (tmp_path / "libc.so").mkdir()
    (tmp_path / "libd.so").symlink_to("libd.so")
    (tmp_path / "libe.so").write_bytes(b"")
    (tmp_path / "libf.a").write_bytes(b"!<arch>\n" + b"x" * 60)
    (tmp_path / "libg.so").write_bytes(library[:64] + bytes(4096))
    (tmp_path / "libh.so").write_bytes(library)
    with time_limit(60):
        assert find(tmp_path) == "h"


def test_damaged_libraries(tmp_path: Path, library: bytes) -> None:
    random = Random(1)
    heads = library[:0x1000]  # where headers and tables are
    for number in range(300):
        folder = tmp_path / str(number)
        folder.mkdir()
        changed = damaged(random, damaged(random, heads)) + library[len(heads) :]
        (folder / "libx.so").write_bytes(changed)
        with time_limit(60):
            assert find(folder) in ("", "x")
