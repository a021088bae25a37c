"""The archive of sources builds where LLVM's development packages are, into an environment that
has nothing of this checkout's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sdist import make_sdist

_PATIENCE = 3000  # s: all of the frontend is compiled, unless ccache has it


@pytest.mark.timeout(_PATIENCE)
def test_pip_builds_it(wheel: Path, tmp_path: Path) -> None:
    archive = make_sdist(tmp_path)
    home = tmp_path / "venv"
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    subprocess.run([base, "-m", "venv", home], check=True, timeout=_PATIENCE)
    # By the same CMake, and for ccache, if the machine builds by it: what is the same need not be
    # compiled again.
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": programs, "TMPDIR": str(tmp_path), "CCACHE_BASEDIR": str(tmp_path)}
    install: list[str | Path] = [home / "bin" / "pip", "install", "--quiet", archive]
    done = subprocess.run(
        install, env={**os.environ, **settings}, capture_output=True, text=True, timeout=_PATIENCE
    )
    assert done.returncode == 0, done.stderr[-3000:]
    program = home / "bin" / "forkrepl"
    code = "#include <vector>\nstd::vector<int>{1, 2}"
    shown = subprocess.run([program, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (shown.stdout, shown.stderr) == ("(std::vector<int>) { 1, 2 }\n", "")
    told = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    assert f"Clang's own headers in {home}/" in told
