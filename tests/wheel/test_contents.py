"""What is in the wheel, and that nothing in it is of the machine that built it."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

CHECKOUT = Path(__file__).resolve().parents[2]
NEWEST_GLIBC = (2, 36)


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def objects(folder: Path) -> Iterator[tuple[Path, ELFFile]]:
    for path in folder.rglob("*"):
        if path.is_file() and path.read_bytes()[:4] == b"\x7fELF":
            with path.open("rb") as stream:
                yield path, ELFFile(stream)


def test_its_name(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-manylinux_2_36_x86_64.whl")


def test_no_trace_of_the_build(unpacked: Path) -> None:
    trace = os.fspath(CHECKOUT).encode() + b"/"
    for path in filter(Path.is_file, unpacked.rglob("*")):
        assert trace not in path.read_bytes(), path


def test_libraries_are_found_from_the_package(unpacked: Path) -> None:
    found = dict(objects(unpacked))
    assert len(found) == 3
    for path, _ in objects(unpacked):
        told = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True)
        paths = [line for line in told.stdout.splitlines() if "RUNPATH" in line or "RPATH" in line]
        assert all("[$ORIGIN/" in line for line in paths), paths


def test_no_newer_glibc_is_needed(unpacked: Path) -> None:
    for path, elf in objects(unpacked):
        needed = elf.get_section_by_name(".gnu.version_r")
        assert isinstance(needed, GNUVerNeedSection), path
        for _, versions in needed.iter_versions():
            for version in versions:
                if version.name.startswith("GLIBC_2"):
                    number = tuple(int(part) for part in version.name[6:].split("."))
                    assert number <= NEWEST_GLIBC, (path, version.name)


def test_headers_and_licences(unpacked: Path) -> None:
    headers = unpacked / "repl" / "_native" / "clang" / "include"
    for name in ("stddef.h", "stdarg.h", "immintrin.h", "stdatomic.h", "omp.h", "unwind.h"):
        assert (headers / name).is_file(), name
    assert (headers / "sanitizer" / "asan_interface.h").is_file()
    assert not (headers / "arm_neon.h").exists()
    assert (unpacked / "repl" / "include" / "forkrepl" / "display.hpp").is_file()
    texts = [path.read_text() for path in unpacked.glob("*.dist-info/licenses/**/*.txt")]
    assert any("zlib" in text and "Zstandard" in text and "LLVM" in text for text in texts)
    assert next(unpacked.glob("*.dist-info/licenses/LICENSE")).is_file()


def test_nothing_to_build_with(unpacked: Path) -> None:
    here = unpacked.rglob("*")
    ours = [path for path in here if not {"clang", "include"} & set(path.parts)]
    assert not [path for path in ours if path.suffix in (".c", ".cpp", ".h", ".cmake")]
    assert not (unpacked / "tests").exists()
