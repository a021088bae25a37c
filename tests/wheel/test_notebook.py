"""Jupyter's kernel in bare roots: a user installs it by pip, and runs notebooks by nbclient."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.notebooks import shown
from tests.support.program import EXAMPLES
from tests.support.roots import HOME, Root, install

pytestmark = pytest.mark.xdist_group("bare roots")


def executed(root: Root, name: str) -> tuple[Any, Any]:
    """What is below the cells of a notebook of ``examples/`` after it has run, and before."""
    source, target = EXAMPLES / "notebooks" / name, root.path / HOME[1:] / name
    notebook = json.loads(source.read_text())
    before = shown(notebook)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = []
    target.write_text(json.dumps(notebook))
    shutil.chown(target, 1000, 1000)
    root.check("jupyter", "execute", "--inplace", "--allow-errors", "--startup_timeout=300", name)
    return shown(json.loads(target.read_text())), before


def test_notebooks(complete: Root, wheel: Path) -> None:
    install(complete, wheel, ("jupyter",), ("nbclient",))
    complete.check("forkrepl", "kernel", "install", "--sys-prefix")
    for name, telling in (("tour.ipynb", "<table"), ("crashes.ipynb", "SIGSEGV")):
        after, before = executed(complete, name)
        assert after == before
        assert telling in str(after)
