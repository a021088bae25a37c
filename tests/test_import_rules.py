"""Who may import whom, and what each source file must keep to."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from runtime_support import ROOT

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


@pytest.mark.parametrize("path", python_files("runtime"), ids=relative)
def test_the_runtime_knows_no_other_package(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported_modules(path)}
    assert not tops & {"repl", "platform_support"}


@pytest.mark.parametrize("path", python_files("platform_support"), ids=relative)
def test_the_platform_knows_only_addresses_of_the_runtime(path: Path) -> None:
    imported = imported_modules(path)
    assert not {name for name in imported if name.split(".")[0] == "repl"}
    of_runtime = {name for name in imported if name.split(".")[0] == "runtime"}
    assert all(
        name == "runtime.addresses" or name.startswith("runtime.addresses.") for name in of_runtime
    )


# What a package of repl/ must not know: the front of the shell, and what stands above it.
_FRONT = ("repl.editor", "repl.commands", "repl.interactive", "repl.script", "repl.shell")
_SESSION = ("repl.session", "repl.evaluation", "repl.program")
MUST_NOT_KNOW = {
    "input": (*_FRONT, *_SESSION, "repl.clang", "repl.terminals", "runtime"),
    "clang": (*_FRONT, *_SESSION, "repl.configuration", "repl.crashes"),
    "header_cache": (*_FRONT, *_SESSION),
    "configuration": ("repl.session", "repl.program", "repl.commands", "repl.shell"),
    "command_line": ("repl.editor", "repl.interactive", *_SESSION),
    "linking": ("repl.editor", "repl.commands", "repl.session"),
    "crashes": _FRONT,
    "terminals": (*_FRONT, *_SESSION, "runtime"),
}


@pytest.mark.parametrize("package", MUST_NOT_KNOW)
def test_packages_of_the_shell_stay_below(package: str) -> None:
    known = {name for path in python_files(f"repl/{package}") for name in imported_modules(path)}
    forbidden = MUST_NOT_KNOW[package]
    assert known
    assert {
        name for name in known if f"{name}.".startswith(tuple(f"{each}." for each in forbidden))
    } == set()


@pytest.mark.parametrize("path", python_files("repl/display"), ids=relative)
def test_the_display_knows_types_and_memory_only(path: Path) -> None:
    known = ("repl.display", "repl.clang.redefined_names", "runtime.addresses", "runtime.demangle")
    ours = {name for name in imported_modules(path) if name.split(".")[0] in PACKAGES}
    assert not {name for name in ours if not name.startswith(known)}


@pytest.mark.parametrize("module", ["prompt_toolkit", "pygments"])
def test_only_the_editor_knows_its_libraries(module: str) -> None:
    users = importers(module)
    assert users
    assert all(path.startswith("repl/editor/") for path in users)


def test_the_editor_does_not_know_the_session() -> None:
    known = {name for path in python_files("repl/editor") for name in imported_modules(path)}
    of_shell = {name for name in known if name.startswith("repl.")}
    assert {name for name in of_shell if not name.startswith("repl.editor")} <= {
        "repl.input.indentation",
        "repl.input.command_lines",
        "repl.input.command_lines.code_of_command",
        "repl.input.command_lines.is_command",
        "repl.input.indentation.has_open_brackets",
        "repl.input.indentation.open_braces",
    }


def test_only_the_progress_bar_uses_tqdm() -> None:
    assert importers("tqdm") <= {"repl/linking/progress.py"}


def test_only_the_codegen_worker_uses_llvmlite() -> None:
    assert importers("llvmlite") <= {"repl/clang/codegen_worker.py"}


def test_only_the_symbolizer_uses_elftools() -> None:
    assert importers("elftools") <= {"runtime/symbolizer.py"}


@pytest.mark.parametrize(
    "module", ["repl.cli", "repl.session", "repl.linking.link_command", "repl.editor.options"]
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
    assert not includes or "repl/clang_frontend" in relative(path)


@pytest.mark.parametrize("path", native_files(), ids=relative)
def test_native_sources_stay_on_their_side(path: Path) -> None:
    """The platform library knows neither the wire format nor the executor."""
    included = set(re.findall(r"#\s*include\s*\"([^\"]*)", path.read_text()))
    if "platform_support" in relative(path):
        assert not included & {"wire.h", "connection.h", "memory.h"}
    if "runtime/executor" in relative(path):
        assert "handlers.h" not in included
