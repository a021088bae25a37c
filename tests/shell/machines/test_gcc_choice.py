"""The gcc whose library is used: by a variable, an option, or an active conda environment."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path

from tests.support.program import Run

NEWEST = max(glob("/usr/lib/gcc/x86_64-linux-gnu/*/crtbegin.o")).rpartition("/")[0]
VERSION = os.path.basename(NEWEST)
CODE = "#include <vector>\nstd::vector<int>{1, 2}"
SHOWN = "(std::vector<int>) { 1, 2 }\n"
TRIPLE = "x86_64-conda-linux-gnu"


def conda_environment(prefix: Path) -> Path:
    """With the layout that conda's compilers have, made of what this machine has."""
    of_gcc = prefix / "lib" / "gcc" / TRIPLE / f"{VERSION}.9.0"
    of_gcc.mkdir(parents=True)
    for each in Path(NEWEST).iterdir():
        (of_gcc / each.name).symlink_to(each)
    headers = prefix / TRIPLE / "include" / "c++" / f"{VERSION}.9.0"
    headers.mkdir(parents=True)
    for each in Path(f"/usr/include/c++/{VERSION}").iterdir():
        (headers / each.name).symlink_to(each)
    (headers / TRIPLE).symlink_to(f"/usr/include/x86_64-linux-gnu/c++/{VERSION}")
    (headers / "of_conda.h").write_text("#define OF_CONDA 7\n")
    sysroot = prefix / TRIPLE / "sysroot" / "usr"
    sysroot.mkdir(parents=True)
    (sysroot / "include").symlink_to("/usr/include")
    (sysroot / "lib").symlink_to("/usr/lib")
    return prefix


def test_the_variable(forkrepl: Run) -> None:
    result = forkrepl("-c", CODE, GCC_INSTALL_DIR=NEWEST)
    assert (result.returncode, result.stdout, result.stderr) == (0, SHOWN, "")


def test_a_variable_that_names_nothing(forkrepl: Run) -> None:
    result = forkrepl("-c", CODE, GCC_INSTALL_DIR="/nowhere/gcc")
    assert result.returncode != 0
    assert "/nowhere/gcc" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_option_counts_more(forkrepl: Run) -> None:
    option = f"--gcc-install-dir={NEWEST}"
    result = forkrepl(option, "-c", CODE, GCC_INSTALL_DIR="/nowhere/gcc")
    assert (result.returncode, result.stdout, result.stderr) == (0, SHOWN, "")


def test_conda(forkrepl: Run, tmp_path: Path) -> None:
    prefix = str(conda_environment(tmp_path / "conda"))
    result = forkrepl("-c", f"#include <of_conda.h>\nOF_CONDA\n{CODE}", CONDA_PREFIX=prefix)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"(int) 7\n{SHOWN}", "")
    program = tmp_path / "program.cpp"
    program.write_text("#include <of_conda.h>\n#include <map>\nint main() { return OF_CONDA; }\n")
    assert forkrepl(program, CONDA_PREFIX=prefix).returncode == 7
    assert forkrepl("link", program, CONDA_PREFIX=prefix).returncode == 7
    assert prefix in forkrepl("--version", CONDA_PREFIX=prefix).stdout
