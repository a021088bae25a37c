"""Folders of the user's, and those that options and commands name, that may not be used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.editor import EditorTerminal
from tests.support.ordinary_user import locked, without_rights
from tests.support.program import PROGRAM, Run

VARIABLES = ["XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"]
TOO_LONG = "n" * 300


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with things in it, that may not be entered."""
    folder = tmp_path / "closed"
    (folder / "forkrepl").mkdir(parents=True)
    (folder / "file.cpp").write_text("1\n")
    with locked(folder):
        yield folder


def test_nothing_is_kept_but_all_works(forkrepl: Run, tmp_path: Path, closed: Path) -> None:
    (tmp_path / "program.cpp").write_text('#include <cstdio>\nint main() { puts("ran"); }\n')
    (tmp_path / "script.cpp").write_text("1 + 1\n")
    for folder in (closed, closed / "in", tmp_path / TOO_LONG, tmp_path / "program.cpp"):
        for variable in (VARIABLES[0], VARIABLES[3]):
            wrapper = [*without_rights(), "env", f"{variable}={folder}"]
            done = forkrepl("program.cpp", wrapper=wrapper)
            assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
            done = forkrepl("script.cpp", wrapper=wrapper)
            assert (done.returncode, done.stdout, done.stderr) == (0, "(int) 2\n", "")


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_prompt_comes(
    environment: dict[str, str], tmp_path: Path, closed: Path, variable: str
) -> None:
    """With a line for what is missed, and one for what is not kept."""
    environment = environment | {variable: str(closed)}
    command = [*without_rights(), str(PROGRAM)]
    with EditorTerminal(environment, tmp_path, command=command, columns=250) as terminal:
        terminal.type("1 + 1\r")
        terminal.wait_for("(int) 2")
        terminal.wait_for_prompt(2)
        told = [line for line in terminal.lines if "closed" in line]
        expected = {"XDG_CACHE_HOME": 0, "XDG_STATE_HOME": 1, "XDG_CONFIG_HOME": 1, "HOME": 2}
        assert len(told) == expected[variable]
        assert all(line.endswith(("Permission denied", "in force")) for line in told)
        assert "preparing" not in terminal.text or variable != "XDG_CACHE_HOME"


def test_building_the_cache_says_why_not(forkrepl: Run, closed: Path) -> None:
    done = forkrepl("--build-cache", wrapper=without_rights(), XDG_CACHE_HOME=str(closed))
    assert done.returncode == 1
    assert done.stderr == (
        f"forkrepl: error: cannot fill the cache: {closed}/forkrepl: Permission denied\n"
    )


def test_files_that_commands_name(forkrepl: Run, closed: Path) -> None:
    """Those in it, and those that cannot be."""
    lines = ["int kept = 5;"]
    names = [f"{closed}/file.cpp", TOO_LONG, f"{TOO_LONG}/x", "~\0", f"{closed}/file.cpp/x"]
    for name in names:
        lines += [f"%edit {name}", f"%lib {name}", f"%lib ./{name}", f"%load {name}", f".L {name}"]
        lines += [f".x {name}", f"%run {name}", f"%cd {name}", f"%include {name}", f"%save {name}"]
        lines += [f"%memory {name}.svg", f"%reload {name}", f"!{name}", f"#include <{name}>"]
        lines += [f'#pragma cling add_library_path("{name}")', f'#pragma cling load("{name}")']
    lines += [f"%cd {closed}", f"%lib {closed}/libx.so", "kept", ""]
    done = forkrepl(
        "-L",
        closed,
        "-L",
        TOO_LONG,
        "-I",
        closed,
        input="\n".join(lines),
        wrapper=without_rights(),
        TMPDIR=str(closed),
        EDITOR="true",
    )
    assert done.stdout.splitlines()[-1] == "(int) 5"
    assert "%cd: " in done.stderr
    assert f"cannot read {closed}/libx.so: Permission denied\n" in done.stderr
    assert f"cannot read {closed}/file.cpp: Permission denied\n" in done.stderr
    assert f"cannot read {TOO_LONG}: File name too long\n" in done.stderr
    assert "~\\x00: this is no file name\n" in done.stderr


def test_an_editor_needs_a_folder_for_its_file(
    environment: dict[str, str], tmp_path: Path, closed: Path
) -> None:
    """There is none that may be written to: not even the current one, or /tmp."""
    nowhere = f"import tempfile; tempfile._candidate_tempdir_list = lambda: [{str(closed)!r}]"
    (tmp_path / "sitecustomize.py").write_text(nowhere)
    done = subprocess.run(
        [*without_rights(), PROGRAM],
        input="int kept = 5;\n%edit kept\nkept\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(tmp_path), "EDITOR": "true"},
        check=False,
    )
    assert done.stdout == "(int) 5\n"
    assert done.stderr.startswith(
        "%edit: nothing is run: the text cannot be edited: [Errno 2] No usable temporary directory"
    )
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options", [["-p"], ["-L"], ["-I"], ["--history-file"], ["-include"]])
def test_options(forkrepl: Run, closed: Path, options: list[str]) -> None:
    for folder in (closed, closed / "in", TOO_LONG):
        done = forkrepl(*options, folder, "-c", "1 + 1", wrapper=without_rights())
        if done.returncode == 0:
            assert (done.stdout, done.stderr) == ("(int) 2\n", "")
        else:
            assert done.stdout == ""
            assert done.stderr.startswith(("forkrepl: error: ", "forkrepl: -"))
            assert os.path.basename(folder) in done.stderr
