"""A FILE that is a program does what it does natively, and its errors are the compiler's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, Run
from tests.tables.program_table import ROWS, Row
from tests.tables.suite_table import Program, compare

BROKEN = {
    "an unknown name in main": """
#include <iostream>
using namespace std;
int main() { cot << 1; return 0; }
""",
    "one in an initializer": "int before = puts(1);\nint main() { return 0; }\n",
    "a brace too many": "int main() { return 0; }\n}\nint after;\n",
    "a brace too few": "int f() { return 0;\nint main() { return 0; }\n",
    "no semicolon": "int a = 1\nint b = 2;\nint main() { return a + b; }\n",
    "no parameter list": "#include <cstdio>\nint main { puts(1); }\nint f() { return 1; }\n",
    "no type": "helper(int n) { return n; }\nint main() { return helper(3); }\n",
    "many errors": "int main() {\n" + "".join(f"  x{i} = 1;\n" for i in range(25)) + "}\n",
    "in a header": '#include "header.h"\nint main() { return 0; }\n',
    "a warning": "int main() { int unused; return 0 == 0 ? sizeof(int[2]) == 3 : 1; }\n",
    "bytes that are no text": "int main() { return \udcff; }\n",
}
FLAGS = ("-Wall", "-Wextra")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_as_natively(tmp_path: Path, row: Row) -> None:
    path = tmp_path / f"program.{row.suffix}"
    path.write_text(row.text)
    language = "c" if row.suffix == "c" else "c++"
    program = Program(path, language, row.flags)
    assert compare(program, ("file", "link"), skips_crashes=False) == []


@pytest.mark.parametrize("name", BROKEN)
def test_diagnostics_are_those_of_the_compiler(forkrepl: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "header.h").write_text("int wrong = missing;\n")
    (tmp_path / "program.cpp").write_text(BROKEN[name], "utf-8", "surrogateescape")
    command = ["clang++-22", *FLAGS, "-c", "-o", "/dev/null", "program.cpp"]
    native = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    result = forkrepl(*FLAGS, "program.cpp")
    assert result.stderr == native.stderr.decode("utf-8", "replace")
    assert (result.returncode, result.stdout) == (native.returncode, "")


def test_arguments_and_status(forkrepl: Run, tmp_path: Path) -> None:
    text = "#!/usr/bin/env forkrepl\n#include <stdio.h>\nint main(int argc, char **argv) {\n"
    text += '  printf("%s %s %d\\n", argv[0], argv[2], __LINE__);\n  return argc; }\n'
    (tmp_path / "program.c").write_text("\ufeff" + text, "utf-8")
    result = forkrepl("program.c", "one", "two words")
    assert (result.stdout, result.stderr) == ("program.c two words 4\n", "")
    assert result.returncode == 3


def test_a_crash_is_reported_with_the_lines_of_the_file(forkrepl: Run, tmp_path: Path) -> None:
    text = "int f(int *p) {\n  return *p;\n}\nint main() {\n  return f(nullptr);\n}\n"
    (tmp_path / "program.cpp").write_text(text)
    result = forkrepl("program.cpp")
    assert result.returncode == 128 + 11
    assert "at program.cpp:2:10   in f(int*)\n  at program.cpp:5:10   in main" in result.stderr


def test_a_pipe_is_read_once(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "program").write_text("int main() { return 6; }\n")
    command = f"'{PROGRAM}' <(cat program)"
    result = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=False)
    assert result.returncode == 6


# Not what a compiler accepts, so they are lists of inputs, although they have a main.
LISTS = {
    "a statement": ('#include <cstdio>\nint main() { return 3; }\nputs(1 ? "yes" : 0);\n', "yes\n"),
    "a value": ("int main() { return 3; }\n1 + 1\n", "(int) 2\n"),
    "a command": ("%type 1\nint main() { return 3; }\n", "int\n    prvalue, 4 bytes\n"),
    "a loop": (
        '#include <cstdio>\nfor (int i = 0; i < 2; ++i)\n  printf("%d", i);\n'
        "int main() { return 3; }\n",
        "01",
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_statements_beside_main(forkrepl: Run, tmp_path: Path, name: str) -> None:
    text, output = LISTS[name]
    (tmp_path / "inputs.cpp").write_text(text)
    result = forkrepl("inputs.cpp")
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 3)


def test_what_comes_from_a_pipe_is_a_list_of_inputs(forkrepl: Run) -> None:
    result = forkrepl("-", input="int n = 2;\nint main() { return n; }\nn + 1\n")
    assert (result.stdout, result.returncode) == ("(int) 3\n", 2)


def test_declarations_stay_for_the_session(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "program.c").write_text(
        "#include <stdio.h>\nstatic int late(void);\nint n = 4;\n"
        'int main(void) { n += late(); printf("main %d\\n", n); return 7; }\n'
        "static int late(void) { return 1; }\n"
    )
    result = forkrepl("-i", "program.c", input="n\nlate()\n%undo 3\nn\n")
    assert result.stdout == "main 5\n(int) 5\n(int) 1\n"
    assert "use of undeclared identifier 'n'" in result.stderr
    (tmp_path / "program.c").write_text("int n = 4;\nint main(void) { return missing; }\n")
    result = forkrepl("-i", "program.c", input="1 + 1\nn\n")
    assert result.stdout == "(int) 2\n"
    assert "program.c:2:25: error: use of undeclared identifier 'missing'" in result.stderr
    assert result.returncode == 1


def test_a_source_file_is_loaded_as_one_input(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "classes.cpp").write_text(
        "#include <string>\nstruct A { A(); virtual ~A(); std::string f(); };\n"
        "A::A() {}\nA::~A() {}\nstd::string late();\nstd::string A::f() { return late(); }\n"
        'std::string late() { return "late"; }\n'
    )
    for command in ("%load", ".L", ".x"):
        result = forkrepl(input=f"{command} classes.cpp\nA().f()\n%undo 2\nA()\n")
        assert result.stdout == '(std::string) "late"\n'
        assert "classes.cpp" not in result.stderr
        assert "A" in result.stderr


def test_a_wrong_program_is_not_loaded_in_part(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.cpp").write_text(
        '#include <cstdio>\nint before = puts("never");\nint main() { return missing; }\n'
    )
    result = forkrepl(input="%load wrong.cpp\nbefore\n")
    assert result.stdout == ""
    assert "wrong.cpp:3:21: error: use of undeclared identifier 'missing'" in result.stderr
    assert "use of undeclared identifier 'before'" in result.stderr
