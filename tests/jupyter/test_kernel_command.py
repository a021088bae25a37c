"""``forkrepl kernel``: kernels are installed, listed, removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.program import Run

PICTURES = {"logo-svg.svg", "logo-32x32.png", "logo-64x64.png"}


def test_kernels_come_and_go(forkrepl: Run, tmp_path: Path) -> None:
    folder = tmp_path / "share" / "jupyter"
    kernels, path = folder / "kernels", str(folder)
    for _ in range(2):  # a second time they take the place of the first
        done = forkrepl("kernel", "install", f"--prefix={tmp_path}")
        assert (done.returncode, done.stderr) == (0, "")
    usual = {"forkrepl-c", "forkrepl-cpp", "forkrepl-openmp"}
    assert {each.name for each in kernels.iterdir()} == usual
    for each in kernels.iterdir():
        assert {file.name for file in each.iterdir()} == PICTURES | {"kernel.json"}
    listed = forkrepl("kernel", "list", JUPYTER_PATH=path).stdout
    assert f"forkrepl-openmp: {kernels / 'forkrepl-openmp'} (-xc++ -fopenmp)" in listed
    options = ["--prefix", str(tmp_path), "-std=c++20", "-O2", "--title", "Mine"]
    assert forkrepl("kernel", "install", *options).returncode == 0
    specification = json.loads((kernels / "forkrepl-cpp-std-c--20-o2" / "kernel.json").read_text())
    assert specification["display_name"] == "Mine"
    assert specification["argv"][-3:] == ["{connection_file}", "-std=c++20", "-O2"]
    names = ["forkrepl-c", "forkrepl-cpp", "forkrepl-cpp-std-c--20-o2"]
    assert forkrepl("kernel", "remove", *names, JUPYTER_PATH=path).returncode == 0
    assert [each.name for each in kernels.iterdir()] == ["forkrepl-openmp"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs an action"),
        (["instal"], "did you mean install?"),
        (["remove"], "needs the name of a kernel"),
        (["remove", "forkrepl-nothing"], "no kernel of forkrepl's is called forkrepl-nothing"),
        (["list", "all"], "list takes nothing"),
        (["install", "--user", "--sys-prefix"], "are different places"),
        (["install", "--name=A B"], "'A B' is no name for a kernel"),
        (["install", "file.cpp"], "takes options only, not 'file.cpp'"),
        (["install", "-std=c++99", "--nonsense"], "unrecognized arguments"),
        (["install", "--prefix=/proc/nothing"], "cannot write /proc/nothing/share"),
        (["run"], "needs a connection file"),
        (["run", "/nowhere/at/all.json"], "there is no folder for /nowhere/at/all.json"),
    ],
)
def test_mistakes(forkrepl: Run, arguments: list[str], message: str) -> None:
    done = forkrepl("kernel", *arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_another_programs_kernel_stays(forkrepl: Run, tmp_path: Path) -> None:
    other = tmp_path / "share" / "jupyter" / "kernels" / "other"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text("{}")
    done = forkrepl("kernel", "install", f"--prefix={tmp_path}", "--name=other")
    assert done.returncode == 1
    assert "is not forkrepl's" in done.stderr
    assert (other / "kernel.json").read_text() == "{}"
