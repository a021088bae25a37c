"""Which gcc the environment names for Clang."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl.clang.gcc_installation import gcc_flags

TRIPLE = "x86_64-conda-linux-gnu"


def conda(folder: Path, *versions: str, sysroot: bool = True) -> Path:
    for version in versions:
        of_gcc = folder / "lib" / "gcc" / TRIPLE / version
        of_gcc.mkdir(parents=True)
        (of_gcc / "crtbegin.o").touch()
    if sysroot:
        (folder / TRIPLE / "sysroot").mkdir(parents=True)
    return folder


def test_nothing_is_said() -> None:
    assert gcc_flags([], {}) == []
    assert gcc_flags([], {"GCC_INSTALL_DIR": "", "CONDA_PREFIX": ""}) == []


def test_the_variable() -> None:
    environment = {"GCC_INSTALL_DIR": "/opt/gcc/lib/gcc/x86_64-linux-gnu/14"}
    assert gcc_flags(["-O2"], environment) == [
        "--gcc-install-dir=/opt/gcc/lib/gcc/x86_64-linux-gnu/14"
    ]


@pytest.mark.parametrize(
    "flag", ["--gcc-toolchain=/opt", "--gcc-install-dir=/opt", "--sysroot=/opt", "-isysroot"]
)
def test_a_users_flag_counts_more(tmp_path: Path, flag: str) -> None:
    environment = {"GCC_INSTALL_DIR": "/other", "CONDA_PREFIX": str(conda(tmp_path, "14.2.0"))}
    assert gcc_flags([flag], environment) == []


def test_the_newest_of_conda(tmp_path: Path) -> None:
    prefix = conda(tmp_path / "with [brackets]", "9.5.0", "14.2.0", "13.3.0")
    assert gcc_flags([], {"CONDA_PREFIX": str(prefix)}) == [
        f"--gcc-install-dir={prefix}/lib/gcc/{TRIPLE}/14.2.0",
        f"--sysroot={prefix}/{TRIPLE}/sysroot",
    ]
    plain = conda(tmp_path / "plain", "13.3.0", sysroot=False)
    assert len(gcc_flags([], {"CONDA_PREFIX": str(plain)})) == 1


def test_conda_without_compilers(tmp_path: Path) -> None:
    assert gcc_flags([], {"CONDA_PREFIX": str(tmp_path)}) == []
    assert gcc_flags([], {"CONDA_PREFIX": "relative"}) == []
