"""The recipes of CONTRIBUTING.md work: they are made in a copy of the tree, and tried there."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.recipes import changed_tree, changes
from tests.support.runtime import ROOT

# The copy is imported, and not what is installed, which an import hook finds first.
IN_THE_COPY = """
import sys
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in type(f).__module__]
sys.path.insert(0, {tree!r})
import repl
assert repl.__file__.startswith({tree!r}), repl.__file__
"""
PROGRAM = "from repl.cli import main\nsys.exit(main())"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed_tree(tmp_path_factory.mktemp("recipes"))


def python(tree: Path, code: str, *arguments: str) -> str:
    script = IN_THE_COPY.format(tree=str(tree)) + code
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=tree,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cmake(*arguments: str | Path) -> None:
    program = Path(sys.executable).parent / "cmake"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning:" not in done.stdout + done.stderr


def test_there_is_a_recipe_for_each() -> None:
    assert {change.recipe for change in changes()} == {
        "command",
        "setting",
        "relocation",
        "reader",
        "wire",
        "question",
    }


def test_a_command(tree: Path) -> None:
    assert python(tree, PROGRAM, "-c", "%greet ada") == "hello, ada: 0 inputs\n"
    assert "say hello" in python(tree, PROGRAM, "--help")


def test_a_setting(tree: Path, tmp_path: Path) -> None:
    configuration = tmp_path / "config.toml"
    configuration.write_text("bell = true\n")
    printed = python(tree, PROGRAM, f"--config={configuration}", "--print-config")
    assert "# Ring when an input has taken long." in printed
    assert "\nbell = true\n" in printed


def test_a_relocation(tree: Path) -> None:
    code = "from runtime.linker.machines.x86_64_kinds import TABLE as t\n"
    code += "print(t.KNOWN[63], t.WIDTH[63])"
    assert python(tree, code) == "True 4\n"


def test_a_reader(tree: Path) -> None:
    code = "namespace demo { struct Celsius { double degrees; }; }\ndemo::Celsius{21.5}"
    assert python(tree, PROGRAM, "-c", code) == "(demo::Celsius) 21.5 C\n"


@pytest.fixture(scope="module")
def build(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    quick = "-DCMAKE_BUILD_TYPE=Debug"
    cmake("-S", tree, "-B", folder, quick, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
    return folder


def test_a_wire_operation(tree: Path, build: Path) -> None:
    cmake("--build", build, "--target", "forkrepl-executor")
    executor = build / "runtime" / "executor_process" / "forkrepl-executor"
    code = (
        "from pathlib import Path\n"
        "from runtime.executor_client.child import ExecutorProcess\n"
        f"with ExecutorProcess(Path({str(executor)!r})) as process:\n"
        "    print(process.processor())\n"
    )
    assert python(tree, code).strip().isdecimal()


def test_a_question_compiles(build: Path) -> None:
    """No more than that: to build the frontend takes minutes. Clang is quicker than gcc."""
    commands = json.loads((build / "compile_commands.json").read_text())
    (command,) = [c for c in commands if c["file"].endswith("/frontend_process/queries.cpp")]
    words = shlex.split(command["command"])
    done = subprocess.run(
        ["clang++-22", *words[1:], "-fsyntax-only", "-Wno-unused-command-line-argument"],
        cwd=command["directory"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning:" not in done.stdout + done.stderr


def test_the_tree_itself_stays_as_it_is() -> None:
    assert not (ROOT / "repl" / "commands" / "greeting.py").exists()
