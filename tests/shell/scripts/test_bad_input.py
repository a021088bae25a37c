"""What the program says to input that it cannot use, and to a machine that lets it down."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from repl import native_programs
from tests.support.program import Completed, OpenShell, Run, values

BIG = 10_000_000
"""Characters of a very long line."""

LONGEST_MESSAGE = 20_000
"""Bytes: what a reader, and a terminal, can bear."""


def errors(result: Completed) -> list[str]:
    """The errors in what Clang printed."""
    return re.findall(r"^.*?:\d+:\d+: (?:fatal )?error: .*$", result.stderr, re.MULTILINE)


def test_missing_file(forkrepl: Run) -> None:
    result = forkrepl("nowhere.cpp")
    assert result.stderr == "forkrepl: error: cannot read nowhere.cpp: No such file or directory\n"
    assert (result.returncode, result.stdout) == (1, "")


def test_folder_as_file(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "folder.cpp").mkdir()
    result = forkrepl("folder.cpp")
    assert result.stderr == "forkrepl: error: cannot read folder.cpp: Is a directory\n"
    assert (result.returncode, result.stdout) == (1, "")


def test_empty_file(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.cpp").touch()
    result = forkrepl("empty.cpp")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def test_unknown_option(forkrepl: Run) -> None:
    result = forkrepl("--nonsense")
    assert result.returncode == 2
    assert "forkrepl: error: unrecognized arguments: --nonsense" in result.stderr


@pytest.mark.parametrize("flag", ["-fnonsense", "-Wp,-nonsense", "-std=nonsense", "-mnonsense"])
def test_option_that_clang_does_not_know(forkrepl: Run, flag: str) -> None:
    result = forkrepl(flag, "-c", "1")
    assert result.returncode in (1, 2)
    assert result.stdout == ""
    assert flag[-8:] in result.stderr


def test_missing_include(forkrepl: Run) -> None:
    result = forkrepl(input="#include <nowhere.h>\n1 + 1\n")
    assert len(errors(result)) == 1
    assert "'nowhere.h' file not found" in result.stderr
    assert (result.stdout, result.returncode) == ("(int) 2\n", 1)


def test_broken_utf8_in_a_comment(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_bytes(b"int n = 41; // caf\xe9 \xff\xfe\n/* \xc3( */ n + 1\n")
    result = forkrepl("script.cpp")
    assert (result.stdout, result.returncode) == ("(int) 42\n", 0)
    assert "error" not in result.stderr


def test_broken_utf8_in_a_string_is_kept(forkrepl: Run) -> None:
    result = forkrepl(input=b'#include <cstdio>\nint n = sizeof("caf\xe9");\nn\n')
    assert result.stdout == "(int) 5\n"


def test_broken_utf8_in_code(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_bytes(b"int ok = 1;\nint caf\xe9 = 1;\n")
    result = forkrepl("script.cpp")
    assert result.returncode == 1
    assert len(errors(result)) == 1
    assert "script.cpp:2:8: error:" in result.stderr
    assert "UTF-8" in result.stderr or "<E9>" in result.stderr


def test_utf8_in_code(forkrepl: Run) -> None:
    result = forkrepl("-c", 'int größe = 42;\ngröße\nconst char *s = "日本";\ns\n')
    assert result.stdout == '(int) 42\n(const char *) "日本"\n'


def test_byte_order_mark(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_bytes(b"\xef\xbb\xbfint n = 42;\nn\n")
    result = forkrepl("script.cpp")
    assert (result.stdout, result.stderr) == ("(int) 42\n", "")


def test_dos_line_ends(forkrepl: Run, tmp_path: Path) -> None:
    script = tmp_path / "script.cpp"
    script.write_bytes(b"#define N \\\r\n  42\r\nint f() {\r\n  return N;\r\n}\r\nf()\r\n")
    result = forkrepl("script.cpp")
    assert (result.stdout, result.stderr) == ("(int) 42\n", "")


def test_very_long_lines_that_are_valid(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_text(
        f'#include <cstring>\nconst char *text = "{"a" * BIG}";\nint n = std::strlen(text);\nn\n'
        f"n / 2 // {'b' * BIG}\n"
    )
    result = forkrepl("script.cpp")
    assert result.stdout == f"(int) {BIG}\n(int) {BIG // 2}\n"
    assert (result.stderr, result.returncode) == ("", 0)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("a" * BIG, id="identifier"),
        pytest.param("int x = " + "1" * BIG + ";", id="number"),
        pytest.param("missing(" + "1," * (BIG // 100) + "1);", id="arguments"),
        pytest.param("(" * (BIG // 10), id="brackets"),
        pytest.param('missing("' + "a" * BIG + '");', id="string"),
    ],
)
def test_very_long_line_that_is_invalid(forkrepl: Run, line: str) -> None:
    result = forkrepl(input=line + "\n", timeout=25)
    assert result.returncode == 1
    assert "error: " in result.stderr
    assert len(result.stderr.encode()) < LONGEST_MESSAGE


def test_binary_garbage(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "garbage.cpp").write_bytes(random.Random(7).randbytes(100_000))
    result = forkrepl("garbage.cpp")
    assert result.returncode == 1
    assert "garbage.cpp:" in result.stderr
    assert len(result.stderr.encode()) < LONGEST_MESSAGE


def test_executable_as_script(forkrepl: Run) -> None:
    result = forkrepl("/bin/true")
    assert result.returncode == 1
    assert "/bin/true is a program that has been linked" in result.stderr
    assert len(result.stderr.encode()) < LONGEST_MESSAGE


@pytest.mark.parametrize(
    "text",
    [
        "int g() {\n",
        "int g() {\n  if (1) {\n}\n",
        "int g(\n",
        "int a[] = {1, 2,\n",
        "/* no end\n",
        'auto s = R"(no end\n',
        "#if 1\nint n;\n",
        "int n = 1 +\n",
        "struct A {\n",
        "#define F(x) \\\n",
    ],
)
def test_text_that_ends_too_early(forkrepl: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "script.cpp").write_text(text)
    result = forkrepl("script.cpp")
    if text.startswith("#define"):
        assert result.returncode == 0  # as a compiler has it
    else:
        assert result.returncode == 1
        assert "script.cpp:" in result.stderr
        assert "error: " in result.stderr


@pytest.mark.parametrize("line", ["}", "int f() { } }", ")", "1 + 1)", "]", 'char c = "a;'])
def test_unbalanced_line_and_then_a_good_one(forkrepl: Run, line: str) -> None:
    result = forkrepl(input=f"int n = 41;\n{line}\nn + 1\n")
    assert result.stdout.endswith("(int) 42\n")
    assert result.returncode == 1
    assert len(errors(result)) >= 1


def test_nul_bytes(forkrepl: Run, tmp_path: Path) -> None:
    (tmp_path / "script.cpp").write_bytes(b"int n = 41;\nint m\0 = 1;\nn + 1\n")
    result = forkrepl("script.cpp")
    # Clang takes it for white space, with a warning: so do we.
    assert "script.cpp:2:6: warning: null character ignored" in result.stderr
    assert (result.stdout, result.returncode) == ("(int) 42\n", 0)


def test_control_characters_do_not_reach_the_terminal(forkrepl: Run) -> None:
    result = forkrepl(input="int \x1b[31m = 1;\n")
    assert result.returncode == 1
    assert "\x1b" not in result.stderr


def test_program_that_asks_too_much_of_clang(forkrepl: Run) -> None:
    result = forkrepl(
        input="template <int N> struct A { A<N + 1> next; };\nA<0> a;\n1 + 1\n",
    )
    assert (result.stdout, result.returncode) == ("(int) 2\n", 1)
    assert len(result.stderr.encode()) < LONGEST_MESSAGE


@pytest.mark.parametrize(
    "line", ['asm("nonsense");', '{ asm volatile("nonsense"); }', 'void f() { asm("nonsense"); }']
)
def test_invalid_assembly(forkrepl: Run, line: str) -> None:
    result = forkrepl(input=f"int n = 41;\n{line}\nn + 1\n")
    assert "invalid instruction mnemonic 'nonsense'" in result.stderr
    assert (result.stdout, result.returncode) == ("(int) 42\n", 1)


def _libraries_of_clang() -> list[str]:
    """None if the frontend has Clang in itself."""
    needed = subprocess.run(
        ["ldd", native_programs.frontend()], capture_output=True, text=True, check=True
    ).stdout
    return [name for name in ("libclang-cpp.so.22.1", "libLLVM.so.22.1") if name in needed]


@pytest.mark.parametrize("name", _libraries_of_clang())
def test_clang_that_cannot_start(forkrepl: Run, tmp_path: Path, name: str) -> None:
    """An empty file that the dynamic linker finds first stands for a broken library."""
    (tmp_path / name).touch()
    result = forkrepl("-c", "1", LD_LIBRARY_PATH=str(tmp_path))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("forkrepl: error: ")
    assert name in result.stderr
    assert "make setup" in result.stderr


def test_interactive_session_whose_clang_cannot_start(open_shell: OpenShell) -> None:
    shell = open_shell("-q", "--Xcc=-include-pch", "--Xcc=nosuch.pch")
    shell.type("1 + 1")
    assert shell.wait() == 1
    assert "nosuch.pch" in shell.last
    assert "Traceback" not in shell.last


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 5])
def test_machine_without_free_process_slots(forkrepl: Run, processes: int) -> None:
    """As an unprivileged user, who has no more than so many processes and threads."""
    result = forkrepl("-c", "1 + 1", wrapper=_as_nobody(f"--nproc={processes}"))
    if result.returncode == 0:  # enough of them
        assert (result.stdout, result.stderr) == ("(int) 2\n", "")
        return
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("forkrepl: error: ")
    assert "Resource temporarily unavailable" in result.stderr
    assert result.stderr.count("\n") <= 2


def _as_nobody(*limits: str) -> list[str]:
    """What runs a command as a user whom limits hold, but who may read what root may."""
    if os.geteuid() != 0:
        pytest.skip("only root can become a user that has no processes yet")
    if not shutil.which("setpriv") or not shutil.which("prlimit"):
        pytest.skip("setpriv or prlimit (util-linux) is not installed")
    capabilities = "+dac_override,+dac_read_search"
    return [
        "setpriv",
        "--reuid=65533",
        "--clear-groups",
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
        "prlimit",
        *limits,
    ]


@pytest.mark.parametrize("statement", ["old();", "old()", "{ auto f = [] { old(); }; f(); }"])
@pytest.mark.parametrize("language", ["c", "c++"])
def test_deprecated_function_in_a_statement(forkrepl: Run, language: str, statement: str) -> None:
    if language == "c" and "auto" in statement:
        statement = "{ old(); }"
    text = f"__attribute__((deprecated)) int old(void) {{ return 1; }}\n{statement}\n6 * 7\n"
    result = forkrepl("-x", language, input=text)
    assert "warning: 'old' is deprecated" in result.stderr
    assert (values(result.stdout)[-1:], result.returncode) == (["42"], 0)


def test_private_member_in_a_statement(forkrepl: Run) -> None:
    result = forkrepl(input="class A { int n; } a;\na.n = 1;\n6 * 7\n")
    assert "-:2:3: error: 'n' is a private member of 'A'" in result.stderr
    assert values(result.stdout) == ["42"]
