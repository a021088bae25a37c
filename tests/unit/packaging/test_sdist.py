"""What is published as source is all that a build needs, and nothing that it does not."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support.runtime import ROOT

_MAKE = "import sys, scikit_build_core.build as b; print(b.build_sdist(sys.argv[1]))"


def test_it_can_be_configured(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _MAKE, str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("forkrepl-*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(tmp_path, filter="data")
    folder = archive.with_name(archive.name.removesuffix(".tar.gz"))
    for name in ("LICENSE", "README.md", "repl/cli.py", "runtime/protocol/wire.h"):
        assert (folder / name).is_file(), name
    for name in ("build", "dist", "tests", ".venv", ".git"):
        assert not (folder / name).exists(), name
    programs = Path(sys.executable).parent
    configure: list[str | Path] = [
        programs / "cmake",
        "-S",
        folder,
        "-B",
        tmp_path / "made",
        "-G",
        "Ninja",
    ]
    configure += [f"-DCMAKE_MAKE_PROGRAM={programs / 'ninja'}", "--log-level=NOTICE"]
    done = subprocess.run(configure, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
