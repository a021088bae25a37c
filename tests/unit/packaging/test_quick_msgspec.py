"""The command imports msgspec without typing_extensions, and nothing else notices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def said(program: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def extensions(tmp_path: Path) -> Path:
    """A folder with typing_extensions, whether that is installed here or not."""
    text = "from typing import NotRequired, Required, get_type_hints\n"
    (tmp_path / "typing_extensions.py").write_text(text)
    return tmp_path


@pytest.mark.parametrize("module", ["repl.cli", "repl.code_generator_process.__main__"])
def test_it_is_not_imported(extensions: Path, module: str) -> None:
    program = (
        f"import {module}; print('msgspec' in sys.modules, 'typing_extensions' in sys.modules)"
    )
    assert said(program, extensions) == "True False"


def test_it_can_be_imported_later(extensions: Path) -> None:
    program = "import repl.cli; import typing_extensions; print(typing_extensions.__file__)"
    assert said(program, extensions) == str(extensions / "typing_extensions.py")


def test_who_has_it_keeps_it(extensions: Path) -> None:
    program = (
        "import typing_extensions as before; import repl.cli; import typing_extensions as after;"
        "print(before is after)"
    )
    assert said(program, extensions) == "True"


def test_the_library_leaves_msgspec_as_it_is(extensions: Path) -> None:
    program = (
        "import forkrepl; forkrepl.Session; import msgspec;"
        "print('typing_extensions' in sys.modules, 'repl.quick_msgspec' in sys.modules)"
    )
    assert said(program, extensions) == "True False"
