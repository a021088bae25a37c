"""Packages import only what stands below them, over all chains of imports: pyproject.toml says
who stands where, import-linter follows the imports, and ARCHITECTURE.md draws the same."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.runtime import ROOT

CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--config",
        str(ROOT / "pyproject.toml"),
        "--no-cache",
        "--no-logo",
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_layers_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


@pytest.mark.parametrize("package", ["runtime", "repl"])
def test_the_picture_shows_the_layers(package: str) -> None:
    """In ARCHITECTURE.md, a block for each: a line for each layer, highest first."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    block = re.search(rf"```layers of {package}\n(.*?)```", text, re.DOTALL)
    assert block, f"ARCHITECTURE.md has no layers of {package}"
    drawn = [set(re.findall(r"[a-z_]+(?=/|\.py)", line)) for line in block[1].splitlines()]
    enforced = [set(re.findall(r"\w+", layer)) for layer in CONTRACTS[package]["layers"]]
    assert drawn == enforced
