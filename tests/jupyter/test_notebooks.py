"""The notebooks of ``examples/notebooks`` say what they show, also by papermill."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient import NotebookClient

from tests.support.program import EXAMPLES, PROGRAM

NOTEBOOKS = sorted((EXAMPLES / "notebooks").glob("*.ipynb"))


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual kernels are installed."""
    command = [str(PROGRAM), "kernel", "install", f"--prefix={tmp_path}"]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    if "FORKREPL_TESTS_CACHE" in os.environ:
        monkeypatch.setenv("XDG_CACHE_HOME", os.environ["FORKREPL_TESTS_CACHE"])
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def shown(notebook: Any) -> list[list[dict[str, Any]]]:
    """What is below each cell; pieces of a stream as one."""
    found = []
    for cell in notebook.cells:
        outputs: list[dict[str, Any]] = []
        for output in cell.get("outputs", ()):
            last = outputs[-1] if outputs else {}
            if output["output_type"] == "stream" and output.get("name") == last.get("name"):
                last["text"] += output["text"]
            else:
                outputs.append({k: v for k, v in output.items() if k != "execution_count"})
        found.append(outputs)
    return found


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook(path: Path, tmp_path: Path) -> None:
    expected = nbformat.read(path, as_version=4)
    executed = nbformat.read(path, as_version=4)
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    context = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(executed, timeout=120, allow_errors=True, resources=context).execute()
    assert shown(executed) == shown(expected)


@pytest.mark.usefixtures("kernels")
def test_papermill(tmp_path: Path) -> None:
    source, result = EXAMPLES / "notebooks" / "openmp.ipynb", tmp_path / "result.ipynb"
    papermill.execute_notebook(str(source), str(result), progress_bar=False)
    assert shown(nbformat.read(result, as_version=4)) == shown(nbformat.read(source, as_version=4))
