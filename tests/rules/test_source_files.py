"""What source files keep to, and which libraries each may use (``test_layers``: packages)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.runtime import ROOT

PACKAGES = ("repl", "runtime", "platform_support")
NATIVE_SUFFIXES = (".c", ".cpp", ".h")
LONGEST = 400


def python_files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def native_files() -> list[Path]:
    return sorted(
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in NATIVE_SUFFIXES
    )


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_modules(path: Path) -> set[str]:
    """Everything that a file imports anywhere, as absolute dotted names.

    ``from a import b`` counts as both ``a`` and ``a.b``, as ``b`` may be a module.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)} has a relative import"
            assert node.module is not None
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def importers(module: str) -> set[str]:
    return {
        relative(path)
        for package in PACKAGES
        for path in python_files(package)
        if any(name.split(".")[0] == module for name in imported_modules(path))
    }


@pytest.mark.parametrize("module", ["prompt_toolkit", "pygments"])
def test_only_the_editor_knows_its_libraries(module: str) -> None:
    users = importers(module)
    assert users
    assert all(path.startswith("repl/editor/") for path in users)


@pytest.mark.parametrize(
    ("library", "user"),
    [
        ("tqdm", "repl/link_command/progress.py"),
        ("llvmlite", "repl/code_generator_process/__main__.py"),
        ("elftools", "runtime/debugging/debug_sections.py"),
    ],
)
def test_one_module_knows_the_library(library: str, user: str) -> None:
    assert importers(library) == {user}


@pytest.mark.parametrize(
    "module",
    [
        "repl.cli",
        "repl.shell_command",
        "repl.python.session",
        "repl.link_command.command",
        "repl.editor.options",
    ],
)
def test_start_up_imports_nothing_slow(module: str) -> None:
    slow = [
        "numpy",
        "llvmlite",
        "prompt_toolkit",
        "sortedcontainers",
        "pygments",
        "tqdm",
        "elftools",
        "tomllib",
        "dataclasses",
        "asyncio",
    ]
    script = f"import sys, {module}\nprint([m for m in {slow} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "path",
    [path for package in PACKAGES for path in (ROOT / package).rglob("__init__.py")],
    ids=relative,
)
def test_every_package_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_folder_is_a_package(package: str) -> None:
    folders = {path.parent for path in python_files(package)}
    assert [relative(f) for f in sorted(folders) if not (f / "__init__.py").exists()] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_source_files_are_short(package: str) -> None:
    sources = python_files(package) + [p for p in native_files() if ROOT / package in p.parents]
    lengths = {relative(path): len(path.read_text().splitlines()) for path in sources}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


@pytest.mark.parametrize("path", native_files(), ids=relative)
def test_native_sources_know_no_python(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"#\s*include\s*[<\"]Python\.h|\bPyObject\b|\bPy_\w+\s*\(", text)


@pytest.mark.parametrize("path", native_files(), ids=relative)
def test_only_the_frontend_knows_clang(path: Path) -> None:
    includes = re.findall(r"#\s*include\s*[<\"]((?:clang|llvm)(?:-c)?/[^>\"]*)", path.read_text())
    assert not includes or "repl/frontend_process" in relative(path)


@pytest.mark.parametrize("path", native_files(), ids=relative)
def test_native_sources_stay_on_their_side(path: Path) -> None:
    """The platform library knows neither the wire format nor the executor."""
    included = set(re.findall(r"#\s*include\s*\"([^\"]*)", path.read_text()))
    if "platform_support" in relative(path):
        assert not included & {"wire.h", "connection.h", "memory.h"}
    if "runtime/executor_process" in relative(path):
        assert "handlers.h" not in included
