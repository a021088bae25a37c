"""``-p BUILD`` and ``--flags-of FILE``: the options of a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from repl.command_line.arguments import parse
from repl.errors import ShellError
from runtime.errors import ForkreplError
from tests.support.program import Run

COMMON = "-DGEO=2 -I../inc -std=gnu++20"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two sources in C++ and one in C, as CMake has it."""
    root = tmp_path / "geo project"
    for folder in ("src", "inc", "tools", "build", "build/deep"):
        (root / folder).mkdir(parents=True)
    (root / "inc" / "geo.h").write_text("inline int area(int n) { return n * GEO; }\n")
    (root / "src" / "detail.h").write_text('#include "geo.h"\ninline int detail = area(10);\n')
    (root / "src" / "geo.cpp").write_text('#include "detail.h"\nNAME\ndetail\n')
    (root / "tools" / "special.h").write_text("inline int special = TOOL;\n")
    commands = [
        {
            "directory": str(root / "build"),
            "command": f'ccache /usr/bin/c++ {COMMON} "-DNAME=\\"a geo\\"" -O2 -Werror '
            "-fno-lifetime-dse -Wno-nonsense -m64 -MD -MT x -MF x.d -o x -c ../src/geo.cpp",
            "file": "../src/geo.cpp",
        },
        {
            "directory": str(root / "build"),
            "arguments": ["c++", *COMMON.split(), "-isystem", "../tools", "-DTOOL=3", "-c",
                          f"-o{root}/tool.o", "--", str(root / "tools" / "tool.cpp")],
            "file": str(root / "tools" / "tool.cpp"),
        },
        {"directory": str(root / "build"), "command": "cc -DONLY_C -std=gnu11 -c ../src/c.c",
         "file": "../src/c.c"},
    ]  # fmt: skip
    (root / "build" / "compile_commands.json").write_text(json.dumps(commands))
    monkeypatch.chdir(root)
    return root


def test_what_all_files_have_in_common(project: Path) -> None:
    common = ["-DGEO=2", f"-I{project}/inc", "-std=gnu++20"]
    quoted = ["-iquote", f"{project}/src", "-iquote", f"{project}/tools"]
    for place in ("build", "build/deep", ".", "build/compile_commands.json", str(project / "src")):
        line = parse(["-p", place, "-DMINE"])
        assert line.compiler_flags == [
            *common,
            *("-isystem", f"{project}/tools"),
            *quoted,
            "-Wno-unknown-warning-option",
            "-DMINE",
        ]
        assert line.optimisation is None
        assert line.is_of_project
    assert parse(["-p", "build", "-x", "c"]).compiler_flags[:2] == ["-DONLY_C", "-std=gnu11"]


def test_the_options_of_one_file(project: Path) -> None:
    expected = ["-DGEO=2", f"-I{project}/inc", "-std=gnu++20", '-DNAME="a geo"', "-Wno-nonsense"]
    for words in (
        ["-p", "build", "--flags-of", "src/geo.cpp"],
        ["--flags-of", "src/geo.cpp"],
        ["-p", "build", "./src/geo.cpp"],  # FILE is one of the project's
    ):
        line = parse(words)
        assert [flag for flag in line.compiler_flags if flag in expected] == expected
        assert "-DTOOL=3" not in line.compiler_flags
        assert not {"-Werror", "-MD", "-o", "-c"} & {*line.compiler_flags}
        assert line.optimisation == 2
        assert line.ignored == ["-fno-lifetime-dse"]
    assert parse(["-p", "build", "--flags-of", "src/geo.cpp", "-O0"]).optimisation == 0


def test_a_project_is_tried_out(forkrepl: Run, project: Path) -> None:
    code = '#include "detail.h"\n#include <special.h>\narea(detail)'
    result = forkrepl("-p", project / "build", "-DTOOL=1", "-c", code)
    assert (result.stdout, result.stderr) == ("(int) 40\n", "")
    result = forkrepl("-p", project / "build", project / "src" / "geo.cpp")
    assert (result.stdout, result.stderr) == ('(const char[6]) "a geo"\n(int) 20\n', "")
    (project / "main.cpp").write_text('#include "geo.h"\nint main() { return area(3); }\n')
    result = forkrepl("link", "-p", project / "build", project / "main.cpp")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 6)
    # Nothing is read without being asked for.
    result = forkrepl("-c", "GEO", wrapper=["env", "-C", str(project)])
    assert "use of undeclared identifier 'GEO'" in result.stderr


def test_a_list_of_flags(project: Path) -> None:
    (project / "tools" / "compile_flags.txt").write_text("-I\n../inc\n\n-DQ=a b\n-xc++\n-c\n")
    expected = ["-I" + str(project / "inc"), "-DQ=a b", "-Wno-unknown-warning-option"]
    assert parse(["-p", "tools/compile_flags.txt"]).compiler_flags == expected
    (project / "build" / "compile_commands.json").unlink()
    assert parse(["-p", "tools"]).compiler_flags == expected
    assert parse(["--flags-of", "tools/any.cpp"]).compiler_flags == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-p", "nowhere"], "-p nowhere: no such file or folder"),
        (["-p", "/usr/include"], "-p /usr/include: there is no compile_commands.json or "
         "compile_flags.txt in it or above it (cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON"),
        (["-p", "build", "--flags-of", "src/goe.cpp"], "has no command for src/goe.cpp; it has "
         "src/geo.cpp, "),
        (["--flags-of", "inc/tool.cpp"], "has no command for inc/tool.cpp; it has tools/tool.cpp"),
        (["-p", "broken.json"], "broken.json is no compilation database: "),
        (["-p", "empty.json"], "empty.json: there are no commands in it"),
        (["-p", "odd.json"], "odd.json is no compilation database: Expected `str`, got `int`"),
        (["-p", "text.json"], "text.json is no compilation database: "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(project: Path, words: list[str], message: str) -> None:
    for name, text in {
        "broken.json": b'[{"file": ',
        "empty.json": b"[]",
        "odd.json": b'[{"file": 3}]',
        "text.json": b"\xff\xfe",
    }.items():
        (project / name).write_bytes(text)
    with pytest.raises(ForkreplError) as error:
        parse(words)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_project_for_another_machine(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = {"directory": "/", "command": "cc -m32 -c a.cpp", "file": "a.cpp"}
    (project / "build" / "compile_commands.json").write_text(json.dumps([entry]))
    with pytest.raises((SystemExit, ShellError)):
        parse(["-p", "build"])
    assert "-m32 is for another machine" in capsys.readouterr().err
