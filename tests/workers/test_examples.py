"""The example of a cluster, and the code of the guide's page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.runtime import ROOT


def run(script: Path) -> str:
    """What a script prints; what it says on its standard error is Dask's log of failed tasks."""
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_cluster() -> None:
    pytest.importorskip("distributed")
    lines = run(ROOT / "examples" / "python" / "cluster.py").splitlines()
    assert lines[0].startswith("pi is about 3.14")
    assert lines[1].endswith("std::invalid_argument: a negative number of points")
    assert lines[2] == "SIGSEGV: read from address 0x0 (null pointer)"
    assert lines[3] == "and then: True"


def test_the_code_of_the_guide(tmp_path: Path) -> None:
    page = (ROOT / "examples" / "guide" / "workers.md").read_text()
    code = page.split("```python\n")[1].partition("```")[0]
    script = tmp_path / "guide.py"
    script.write_text(code)
    printed = run(script)
    assert "std::out_of_range: a negative seed" in printed
    assert "null pointer" in printed
