"""``#pragma cling``, as files for cling and ROOT have it; and their commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from repl import ForkreplError, Session
from tests.support.libraries import archive, compile_object, shared_library
from tests.support.program import Run, Shell, piped


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "headers").mkdir()
    (tmp_path / "headers" / "own.h").write_text('#pragma once\nextern "C" int own();\n')
    (tmp_path / "libraries").mkdir()
    shared_library(tmp_path / "libraries" / "libown.so", "int own(void) { return 42; }")
    part = compile_object(tmp_path, "part.c", "int part(void) { return 3; }")
    archive(tmp_path / "libpart.a", part)
    return tmp_path


TEXT = """#pragma cling add_include_path("headers")
#pragma cling add_library_path("libraries")
#include <own.h>
#pragma cling load("libown")
"""


def test_in_a_session(forkrepl: Run, folder: Path) -> None:
    (folder / "all.h").write_text(TEXT)
    output, errors = piped(
        forkrepl,
        *('#include "all.h"', "own()", "%opt 1", "own()", "%restart", "own()"),
        *('#pragma cling load("libpart.a")', 'extern "C" int part();', "part()"),
    )
    assert (output, errors) == ("(int) 42\n" * 3 + "(int) 3\n", "")


def test_in_a_file(forkrepl: Run, folder: Path) -> None:
    (folder / "script.cpp").write_text(f'{TEXT}#include <cstdio>\nstd::printf("%d\\n", own());\n')
    main = f'{TEXT}#include <cstdio>\nint main() {{ std::printf("%d\\n", own()); }}\n'
    (folder / "program.cpp").write_text(main)
    for name in ("script.cpp", "script.cpp", "program.cpp", "program.cpp"):
        done = forkrepl(name)
        assert (done.stdout, done.stderr) == ("42\n", "")


def test_in_the_library(folder: Path) -> None:
    with Session() as session:
        session.run(f'#pragma cling add_include_path("{folder}/headers")\n#include <own.h>')
        session.run(f'#pragma cling load("{folder}/libraries/libown.so")')
        assert session.value("own()") == 42
        with pytest.raises(ForkreplError, match="#pragma cling load: no library nothing"):
            session.run('#pragma cling load("nothing")\nint n = 3;')
        session.run("int n = 4;")
        assert session.value("n + own()") == 46


def test_what_is_wrong(shell: Shell, folder: Path) -> None:
    for line, told in (
        ('load("libnothing.so")', "#pragma cling load: no library libnothing.so in"),
        ('load("part.o")', "part.o: an object is no library: %lib"),
        ('add_include_path("nowhere")', "#pragma cling add_include_path: there is no folder"),
        ('add_library_path("nowhere")', "#pragma cling add_library_path: nowhere is no folder"),
        ("load", "#pragma cling needs a string in parentheses"),
        ("load(3)", "#pragma cling needs a string in parentheses"),
        ("optimize(2)", "unknown #pragma cling is ignored"),
    ):
        assert told in shell.run(f"#pragma cling {line}").replace("\n", "")
    assert shell.run("1 + 1") == "(int) 2\n"
    assert shell.leave() == 0


def test_commands_of_cling_and_root(forkrepl: Run) -> None:
    names = [
        *(".class", ".files", ".g", ".printAST", ".rawInput", ".storeState", ".T", ".trace"),
        *(".typedef", ".namespace", ".all", ".exec", ".which", ".U", ".X", ".> file", ".@"),
    ]
    output, errors = piped(forkrepl, *names, ".!echo here", ".help undo", "1 + 1", ".quit", "2")
    lines = errors.splitlines()
    assert [line.split(" is cling's: ")[0] for line in lines] == [n.split()[0] for n in names]
    assert output.startswith("here\n%undo [N]\n")
    assert output.endswith("(int) 2\n")
    assert "(int) 1" not in output
