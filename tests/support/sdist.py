"""The archive of sources that is published, made of this checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.runtime import ROOT

_MAKE = "import sys, scikit_build_core.build as b; print(b.build_sdist(sys.argv[1]))"


def make_sdist(folder: Path) -> Path:
    """Make it, as ``python -m build --sdist`` does: its path, in this folder."""
    command = [sys.executable, "-c", _MAKE, str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (archive,) = folder.glob("forkrepl-*.tar.gz")
    return archive
