"""``%load FILE``: the inputs of a file, as if they were typed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.support.leaks import wait_for
from tests.support.program import OpenShell, Run, Shell

# Clang looks whether it can be constant. The #if keeps it from being compiled ahead.
NOT_ENDING = """\
constexpr int endless() {
    int i = 0;
    while (true) ++i;
#if 1
    return i;
#endif
}
"""


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def test_inputs_of_a_file(shell: Shell, tmp_path: Path) -> None:
    write(
        tmp_path,
        "file.cpp",
        "#include <vector>\n"
        "#define TWO 2\n"
        "\n"
        "// Comments and empty lines are no inputs.\n"
        "int twice(int n) {\n"
        "    return TWO * n;\n"
        "}\n"
        "std::vector<int> v{1, 2};\n"
        "twice(21)\n",
    )
    assert shell.run("int typed = 1;") == ""
    assert shell.run("%load file.cpp") == "(int) 42\n"
    assert shell.run("twice(v.back()) + TWO + typed") == "(int) 7\n"
    assert shell.run("%undo 2") == ""  # twice(...), typed, and twice(21)
    assert shell.run("%undo") == ""
    assert "undeclared identifier 'v'" in shell.run("v.size()")
    assert shell.run("twice(4)") == "(int) 8\n"
    assert shell.leave() == 0


def test_the_prompt_counts_the_command_only(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = 1;\nint b = 2;\n")
    shell.run("%load file.cpp")
    assert "In[2]:1:" in shell.run("missing")


def test_hash_bang_byte_order_mark_and_no_last_newline(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path, "script", "#!/usr/bin/env forkrepl\nint n = 42;\nn")
    write(tmp_path, "marked", "\ufeff#!/usr/bin/env forkrepl\nn + 1\n")
    write(tmp_path, "empty", "")
    result = forkrepl(input="%load script\n%load empty\n%load marked\n")
    assert (result.stdout, result.stderr, result.returncode) == ("(int) 42\n(int) 43\n", "", 0)


def test_main_is_not_called(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "program.cpp", "int main() { return 3; }\nint after = 4;\n")
    assert shell.run("%load program.cpp") == ""
    assert shell.run("after") == "(int) 4\n"
    assert shell.leave() == 0


def test_stops_at_the_first_input_that_fails(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = 1;\n\nint f() {\n    return missing;\n}\nint after = 2;\n")
    output = shell.run("%load file.cpp")
    assert "file.cpp:4:12: error: use of undeclared identifier 'missing'" in output
    assert output.endswith("%load stopped at file.cpp:3: the inputs before it are in force\n")
    assert shell.run("a") == "(int) 1\n"
    assert "undeclared identifier 'after'" in shell.run("after")


def test_says_nothing_of_inputs_before_if_there_are_none(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = missing;\n")
    shell.run("int typed = 1;")
    assert shell.run("%load file.cpp").endswith("%load stopped at file.cpp:1\n")


def test_an_exception_stops_it(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = 1;\nthrow 7;\nint after = 2;\n")
    assert shell.run("%load file.cpp") == (
        "uncaught exception of type int: 7\n"
        "  at file.cpp:2:1\n"
        "%load stopped at file.cpp:2: the inputs before it are in force\n"
    )
    assert shell.run("a") == "(int) 1\n"


def test_a_crash_stops_it(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = 1;\n__builtin_trap();\nint after = 2;\n")
    output = shell.run("%load file.cpp")
    assert "SIGILL" in output
    assert output.endswith("%load stopped at file.cpp:2: the inputs before it are in force\n")
    assert shell.run("a") == "(int) 1\n"
    assert "undeclared identifier 'after'" in shell.run("after")
    assert shell.leave() == 0


def test_the_status_of_a_script_tells(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = missing;\n")
    assert forkrepl(input="%load file.cpp\n").returncode == 1
    write(tmp_path, "script.cpp", "%load file.cpp\nint after = 1;\nafter\n")
    result = forkrepl("script.cpp")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith("%load stopped at file.cpp:1\n")
    write(tmp_path, "exits.cpp", "#include <cstdlib>\nexit(3);\nint after = 1;\n")
    result = forkrepl(input="%load exits.cpp\n5\n")
    assert (result.returncode, result.stdout, result.stderr) == (3, "", "")


def test_quit_in_a_file_leaves(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "int a = 1;\n%quit\nint after = 2;\n")
    shell.type("%load file.cpp")
    assert shell.wait() == 0


def test_files_that_load_files(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path, "outer.cpp", "int a = 1;\n%load folder/inner.cpp\nb + 1\n")
    write(tmp_path / "folder", "inner.cpp", "int b = a + 40;\nb\n")
    assert shell.run("%load outer.cpp") == "(int) 41\n(int) 42\n"
    write(tmp_path / "folder", "inner.cpp", "int c = 1;\nint d = missing;\n")
    write(tmp_path, "outer.cpp", "%load folder/inner.cpp\nint after = 1;\n")
    assert shell.run("%load outer.cpp").endswith(
        "%load stopped at folder/inner.cpp:2: the inputs before it are in force\n"
        "%load stopped at outer.cpp:1: the inputs before it are in force\n"
    )
    assert shell.run("c") == "(int) 1\n"


def test_a_file_that_loads_itself(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", "1 + 1\n%load file.cpp\n")
    output = shell.run("%load file.cpp")
    assert output.count("(int) 2\n") == 8
    assert "%load: 8 files that load one another are the most: file.cpp is not loaded" in output
    write(tmp_path, "file.cpp", "6 * 7\n")
    note = "note: file.cpp has changed since it was read: %reload takes the new text\n"
    assert shell.run("%load file.cpp") == f"{note}(int) 42\n"


def test_a_header_that_the_file_writes_itself(shell: Shell, tmp_path: Path) -> None:
    """Nothing is compiled ahead that depends on what runs before."""
    write(
        tmp_path,
        "file.cpp",
        "#include <fstream>\n"
        'std::ofstream("made.h") << "int made = 42;\\n";\n'
        '#include "made.h"\n'
        "made\n",
    )
    assert shell.run("%load file.cpp") == "(int) 42\n"


def test_in_c(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path, "file.c", "int new = 42;\nnew\n")
    assert forkrepl("-xc", input="%load file.c\n").stdout == "(int) 42\n"


def test_home_and_names_with_spaces(forkrepl: Run, tmp_path: Path) -> None:
    write(tmp_path, "with spaces.cpp", "1\n")
    write(tmp_path / "home", "file.cpp", "2\n")
    result = forkrepl(input="%load  with spaces.cpp \n%load ~/file.cpp\n")
    assert (result.stdout, result.stderr) == ("(int) 1\n(int) 2\n", "")


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("nowhere.cpp", "cannot read nowhere.cpp: No such file or directory"),
        ("folder", "cannot read folder: Is a directory"),
        ("pipe", "cannot read pipe: it is a pipe, not a file"),
        ("/dev/zero", "cannot read /dev/zero: it is a device, not a file"),
        ("binary", "%load: binary is a library, an archive or an object: %lib ./binary"),
        ("loop", "cannot read loop: Too many levels of symbolic links"),
        ("n" * 300, f"cannot read {'n' * 300}: File name too long"),
        ("", "%load needs the name of a file with inputs; usage: %load FILE"),
    ],
)
def test_what_cannot_be_loaded(forkrepl: Run, tmp_path: Path, argument: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "binary").write_bytes(b"\x7fELF\2\1\1\0\0\0")
    result = forkrepl(input=f"%load {argument}\n6 * 7\n")
    assert (result.stderr, result.stdout) == (message + "\n", "(int) 42\n")
    assert result.returncode == 1


def test_a_file_that_may_not_be_read(forkrepl: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write(tmp_path, "secret.cpp", "1\n")
    (tmp_path / "secret.cpp").chmod(0)
    # Root may read everything, unless it gives that up.
    wrapper = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    result = forkrepl(input="%load secret.cpp\n", wrapper=wrapper)
    assert (result.stderr, result.returncode) == ("cannot read secret.cpp: Permission denied\n", 1)


def test_bytes_that_are_no_text(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "latin.cpp").write_bytes(b'const char *s = "\xe9";\n(int)(unsigned char)s[0]\n')
    result = forkrepl(input="%load latin.cpp\n")
    assert (result.stdout, result.returncode) == ("(int) 233\n", 0)


def test_interrupt_while_it_compiles(open_shell: OpenShell, tmp_path: Path) -> None:
    # With a command in it, it is a list of inputs.
    text = f'#include <cstdio>\nint a = puts("begun") > 0;\n{NOT_ENDING}\n%who\n'
    write(tmp_path, "file.cpp", text)
    trace = tmp_path / "trace"
    trace.touch(mode=0o600)
    shell = open_shell(
        "--quiet",
        "--Xcc=-fconstexpr-steps=2000000000",
        "-std=c++20",  # C++23's may have such functions
        FORKREPL_TRACE="wire,clang",
        FORKREPL_TRACE_FILE=str(trace),
    )
    shell.type("%load file.cpp")
    shell.child.expect_exact("begun")
    # That input is done, and Clang is at the next.
    is_there = re.compile(r"<- \d+ RUN(?s:.)*CHECKPOINT(?s:.)*#line 3")
    assert wait_for(lambda: bool(is_there.search(trace.read_text())))
    shell.child.sendintr()
    assert shell.wait_for_next_prompt().endswith(
        "interrupted\r\n%load stopped at file.cpp:3: the inputs before it are in force\r\n"
    )
    assert shell.run("a") == "(int) 1\n"
    assert shell.leave() == 0


def test_interrupt_while_it_runs(shell: Shell, tmp_path: Path) -> None:
    write(tmp_path, "file.cpp", '#include <cstdio>\nputs("begun"); for (;;) ;\nint after = 1;\n')
    shell.type("%load file.cpp")
    shell.child.expect_exact("begun")
    shell.child.sendintr()
    output = shell.wait_for_next_prompt()
    assert "SIGINT" in output
    assert "%load stopped at file.cpp:2" in output
    assert "undeclared identifier 'after'" in shell.run("after")
    assert shell.leave() == 0
