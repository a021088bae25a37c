"""The current folder may be gone, may not be entered, may have a name that is too long or hidden:
the shell starts there, and what needs no name of it works."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.editor import EditorTerminal
from tests.support.ordinary_user import locked, without_rights
from tests.support.program import PROGRAM, TIMEOUT

SESSION = """\
#include <cstddef>
int kept = 5;
%pwd
%include sub
%include
%load sub.cpp
%run sub.cpp
%edit sub.cpp
%edit kept
%reload sub.cpp
%lib ./sub.so
%save sub
%memory sub.svg
%cd -
%cd sub
!echo said
%opt 1
%std c++20
#include "sub.h"
kept
%cd /
%pwd
%opt 0
%include usr
%include
#include <cstring>
kept * 111
"""


def _run(
    environment: dict[str, str], *arguments: str, wrapper: Sequence[str] = (), text: str = SESSION
) -> subprocess.CompletedProcess[str]:
    """In the current folder of this process."""
    done = subprocess.run(
        [*wrapper, PROGRAM, *arguments],
        input=text,
        capture_output=True,
        text=True,
        env=environment | {"EDITOR": "true"},
        timeout=TIMEOUT,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr, done.stderr
    return done


@contextmanager
def _current(folder: Path) -> Iterator[None]:
    here = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)


def _check(environment: dict[str, str], wrapper: Sequence[str] = ()) -> list[str]:
    """All that can work does. What is told of the rest."""
    done = _run(environment, wrapper=wrapper)
    printed = done.stdout.splitlines()
    assert printed[-4:] == ["/", "/", "/usr", "(int) 555"]
    assert "said" in printed
    assert "(int) 5" in printed
    one = _run(environment, "-c", "1 + 1", wrapper=wrapper, text="")
    assert (one.returncode, one.stdout, one.stderr) == (0, "(int) 2\n", "")
    return done.stderr.splitlines()


def test_gone(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    with _current(tmp_path / "gone"):
        (tmp_path / "gone").rmdir()
        told = _check(environment)
    assert told[:2] == [
        "%pwd: the current folder is gone (%cd DIR goes elsewhere)",
        "sub: the current folder is gone (%cd DIR goes elsewhere)",
    ]
    assert "%cd: there is no previous folder yet" in told
    assert "%cd: sub: No such file or directory" in told


def test_gone_at_the_prompt(environment: dict[str, str], tmp_path: Path) -> None:
    """Also when there is to be a history of the project that it was."""
    (tmp_path / "config.toml").write_text('history = "project"\n')
    gone = 'mkdir gone; cd gone; rmdir ../gone; exec "$@"'
    command = ["sh", "-c", gone, "sh", str(PROGRAM), "-q", f"--config={tmp_path}/config.toml"]
    with EditorTerminal(environment, tmp_path, command=command, columns=200) as terminal:
        terminal.wait_for_prompt(1)
        (tmp_path / "later").mkdir()
        dialogue = [
            ("%pwd", "%pwd: the current folder is gone (%cd DIR goes elsewhere)"),
            ("%cd .", "%cd: .: No such file or directory"),
            (f"%cd {tmp_path}/later", f"{tmp_path}/later"),
            ("!rmdir ../later", ""),
            ("%include x", "x: the current folder is gone (%cd DIR goes elsewhere)"),
            (f"%cd {tmp_path}", f"{tmp_path}"),
            ("%cd -", "%cd: there is no previous folder yet"),
            ("1 + 1", "(int) 2"),
        ]
        for number, (text, expected) in enumerate(dialogue, 2):
            terminal.type(f"\x0c{text}\r")
            terminal.wait_for_prompt(number)
            assert terminal.printed_lines()[0] == [expected] * bool(expected)


def test_locked(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    with _current(folder), locked(folder):
        told = _check(environment, without_rights())
    assert "cannot read sub.cpp: Permission denied" in told
    assert "%save: cannot write sub: Permission denied" in told


def test_name_longer_than_the_system_takes(environment: dict[str, str], tmp_path: Path) -> None:
    name = "x" * 200
    try:
        with _current(tmp_path):
            for _ in range(os.pathconf("/", "PC_PATH_MAX") // 200 + 1):
                os.mkdir(name)
                os.chdir(name)
            _check(environment)
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / name)], check=True)


def test_hidden_by_a_mount(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "above" / "folder").mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "none", str(tmp_path / "above")]
    wrapper = ["unshare", "--mount", "sh", "-c", f'{" ".join(mount)} && exec "$@"', "sh"]
    if not shutil.which("unshare") or subprocess.run([*wrapper, "true"], check=False).returncode:
        pytest.skip("nothing may be mounted here")
    with _current(tmp_path / "above" / "folder"):
        told = _check(environment, wrapper)
    assert "cannot read sub.cpp: No such file or directory" in told


def test_clang_is_started_again_where_it_was(environment: dict[str, str], tmp_path: Path) -> None:
    """As for other options: in the same folder, whatever that is called by then."""
    first = tmp_path / "first"
    (first / "include").mkdir(parents=True)
    for number in range(2):
        (first / "include" / f"n{number}.h").write_text(f"int number{number} = {number} + 1;\n")
    lines = [
        "#include <n0.h>",
        f"%cd {tmp_path}",
        "!mv first second",
        "%opt 1",
        "#include <n1.h>",
        "number0 + 10 * number1",
    ]
    with _current(first):
        done = _run(environment, "-Iinclude", text="\n".join([*lines, ""]))
    note = "note: first/include/n0.h is gone since it was read, what was read is kept\n"
    assert (done.returncode, done.stderr) == (0, note)
    assert done.stdout == f"{tmp_path}\n(int) 21\n"
