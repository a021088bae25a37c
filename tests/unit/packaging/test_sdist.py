"""What is published as source is all that a build needs, and nothing that it does not."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.runtime import ROOT
from tests.support.sdist import make_sdist

_PACKAGES = ("platform_support", "repl", "runtime")
_BESIDES = {
    *("ARCHITECTURE.md", "CHANGELOG.md", "CMakeLists.txt", "LICENSE", "README.md"),
    *("PKG-INFO", "pyproject.toml"),
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    archive = make_sdist(folder)
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return archive.with_name(archive.name.removesuffix(".tar.gz"))


def test_it_is_the_packages(unpacked: Path) -> None:
    """Each file of theirs that is under version control, and no other."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_PACKAGES],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a checkout of git")
    ours = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    files = filter(Path.is_file, unpacked.rglob("*"))
    assert {str(path.relative_to(unpacked)) for path in files} == ours | _BESIDES


def test_it_can_be_configured(unpacked: Path, tmp_path: Path) -> None:
    programs = Path(sys.executable).parent
    configure: list[str | Path] = [
        programs / "cmake",
        "-S",
        unpacked,
        "-B",
        tmp_path,
        "-G",
        "Ninja",
    ]
    options = [f"-DCMAKE_MAKE_PROGRAM={programs / 'ninja'}", "--log-level=NOTICE"]
    configure += options
    done = subprocess.run(configure, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
