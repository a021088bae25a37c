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
from nbformat.v4 import new_code_cell, new_notebook

from tests.support.notebooks import shown
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


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("language", ["c++", "c"])
def test_parameters(tmp_path: Path, language: str) -> None:
    """They keep the types that the notebook gives them."""
    in_cpp = language == "c++"
    declared = "double rate = 0.5; // of change\nint n{3};\nlong big = 1;\nbool is_on = false;\n"
    values: dict[str, Any] = {"rate": 1, "n": -7, "big": 2**40, "is_on": True}
    if in_cpp:
        declared += "std::vector<double> v{1};\nstd::map<std::string, int> m{};\nstd::string s;\n"
        values |= {"v": [1, 2.5], "m": {"a": 1}, "s": 'h\u00e9"\n'}
        shows = 'rate / 2\nn\nbig\nis_on\nv\nm\ns == "h\u00e9\\"\\n"'
    else:
        declared = declared.replace("n{3}", "n = 3").replace(
            "bool is_on = false", "_Bool is_on = 0"
        )
        shows = "rate / 2\nn\nbig\nis_on"
    headers = "#include <map>\n#include <string>\n#include <vector>" if in_cpp else ""
    cells = [new_code_cell(text) for text in (headers, declared, shows)]
    cells[1].metadata["tags"] = ["parameters"]
    name = {"c++": "forkrepl-cpp", "c": "forkrepl-c"}[language]
    kernel = {"name": name, "language": language, "display_name": language}
    source, result = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), source)
    known = papermill.inspect_notebook(str(source))
    assert known["rate"]["inferred_type_name"] == "double"
    assert known["rate"]["help"] == "of change"
    papermill.execute_notebook(str(source), str(result), values, progress_bar=False)
    texts = [each["data"]["text/plain"] for each in shown(nbformat.read(result, 4))[-1]]
    expected = ["(double) 0.5", "(int) -7", "(long) 1099511627776"]
    expected += ["(bool) true" if in_cpp else "(_Bool) true"]
    if in_cpp:
        expected += ["(std::vector<double>) { 1.0, 2.5 }"]
        expected += ['(std::map<std::string, int>) { "a": 1 }', "(bool) true"]
    assert texts == expected
